import type { RolesListing } from '../flow/list-roles.ts';
import { SsoCredError } from '../model/errors.ts';

/** The error for a listing that is not whole; undefined for one that is. */
export function listingFailure({ listed, failed }: RolesListing): SsoCredError | undefined {
  const [first] = failed;
  if (first === undefined) return undefined;
  const total = listed.length + failed.length;
  return new SsoCredError(
    first.error.code,
    `The roles in ${failed.length} of ${total} accounts could not be listed, such as ${first.account.accountId}: ${first.error.message}`,
    { cause: first.error },
  );
}
