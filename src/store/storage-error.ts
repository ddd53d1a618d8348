import { describeErrno } from '../model/errno.ts';
import { SsoCredError } from '../model/errors.ts';

/** A failure to read or write below a path that the message names. */
export function storageError(action: string, path: string, cause: unknown): SsoCredError {
  return new SsoCredError('StorageFailed', `Cannot ${action} ${path}: ${describeErrno(cause)}`, {
    cause,
  });
}
