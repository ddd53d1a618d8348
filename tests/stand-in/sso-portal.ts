import { createHash } from 'node:crypto';
import type { StandInOptions } from './options.ts';
import type { CredentialIssuer } from './role-credentials.ts';
import type { Sessions, SignInSession } from './sessions.ts';
import {
  type Fields,
  fieldsOf,
  jsonReply,
  malformed,
  type Operation,
  type Protocol,
  readFields,
  ServiceError,
} from './wire.ts';

const memberNames: Readonly<Record<string, string>> = {
  account_id: 'accountId',
  role_name: 'roleName',
  next_token: 'nextToken',
  max_result: 'maxResults',
};

const protocol: Protocol = {
  decode: (request) => {
    const input: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(fieldsOf(request.query)))
      input[memberNames[name] ?? name] = value;
    const accessToken = request.headers['x-amz-sso_bearer_token'];
    if (accessToken !== undefined) input['accessToken'] = accessToken;
    if (request.method === 'GET' && request.body.length > 0) throw malformed('a GET has no body');
    return input;
  },
  encode: (result, operation) =>
    operation === 'Logout' ? { status: 200, headers: {}, body: '' } : jsonReply(200, result),
  encodeError: (error) =>
    jsonReply(
      error.status,
      { message: error.message, __type: `com.amazonaws.switchboard.portal#${error.code}` },
      {
        'x-amzn-errortype': `${error.code}:http://internal.amazon.com/coral/com.amazonaws.switchboard.portal/`,
      },
    ),
};

/** The access portal as the model `sso/2019-06-10` has it. */
export function ssoPortalOperations(
  options: StandInOptions,
  sessions: Sessions,
  issuer: CredentialIssuer,
): readonly Operation[] {
  function getRoleCredentials(input: Fields): Fields {
    const { accessToken, accountId, roleName } = readFields(input, {
      accessToken: 'string',
      accountId: 'string',
      roleName: 'string',
    });
    const session = authorize(accessToken);
    if (!rolesIn(accountId).includes(roleName)) throw noAccess();
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = issuer.issue({
      partition: 'aws',
      accountId,
      roleName: reservedRoleName(accountId, roleName),
      sessionName: session.userName,
      expiration: options.now() + options.roleLifetimeS * 1000,
    });
    return { roleCredentials: { accessKeyId, secretAccessKey, sessionToken, expiration } };
  }

  function listAccounts(input: Fields): Fields {
    const fields = readFields(input, {
      accessToken: 'string',
      nextToken: 'string?',
      maxResults: 'string?',
    });
    authorize(fields.accessToken);
    const { items, nextToken } = pageOf(options.accounts, fields, 'accounts');
    const accountList = items.map(({ accountId, accountName, emailAddress }) => ({
      accountId,
      accountName,
      emailAddress,
    }));
    return { nextToken, accountList };
  }

  function listAccountRoles(input: Fields): Fields {
    const fields = readFields(input, {
      accessToken: 'string',
      accountId: 'string',
      nextToken: 'string?',
      maxResults: 'string?',
    });
    authorize(fields.accessToken);
    const { accountId } = fields;
    const { items, nextToken } = pageOf(rolesIn(accountId), fields, `roles of ${accountId}`);
    return { nextToken, roleList: items.map((roleName) => ({ roleName, accountId })) };
  }

  function logout(input: Fields): Fields {
    const { accessToken } = readFields(input, { accessToken: 'string' });
    authorize(accessToken);
    sessions.end(accessToken);
    return {};
  }

  function authorize(accessToken: string): SignInSession {
    const session = sessions.authorize(accessToken);
    if (session.scopes.length > 0 && !session.scopes.includes('sso:account:access'))
      throw noAccess();
    return session;
  }

  function rolesIn(accountId: string): readonly string[] {
    if (!/^\d{12}$/.test(accountId)) throw malformed(`${accountId} is not an account id`);
    const account = options.accounts.find((candidate) => candidate.accountId === accountId);
    if (account === undefined) throw noAccess();
    return account.roles;
  }

  function pageOf<T>(
    all: readonly T[],
    { nextToken, maxResults }: { nextToken: string | undefined; maxResults: string | undefined },
    listing: string,
  ): { items: readonly T[]; nextToken: string | null } {
    const limit = maxResults ?? '100';
    if (!/^([1-9]\d?|100)$/.test(limit)) throw malformed('max_result is not from 1 to 100');
    const [name, offset] = nextToken === undefined ? [listing, 0] : readPageToken(nextToken);
    if (name !== listing) throw malformed('next_token belongs to another listing');
    const end = offset + Math.min(Number(limit), options.pageSize);
    return {
      items: all.slice(offset, end),
      nextToken: end < all.length ? writePageToken(listing, end) : null,
    };
  }

  let allowance = options.portalCallsPerS;
  let filledAt = options.now();
  function countCall(): void {
    if (options.portalCallsPerS === Infinity) return;
    const now = options.now();
    const refill = ((now - filledAt) / 1000) * options.portalCallsPerS;
    allowance = Math.min(options.portalCallsPerS, allowance + refill);
    filledAt = now;
    if (allowance < 1)
      throw new ServiceError(429, 'TooManyRequestsException', 'HTTP 429 Unknown Code');
    allowance -= 1;
  }

  const operation = (
    name: Operation['name'],
    method: 'GET' | 'POST',
    path: string,
    perform: (input: Fields) => Fields,
  ): Operation => ({
    name,
    method,
    path,
    protocol,
    perform: (input) => {
      countCall();
      return perform(input);
    },
  });
  return [
    operation('GetRoleCredentials', 'GET', '/portal/federation/credentials', getRoleCredentials),
    operation('ListAccounts', 'GET', '/portal/assignment/accounts', listAccounts),
    operation('ListAccountRoles', 'GET', '/portal/assignment/roles', listAccountRoles),
    operation('Logout', 'POST', '/portal/logout', logout),
  ];
}

/** The name of the IAM role that Identity Center makes of a permission set in an account. */
function reservedRoleName(accountId: string, roleName: string): string {
  const suffix = createHash('sha256').update(`${accountId}/${roleName}`).digest('hex').slice(0, 16);
  return `AWSReservedSSO_${roleName}_${suffix}`;
}

function writePageToken(listing: string, offset: number): string {
  return Buffer.from(JSON.stringify([listing, offset])).toString('base64');
}

function readPageToken(token: string): readonly [string, number] {
  try {
    const [listing, offset] = JSON.parse(Buffer.from(token, 'base64').toString());
    return [String(listing), Number(offset)];
  } catch {
    throw malformed('next_token is not one that was given');
  }
}

function noAccess(): ServiceError {
  return new ServiceError(403, 'ForbiddenException', 'No access');
}
