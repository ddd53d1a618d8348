import { lstatSync, statSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasCode, SsoCredError } from '../model/errors.ts';
import { noSuchFile } from '../model/no-token.ts';
import type { SsoSession } from '../model/profile.ts';
import { decodeSsoToken, type SsoToken } from '../model/sso-token.ts';
import type { World } from '../world.ts';
import { sha1, sha256 } from './digest.ts';
import { makeDirectory } from './private-directory.ts';
import { readPrivateFile } from './private-file.ts';
import { storageError } from './storage-error.ts';
import { type ReservedFile, reserveFile } from './write-file.ts';

/** A token, and the file as it was when it was read. */
export interface StoredSsoToken {
  readonly token: SsoToken;
  readonly stamp: string;
  /** When the file was written; epoch milliseconds. */
  readonly writtenAt: number;
}

/** What lies where a session's token is kept; without one, why, as the end of a sentence. */
export type SsoTokenRead =
  | ({ readonly kind: 'token' } & StoredSsoToken)
  | {
      readonly kind: 'none';
      readonly reason: string;
      /** Whether the file holds nothing that can be read, of whomever. */
      readonly isDamaged?: boolean;
    };

/** Others write the file in place: a torn one is looked at again, this often and this much later. */
const rereads = 4;
const rereadPauseMs = 40;

/**
 * The file that AWS's tools keep a session's token in: named by the SHA-1 of the sso-session's name,
 * or of the start URL when there is no session.
 */
export function ssoTokenFile(
  directory: string,
  session: { readonly name?: string; readonly startUrl: string },
): string {
  return join(directory, `${sha1(session.name ?? session.startUrl)}.json`);
}

/** Where a session's token is kept with `token_store = private`: below our own cache directory. */
export function privateTokenFile(
  cacheDirectory: string,
  session: { readonly name?: string; readonly startUrl: string },
): string {
  const identity = JSON.stringify([session.name ?? '', session.startUrl]);
  return join(cacheDirectory, 'tokens', `${sha256(identity)}.json`);
}

/**
 * Reads a token of ~/.aws/sso/cache. That folder is not ours: nothing in it is renamed, deleted or
 * tightened.
 * @throws StorageFailed when the file is a link, another user's, or cannot be read
 */
export async function readSsoToken(
  file: string,
  session: Pick<SsoSession, 'startUrl' | 'region'>,
  world: Pick<World, 'clock' | 'user'>,
): Promise<SsoTokenRead> {
  for (let attempt = 1; ; attempt += 1) {
    const found = readPrivateFile(file, ownerToExpect(file, world.user));
    switch (found.kind) {
      case 'absent':
        return { kind: 'none', reason: noSuchFile };
      case 'refused':
        throw new SsoCredError('StorageFailed', `Will not use ${file}: ${found.reason}`);
      case 'damaged':
        return { kind: 'none', reason: found.reason, isDamaged: true };
      case 'read': {
        const { text, stamp, writtenAt } = found;
        const token = decodeSsoToken(text);
        if (token !== undefined) {
          const reason = mismatch(token, session);
          if (reason !== undefined) return { kind: 'none', reason };
          return { kind: 'token', token, stamp, writtenAt };
        }
        if (attempt > rereads) {
          return { kind: 'none', reason: 'it holds no token', isDamaged: true };
        }
        await world.clock.sleep(rereadPauseMs);
      }
    }
  }
}

/** Whether the present user may write token files; root must not, in another user's folder. */
function whyNotWritable(file: string, user: number | undefined): string | undefined {
  if (user === undefined) return undefined;
  const owner = folderOwner(file);
  if (owner === undefined || owner === user) return undefined;
  return `${dirname(file)} belongs to another user (uid ${owner}); is this sudo?`;
}

/**
 * Takes the space for a token before anything is spent for it; makes the folders for it where they
 * are missing.
 * @throws StorageFailed
 */
export function reserveSsoToken(
  file: string,
  world: Pick<World, 'platform' | 'randomHex' | 'user'>,
): ReservedFile {
  const reason = whyNotWritable(file, world.user);
  if (reason !== undefined) {
    throw new SsoCredError('StorageFailed', `The session is not refreshed: ${reason}`);
  }
  // A link is never replaced: whoever made it meant the token to be elsewhere.
  if (isLink(file)) {
    throw new SsoCredError('StorageFailed', `Will not write ${file}: it is a symbolic link`);
  }
  makeDirectory(dirname(file), world.user);
  return reserveFile(file, 16 * 1024, world);
}

/**
 * Deletes a token that was read before; gives whether it was there.
 * @throws StorageFailed
 */
export function removeSsoToken(file: string): boolean {
  try {
    unlinkSync(file);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw storageError('remove', file, error);
  }
}

/** Another tool may have signed in to something else under the same name. */
function mismatch(
  token: SsoToken,
  session: Pick<SsoSession, 'startUrl' | 'region'>,
): string | undefined {
  if (token.startUrl !== undefined && !isSameStartUrl(token.startUrl, session.startUrl)) {
    return `its token is of another start URL (${token.startUrl})`;
  }
  if (token.region !== undefined && token.region !== session.region) {
    return `its token is of another region (${token.region})`;
  }
  return undefined;
}

/** `…/start`, `…/start/` and `…/start/#/` are one portal: the forms that the portal's page shows. */
function isSameStartUrl(one: string, other: string): boolean {
  const bare = (url: string) => url.replace(/\/?#?\/?$/, '');
  return bare(one) === bare(other);
}

/** Root may read what the owner of the folder could. */
function ownerToExpect(file: string, user: number | undefined): number | undefined {
  if (user !== 0) return user;
  return folderOwner(file) ?? user;
}

/** Undefined where there is no folder that can be looked at: opening the file tells why. */
function folderOwner(file: string): number | undefined {
  try {
    return statSync(dirname(file)).uid;
  } catch {
    return undefined;
  }
}

function isLink(file: string): boolean {
  try {
    return lstatSync(file).isSymbolicLink();
  } catch {
    return false;
  }
}
