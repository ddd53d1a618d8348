import type { Account, AccountRoles } from '../model/account.ts';
import { isSsoCredError, type SsoCredError } from '../model/errors.ts';
import { decodeListingRecord, encodeListingRecord } from '../model/listing-record.ts';
import { sha256 } from '../store/digest.ts';
import type { World } from '../world.ts';
import { inParallel } from './in-parallel.ts';
import type { PortalReader } from './read-portal.ts';
import type { SessionPlace } from './session-place.ts';

/** What a person may do, as far as AWS told. */
export interface RolesListing {
  /** In the order of the accounts. */
  readonly listed: readonly AccountRoles[];
  /** All accounts, wanted or not. */
  readonly accountIds: ReadonlySet<string>;
  /** Accounts that AWS would not tell of. */
  readonly failed: readonly { readonly account: Account; readonly error: SsoCredError }[];
}

/** What is wanted of a listing, and who is told how far it is. */
export interface RolesRequest {
  readonly wants: (account: Account) => boolean;
  readonly onProgress: (done: number, total: number) => void;
}

/** How many calls are under way at once. */
const callsAtOnce = 8;

/** How often it is noted down what has been listed; milliseconds. */
const saveEveryMs = 1_000;

/** So many accounts one after the other that AWS does not tell of are no fault of theirs. */
const maxFailuresInARow = 10;

/**
 * Lists the person's roles in all accounts that are wanted. What was listed is noted down meanwhile,
 * so that a listing that was interrupted is gone on with.
 * @throws SsoCredError when it cannot go on
 */
export async function listRoles(
  reader: PortalReader,
  { session, store }: SessionPlace,
  { wants, onProgress }: RolesRequest,
  world: World,
): Promise<RolesListing> {
  const { clock, trace } = world;
  const name = `${sha256(JSON.stringify(['listing', session.tokenFile]))}.json`;
  const signIn = await reader.signIn();
  const before = store.read('listings', name, (text) => decodeListingRecord(text, clock.now()));
  const isOurs = before !== undefined && before.signIn === signIn;
  const startedAt = isOurs ? before.startedAt : clock.now();
  const roleNames = new Map(isOurs ? before.roleNames : []);
  if (isOurs)
    trace('listing', `${roleNames.size} accounts are known from one that was interrupted`);

  const accounts: Account[] = [];
  const accountIds = new Set<string>();
  for await (const account of reader.accounts()) {
    if (wants(account) && !accountIds.has(account.accountId)) accounts.push(account);
    accountIds.add(account.accountId);
  }

  let savedAt = clock.monotonicMs();
  const save = () => {
    try {
      store.write('listings', name, encodeListingRecord({ signIn, startedAt, roleNames }));
    } catch (error) {
      if (!isSsoCredError(error)) throw error;
      trace('listing', `not noted down: ${error.message}`);
    }
    savedAt = clock.monotonicMs();
  };

  const failed: { account: Account; error: SsoCredError }[] = [];
  let failuresInARow = 0;
  let done = 0;
  try {
    await inParallel(accounts, callsAtOnce, async (account) => {
      const { accountId } = account;
      try {
        if (!roleNames.has(accountId)) roleNames.set(accountId, await reader.roleNames(accountId));
        failuresInARow = 0;
      } catch (error) {
        failuresInARow += 1;
        if (!isSsoCredError(error) || error.code !== 'ServiceFailed') throw error;
        if (failuresInARow >= maxFailuresInARow) throw error;
        failed.push({ account, error });
      }
      done += 1;
      onProgress(done, accounts.length);
      if (clock.monotonicMs() - savedAt >= saveEveryMs) save();
    });
  } catch (error) {
    if (roleNames.size > 0) save();
    throw error;
  }
  if (failed.length > 0) save();
  else store.remove('listings', name);
  const listed = accounts.flatMap((account) => {
    const names = roleNames.get(account.accountId);
    return names === undefined ? [] : [{ account, roleNames: names }];
  });
  return { listed, accountIds, failed };
}
