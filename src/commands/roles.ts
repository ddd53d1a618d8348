import { listRoles } from '../flow/list-roles.ts';
import { byName, isWanted, isWantedAccount } from '../model/account.ts';
import { cleanText } from '../model/clean-text.ts';
import { SsoCredError } from '../model/errors.ts';
import type { World } from '../world.ts';
import { listingFailure } from './listing-failure.ts';
import { openCall } from './open-call.ts';
import { openPortal, type PortalOptions } from './open-portal.ts';
import { progressBar } from './progress-line.ts';
import { textTable } from './text-table.ts';

/** What `sso-cred roles` may say. */
export interface RolesOptions extends PortalOptions {
  /** The one account that is asked for. */
  readonly accountId: string | undefined;
  /** Patterns of names, ids or e-mail addresses; none for all. */
  readonly accounts: readonly string[];
  /** Patterns of role names; none for all. */
  readonly roles: readonly string[];
  readonly json: boolean;
}

/**
 * Prints the roles of the session's user, in all accounts or some.
 * @throws SsoCredError; ServiceFailed for accounts that AWS does not tell of, after all else is printed
 */
export async function runRoles(options: RolesOptions, world: World): Promise<void> {
  const { accountId } = options;
  if (accountId !== undefined && !/^\d{12}$/.test(accountId)) {
    throw new SsoCredError('InvalidUsage', '--account-id is not 12 digits');
  }
  const { session, place, reader } = openPortal(options, openCall(options, world), world);
  const progress = progressBar('Asking AWS for your roles', world);
  const listing = await listRoles(
    reader,
    place,
    {
      wants: (account) =>
        isWantedAccount(account, options.accounts) &&
        (accountId === undefined || accountId === account.accountId),
      onProgress: progress.show,
    },
    world,
  ).finally(progress.stop);
  const roles = [...listing.listed]
    .sort((a, b) => byName(a.account, b.account))
    .flatMap(({ account: { accountId, accountName }, roleNames }) =>
      [...roleNames]
        .sort()
        .filter((roleName) => isWanted(roleName, options.roles))
        .map((roleName) => ({ accountId, accountName, roleName })),
    );
  const shown = options.json
    ? `${JSON.stringify({ session: session.name ?? null, roles }, undefined, 2)}\n`
    : textTable({
        heading: ['ACCOUNT', 'NAME', 'ROLE'],
        rows: roles.map(({ accountId, accountName, roleName }) => [
          accountId,
          cleanText(accountName),
          cleanText(roleName),
        ]),
        whenEmpty: 'No roles.',
        columns: world.columns(1),
      });
  world.print(1, shown);
  const failure = listingFailure(listing);
  if (failure !== undefined) throw failure;
}
