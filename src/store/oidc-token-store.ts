import { join } from 'node:path';
import { SsoCredError } from '../model/errors.ts';
import { noSuchFile } from '../model/no-token.ts';
import { decodeOidcToken, type OidcToken, oidcRequest } from '../model/oidc-token.ts';
import type { OidcSession } from '../model/profile.ts';
import type { World } from '../world.ts';
import { sha256 } from './digest.ts';
import { ensurePrivateDirectory, requireTrusted } from './private-directory.ts';
import { readPrivateFile } from './private-file.ts';
import type { Store } from './store.ts';
import { type ReservedFile, reserveFile } from './write-file.ts';

/** What lies where a session's tokens are kept; without any, why, as the end of a sentence. */
export type OidcTokenRead =
  | { readonly kind: 'token'; readonly token: OidcToken; readonly stamp: string }
  | {
      readonly kind: 'none';
      readonly reason: string;
      /** Whether the file holds nothing that can be read, of whomever. */
      readonly isDamaged?: boolean;
    };

/** Where a session's tokens are kept: by the section's name, for flags by what they say. */
export function oidcTokenFile(
  cacheDirectory: string,
  session: Pick<OidcSession, 'name' | 'issuer' | 'clientId' | 'audience' | 'scopes'>,
): string {
  const { name, issuer, clientId, audience, scopes } = session;
  const identity =
    name === undefined ? ['flags', issuer, clientId, audience ?? '', scopes] : ['oidc', name];
  return join(cacheDirectory, 'tokens', `${sha256(JSON.stringify(identity))}.json`);
}

/** Reads a session's tokens. @throws StorageFailed when the file is a link, another user's, or loose in its folder */
export function readOidcToken(
  file: string,
  session: OidcSession,
  store: Store,
  world: Pick<World, 'user'>,
): OidcTokenRead {
  requireTrusted(store.directory, world.user);
  requireTrusted(join(store.directory, 'tokens'), world.user);
  const found = readPrivateFile(file, world.user);
  switch (found.kind) {
    case 'absent':
      return { kind: 'none', reason: noSuchFile };
    case 'refused':
      throw new SsoCredError('StorageFailed', `Will not use ${file}: ${found.reason}`);
    case 'damaged':
      return { kind: 'none', reason: found.reason, isDamaged: true };
    case 'read': {
      const token = decodeOidcToken(found.text);
      if (token === undefined) {
        return { kind: 'none', reason: 'it holds no token', isDamaged: true };
      }
      if (token.issuer !== session.issuer || token.clientId !== session.clientId) {
        return { kind: 'none', reason: 'its token is of another issuer or client' };
      }
      if (token.request !== oidcRequest(session)) {
        return {
          kind: 'none',
          reason: 'its token was asked for otherwise (scopes, audience, token)',
        };
      }
      return { kind: 'token', token, stamp: found.stamp };
    }
  }
}

/** Takes the space for tokens before anything is spent for them. @throws StorageFailed */
export function reserveOidcToken(
  file: string,
  store: Store,
  world: Pick<World, 'platform' | 'randomHex' | 'user'>,
): ReservedFile {
  ensurePrivateDirectory(store.directory, world.user);
  ensurePrivateDirectory(join(store.directory, 'tokens'), world.user);
  return reserveFile(file, 48 * 1024, world);
}
