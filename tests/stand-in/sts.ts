import type { StandInOptions, WebIdentityClaims } from './options.ts';
import type { CredentialIssuer } from './role-credentials.ts';
import { isSignedWith, readSignature } from './sigv4.ts';
import {
  escapeMarkup,
  type Fields,
  fieldsOf,
  isServiceError,
  malformed,
  type Operation,
  type Protocol,
  readFields,
  requireContentType,
  ServiceError,
  type WireReply,
  type WireRequest,
} from './wire.ts';

const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/';

const protocol: Protocol = {
  decode: (request) => {
    requireContentType(request, 'application/x-www-form-urlencoded');
    return fieldsOf(new URLSearchParams(request.body.toString()));
  },
  encode: (result, operation, requestId) =>
    xml(
      200,
      `<${operation}Response xmlns="${namespace}"><${operation}Result>${elements(result)}</${operation}Result><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation}Response>`,
    ),
  encodeError: (error, requestId) => {
    const fault = {
      Type: error.status < 500 ? 'Sender' : 'Receiver',
      Code: error.code === 'InvalidRequestException' ? 'ValidationError' : error.code,
      Message: error.message,
    };
    return xml(
      error.status,
      `<ErrorResponse xmlns="${namespace}"><Error>${elements(fault)}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
    );
  },
};

/** The two operations of STS (model `sts/2011-06-15`, the query protocol) that matter here. */
export function stsOperations(
  options: StandInOptions,
  issuer: CredentialIssuer,
): readonly Operation[] {
  function getCallerIdentity(input: Fields, request: WireRequest): Fields {
    readFields(input, { Action: 'string', Version: 'string' });
    requireVersion(input);
    const signature = readSignature(request);
    if (signature === undefined)
      throw new ServiceError(
        403,
        'MissingAuthenticationToken',
        'Request is missing Authentication Token',
      );
    const credentials = issuer.find(signature.accessKeyId);
    if (
      credentials === undefined ||
      request.headers['x-amz-security-token'] !== credentials.sessionToken
    )
      throw new ServiceError(
        403,
        'InvalidClientTokenId',
        'The security token included in the request is invalid.',
      );
    if (!isSignedWith(request, signature, credentials.secretAccessKey))
      throw new ServiceError(
        403,
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided.',
      );
    if (options.now() >= credentials.expiration)
      throw new ServiceError(
        403,
        'ExpiredToken',
        'The security token included in the request is expired',
      );
    return { Arn: credentials.arn, UserId: credentials.userId, Account: credentials.accountId };
  }

  async function assumeRoleWithWebIdentity(input: Fields): Promise<Fields> {
    const { policies, rest } = splitPolicyArns(input);
    const fields = readFields(rest, {
      Action: 'string',
      Version: 'string',
      RoleArn: 'string',
      RoleSessionName: 'string',
      WebIdentityToken: 'string',
      DurationSeconds: 'string?',
      Policy: 'string?',
    });
    requireVersion(input);
    const { RoleSessionName: sessionName, RoleArn: roleArn } = fields;
    const [, partition = '', accountId = '', rolePath = ''] =
      /^arn:(aws[\w-]*):iam::(\d{12}):role\/([\w+=,.@/-]+)$/.exec(roleArn) ?? [];
    if (rolePath === '') throw malformed(`${roleArn} is invalid`);
    if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) throw constraint('roleSessionName', sessionName);
    const seconds = fields.DurationSeconds ?? '3600';
    const duration = Number(seconds);
    if (!/^\d+$/.test(seconds) || duration < 900 || duration > 43_200)
      throw constraint('durationSeconds', seconds);
    if (fields.WebIdentityToken.length < 4 || fields.WebIdentityToken.length > 20_000)
      throw constraint('webIdentityToken', '****');
    if (policies.length > 10 || !policies.every((arn) => /^arn:aws[\w-]*:iam::/.test(arn)))
      throw constraint('policyArns', policies.join());

    const claims = await verify(fields.WebIdentityToken);
    const audience = claims.azp ?? [claims.aud].flat()[0] ?? '';
    const role = options.webIdentityRoles.find((candidate) => candidate.roleArn === roleArn);
    if (role?.audience !== undefined && role.audience !== audience)
      throw new ServiceError(400, 'InvalidIdentityToken', 'Incorrect token audience');
    if (
      role === undefined ||
      (role.issuer ?? claims.iss) !== claims.iss ||
      (role.subject ?? claims.sub) !== claims.sub
    )
      throw new ServiceError(
        403,
        'AccessDenied',
        'Not authorized to perform sts:AssumeRoleWithWebIdentity',
      );
    if (duration > role.maxSessionDurationS)
      throw new ServiceError(
        400,
        'ValidationError',
        'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      );

    const credentials = issuer.issue({
      partition,
      accountId,
      roleName: rolePath.split('/').at(-1) ?? rolePath,
      sessionName,
      expiration: options.now() + duration * 1000,
    });
    return {
      SubjectFromWebIdentityToken: claims.sub,
      Audience: audience,
      AssumedRoleUser: { AssumedRoleId: credentials.userId, Arn: credentials.arn },
      Credentials: {
        AccessKeyId: credentials.accessKeyId,
        SecretAccessKey: credentials.secretAccessKey,
        SessionToken: credentials.sessionToken,
        Expiration: new Date(credentials.expiration).toISOString().replace(/\.\d+Z$/, 'Z'),
      },
      Provider: `arn:${partition}:iam::${accountId}:oidc-provider/${claims.iss.replace(/^https?:\/\//, '')}`,
    };
  }

  async function verify(token: string): Promise<WebIdentityClaims> {
    let claims: WebIdentityClaims;
    try {
      claims = await options.verifyWebIdentity(token);
    } catch (error) {
      if (isServiceError(error)) throw error;
      throw new ServiceError(400, 'InvalidIdentityToken', `Couldn't verify the token: ${error}`);
    }
    // IAM accepts a token up to five minutes after it has expired.
    if (claims.exp !== undefined && options.now() / 1000 > claims.exp + 300)
      throw new ServiceError(
        400,
        'ExpiredTokenException',
        'Token expired: current date/time must be before the expiration date/time',
      );
    return claims;
  }

  const operation = (name: Operation['name'], perform: Operation['perform']): Operation => ({
    name,
    method: 'POST',
    path: '/sts',
    action: name,
    protocol,
    perform,
  });
  return [
    { ...operation('GetCallerIdentity', getCallerIdentity), signed: true },
    operation('AssumeRoleWithWebIdentity', assumeRoleWithWebIdentity),
  ];
}

/** A list in the query protocol: PolicyArns.member.1.arn, PolicyArns.member.2.arn … */
function splitPolicyArns(input: Fields): { policies: readonly string[]; rest: Fields } {
  const policies: string[] = [];
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(input)) {
    if (/^PolicyArns\.member\.\d+\.arn$/.test(name)) policies.push(String(value));
    else rest[name] = value;
  }
  return { policies, rest };
}

function requireVersion(input: Fields): void {
  if (input['Version'] !== '2011-06-15') throw malformed('Version must be 2011-06-15');
}

function constraint(member: string, value: string): ServiceError {
  return malformed(
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint`,
  );
}

function elements(fields: object): string {
  return Object.entries(fields)
    .map(([name, value]) => {
      const content =
        typeof value === 'object' && value !== null ? elements(value) : escapeMarkup(String(value));
      return value === undefined || value === null ? '' : `<${name}>${content}</${name}>`;
    })
    .join('');
}

function xml(status: number, body: string): WireReply {
  return { status, headers: { 'content-type': 'text/xml' }, body: `${body}\n` };
}
