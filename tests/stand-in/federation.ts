import { pageProtocol } from './consent-pages.ts';
import { opaqueToken } from './opaque.ts';
import type { StandInOptions } from './options.ts';
import type { CredentialIssuer } from './role-credentials.ts';
import {
  escapeMarkup,
  type Fields,
  fieldsOf,
  jsonReply,
  malformed,
  type Operation,
  type Protocol,
  readFields,
  requireContentType,
  ServiceError,
} from './wire.ts';

const tokenProtocol: Protocol = {
  decode: (request) => {
    if (request.method === 'GET') return fieldsOf(request.query);
    requireContentType(request, 'application/x-www-form-urlencoded');
    if (request.query.size > 0) throw malformed('a POST has its parameters in the body');
    return fieldsOf(new URLSearchParams(request.body.toString()));
  },
  encode: (result) => jsonReply(200, result),
  encodeError: (error) => ({
    status: error.status,
    headers: { 'content-type': 'text/plain' },
    body: error.message,
  }),
};

/**
 * The console's federation endpoint:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
 * Its login answers with a page in place of the redirect, so that nothing leaves the loopback.
 */
export function federationOperations(
  options: StandInOptions,
  issuer: CredentialIssuer,
): readonly Operation[] {
  const signinTokens = new Map<string, { arn: string; expiresAt: number }>();

  function getSigninToken(input: Fields): Fields {
    const fields = readFields(input, {
      Action: 'string',
      Session: 'string',
      SessionDuration: 'string?',
    });
    const duration = fields.SessionDuration ?? '3600';
    if (!/^\d+$/.test(duration) || Number(duration) < 900 || Number(duration) > 43_200)
      throw malformed('SessionDuration is not from 900 to 43200');
    const session = readFields(parseSession(fields.Session), {
      sessionId: 'string',
      sessionKey: 'string',
      sessionToken: 'string',
    });
    const credentials = issuer.find(session.sessionId);
    if (
      credentials?.secretAccessKey !== session.sessionKey ||
      credentials.sessionToken !== session.sessionToken ||
      options.now() >= credentials.expiration
    )
      throw new ServiceError(400, 'InvalidCredentials', 'Invalid credentials parameter');
    const token = opaqueToken('', 900);
    // AWS lets a sign-in token be used for 15 minutes.
    signinTokens.set(token, { arn: credentials.arn, expiresAt: options.now() + 900_000 });
    return { SigninToken: token };
  }

  function login(input: Fields): Fields {
    const fields = readFields(input, {
      Action: 'string',
      SigninToken: 'string',
      Destination: 'string',
      Issuer: 'string?',
    });
    if (!URL.canParse(fields.Destination)) throw malformed('Destination is not a URL');
    const signin = signinTokens.get(fields.SigninToken);
    if (signin === undefined || options.now() >= signin.expiresAt)
      throw new ServiceError(400, 'InvalidSigninToken', 'The sign-in token is not valid');
    return {
      title: 'Signed in to the console',
      body: `<p>As ${escapeMarkup(signin.arn)}. The next page would be ${escapeMarkup(fields.Destination)}</p>`,
    };
  }

  const path = '/signin/federation';
  const forToken = {
    name: 'GetSigninToken',
    path,
    action: 'getSigninToken',
    protocol: tokenProtocol,
    perform: getSigninToken,
  } as const;
  return [
    { ...forToken, method: 'GET' },
    { ...forToken, method: 'POST' },
    { name: 'Login', method: 'GET', path, action: 'login', protocol: pageProtocol, perform: login },
  ];
}

function parseSession(text: string): Fields {
  try {
    return { ...JSON.parse(text) };
  } catch {
    throw malformed('Session is not JSON');
  }
}
