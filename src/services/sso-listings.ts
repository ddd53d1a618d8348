import type { Account } from '../model/account.ts';
import type { ServiceEndpoint } from '../model/endpoint.ts';
import { isText } from '../model/json.ts';
import type { World } from '../world.ts';
import { clientSettings } from './aws-client.ts';
import { refusalOf, serviceError } from './service-error.ts';

type Effects = Pick<World, 'clock' | 'sendHttp' | 'trace'>;

/** Which page is asked for, and with which token. */
export interface PageRequest {
  readonly accessToken: string;
  /** What the page before gave; undefined for the first one. */
  readonly nextToken: string | undefined;
  /** By the monotonic clock; milliseconds. */
  readonly deadline: number;
}

/** A page; or the portal does not take the token (401). */
export type Page<T> =
  | {
      readonly kind: 'page';
      readonly items: readonly T[];
      /** Undefined after the last page. */
      readonly nextToken: string | undefined;
    }
  | { readonly kind: 'token-rejected' };

/** The most that a page may hold. */
const maxResults = 100;

/**
 * sso:ListAccounts, one page: accounts in which the user has a role.
 * https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_ListAccounts.html
 * @throws Throttled, ServiceFailed, NetworkFailed
 */
export async function listAccountsPage(
  endpoint: ServiceEndpoint,
  { accessToken, nextToken, deadline }: PageRequest,
  world: Effects,
): Promise<Page<Account>> {
  const call = { operation: 'ListAccounts', parameters: shown(nextToken), deadline };
  const { settings, facts } = clientSettings(endpoint, call, world);
  const { ListAccountsCommand, SSOClient } = await import('./load-sso.ts');
  try {
    const command = new ListAccountsCommand({ accessToken, nextToken, maxResults });
    const page = await new SSOClient(settings).send(command);
    const items = (page.accountList ?? []).flatMap(({ accountId, accountName, emailAddress }) =>
      isText(accountId) && /^\d{12}$/.test(accountId)
        ? [{ accountId, accountName: accountName ?? '', emailAddress: emailAddress ?? '' }]
        : [],
    );
    return { kind: 'page', items, nextToken: page.nextToken || undefined };
  } catch (error) {
    if (refusalOf(error)?.status === 401) return { kind: 'token-rejected' };
    throw serviceError(call.operation, error, facts());
  }
}

/**
 * sso:ListAccountRoles, one page: the names of the roles that the user has in an account.
 * https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_ListAccountRoles.html
 * @throws Throttled, ServiceFailed, NetworkFailed
 */
export async function listAccountRolesPage(
  endpoint: ServiceEndpoint,
  { accountId, accessToken, nextToken, deadline }: PageRequest & { readonly accountId: string },
  world: Effects,
): Promise<Page<string>> {
  const parameters = { accountId, ...shown(nextToken) };
  const call = { operation: 'ListAccountRoles', parameters, deadline };
  const { settings, facts } = clientSettings(endpoint, call, world);
  const { ListAccountRolesCommand, SSOClient } = await import('./load-sso.ts');
  try {
    const command = new ListAccountRolesCommand({ accountId, accessToken, nextToken, maxResults });
    const page = await new SSOClient(settings).send(command);
    const items = (page.roleList ?? []).flatMap(({ roleName }) =>
      isText(roleName) ? [roleName] : [],
    );
    return { kind: 'page', items, nextToken: page.nextToken || undefined };
  } catch (error) {
    if (refusalOf(error)?.status === 401) return { kind: 'token-rejected' };
    throw serviceError(call.operation, error, facts());
  }
}

function shown(nextToken: string | undefined): Readonly<Record<string, string>> {
  return { maxResults: String(maxResults), ...(nextToken === undefined ? {} : { nextToken: '…' }) };
}
