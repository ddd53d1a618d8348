import { type Account, byName, isWantedAccount } from '../model/account.ts';
import { cleanText } from '../model/clean-text.ts';
import type { World } from '../world.ts';
import { openCall } from './open-call.ts';
import { openPortal, type PortalOptions } from './open-portal.ts';
import { textTable } from './text-table.ts';

/** What `sso-cred accounts` may say. */
export interface AccountsOptions extends PortalOptions {
  /** Patterns of names, ids or e-mail addresses; none for all. */
  readonly accounts: readonly string[];
  readonly json: boolean;
}

/** Prints the accounts in which the session's user has a role. @throws SsoCredError */
export async function runAccounts(options: AccountsOptions, world: World): Promise<void> {
  const { session, reader } = openPortal(options, openCall(options, world), world);
  const accounts: Account[] = [];
  for await (const account of reader.accounts()) {
    if (isWantedAccount(account, options.accounts)) accounts.push(account);
  }
  accounts.sort(byName);
  const shown = options.json
    ? `${JSON.stringify({ session: session.name ?? null, accounts }, undefined, 2)}\n`
    : textTable({
        heading: ['ACCOUNT', 'NAME', 'E-MAIL'],
        rows: accounts.map((account) => [
          account.accountId,
          cleanText(account.accountName),
          cleanText(account.emailAddress),
        ]),
        whenEmpty: options.accounts.length === 0 ? 'No accounts.' : 'No account of that pattern.',
        columns: world.columns(1),
      });
  world.print(1, shown);
}
