import type { Grants } from './grants.ts';
import { htmlPage } from './html-page.ts';
import type { StandInOptions } from './options.ts';
import type { ClientRegistration, Sessions } from './sessions.ts';
import {
  escapeMarkup,
  type Fields,
  fieldsOf,
  malformed,
  type Operation,
  type Protocol,
  readFields,
  requireContentType,
  type ServiceError,
  type WireReply,
} from './wire.ts';

/** Pages and forms as a browser exchanges them. A result is {title, body} or {location}. */
export const pageProtocol: Protocol = {
  decode: (request) => {
    if (request.method === 'GET') return fieldsOf(request.query);
    requireContentType(request, 'application/x-www-form-urlencoded');
    return fieldsOf(new URLSearchParams(request.body.toString()));
  },
  encode: (result) =>
    typeof result['location'] === 'string'
      ? { status: 302, headers: { location: result['location'] }, body: '' }
      : page(200, String(result['title']), String(result['body'])),
  encodeError: (error: ServiceError) => page(error.status, 'Error', escapeMarkup(error.message)),
};

/**
 * What the user sees in the browser: the consent page of the authorization endpoint and the page
 * for user codes, each with a form whose buttons are named `decision` (allow or deny).
 */
export function consentOperations(
  options: StandInOptions,
  sessions: Sessions,
  grants: Grants,
): readonly Operation[] {
  const protocol = pageProtocol;

  function authorize(input: Fields): Fields {
    const fields = readFields(input, {
      response_type: 'string',
      client_id: 'string',
      redirect_uri: 'string',
      state: 'string',
      code_challenge: 'string',
      code_challenge_method: 'string',
      scopes: 'string?',
    });
    const client = sessions.client(fields.client_id);
    if (client === undefined) throw malformed('client_id is not registered');
    if (!allowsRedirect(client, fields.redirect_uri))
      throw malformed(`redirect_uri ${fields.redirect_uri} is not one that was registered`);
    if (!client.grantTypes.includes('authorization_code'))
      throw malformed('the client is not registered for authorization_code');
    if (fields.response_type !== 'code') throw malformed('response_type must be code');
    if (fields.code_challenge_method !== 'S256')
      throw malformed('code_challenge_method must be S256');
    if (!/^[\w-]{43}$/.test(fields.code_challenge))
      throw malformed('code_challenge is not the base64url form of a SHA-256');
    const scopes = fields.scopes?.split(' ') ?? client.scopes;
    for (const scope of scopes)
      if (!client.scopes.includes(scope)) throw malformed(`scope ${scope} is not registered`);
    const id = grants.askConsent({
      client,
      redirectUri: fields.redirect_uri,
      state: fields.state,
      codeChallenge: fields.code_challenge,
      scopes,
    });
    return consentPage('/oidc/authorize/decision', { request: id }, client, scopes);
  }

  function decideAuthorization(input: Fields): Fields {
    const { request: id, decision } = readFields(input, { request: 'string', decision: 'string' });
    const { request, code } = grants.decide(id, isAllowed(decision));
    const location = new URL(request.redirectUri);
    if (code === undefined) {
      location.searchParams.set('error', 'access_denied');
      location.searchParams.set('error_description', 'User denied the request');
    } else {
      location.searchParams.set('code', code);
    }
    location.searchParams.set('state', request.state);
    return { location: location.href };
  }

  function devicePage(input: Fields): Fields {
    const { user_code: userCode } = readFields(input, { user_code: 'string?' });
    if (userCode === undefined) {
      const body = '<form><input name="user_code" placeholder="ABCD-EFGH"><button>Next</button>';
      return { title: 'Enter the code', body: `${body}</form>` };
    }
    const device = grants.findDevice(userCode);
    if (device === undefined) throw malformed(`no device waits under the code ${userCode}`);
    const { client } = device;
    return consentPage('/start/device/decision', { user_code: userCode }, client, client.scopes);
  }

  function decideDevice(input: Fields): Fields {
    const fields = readFields(input, { user_code: 'string', decision: 'string' });
    const allowed = isAllowed(fields.decision);
    grants.decideDevice(fields.user_code, allowed);
    return {
      title: allowed ? 'Request approved' : 'Request denied',
      body: 'You can close this window.',
    };
  }

  function consentPage(
    action: string,
    hidden: Readonly<Record<string, string>>,
    client: ClientRegistration,
    scopes: readonly string[],
  ): Fields {
    const inputs = Object.entries(hidden).map(
      ([name, value]) => `<input type="hidden" name="${name}" value="${escapeMarkup(value)}">`,
    );
    return {
      title: `Allow ${client.clientName} to access your data?`,
      body: `<p>Signed in as ${escapeMarkup(options.userName)}. Scopes: ${escapeMarkup(scopes.join(' '))}</p>
<form method="post" action="${action}">${inputs.join('')}
<button name="decision" value="allow">Allow access</button>
<button name="decision" value="deny">Deny</button></form>`,
    };
  }

  return [
    { name: 'Authorize', method: 'GET', path: '/oidc/authorize', protocol, perform: authorize },
    {
      name: 'AuthorizeDecision',
      method: 'POST',
      path: '/oidc/authorize/decision',
      protocol,
      perform: decideAuthorization,
    },
    { name: 'DevicePage', method: 'GET', path: '/start/device', protocol, perform: devicePage },
    {
      name: 'DeviceDecision',
      method: 'POST',
      path: '/start/device/decision',
      protocol,
      perform: decideDevice,
    },
  ];
}

/** Whether a native client may be called back here: any port of a loopback URI (RFC 8252, 7.3). */
function allowsRedirect(client: ClientRegistration, redirectUri: string): boolean {
  if (!URL.canParse(redirectUri)) return false;
  const url = new URL(redirectUri);
  if (url.hash !== '' || url.port === '') return false;
  url.port = '';
  return client.redirectUris.some((registered) => {
    const allowed = new URL(registered);
    allowed.port = '';
    return allowed.href === url.href;
  });
}

function isAllowed(decision: string): boolean {
  if (decision !== 'allow' && decision !== 'deny')
    throw malformed('decision must be allow or deny');
  return decision === 'allow';
}

function page(status: number, title: string, body: string): WireReply {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: htmlPage(title, body),
  };
}
