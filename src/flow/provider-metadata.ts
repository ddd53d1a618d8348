import { isSsoCredError } from '../model/errors.ts';
import { numberAt, parseJsonObject, textAt } from '../model/json.ts';
import type { OidcSession } from '../model/profile.ts';
import { discoverProvider, type ProviderMetadata } from '../services/identity-provider.ts';
import { idempotent, retrying } from '../services/retry.ts';
import { sha256 } from '../store/digest.ts';
import type { Store } from '../store/store.ts';
import type { World } from '../world.ts';

const version = 1;

/** How long a discovery document is kept; milliseconds. */
const keptMs = 24 * 3_600_000;

/**
 * The provider's metadata: kept for a day, else asked for.
 * @param deadline by the monotonic clock; milliseconds
 * @throws ServiceFailed, NetworkFailed
 */
export async function getProviderMetadata(
  session: OidcSession,
  store: Store,
  deadline: number,
  world: World,
): Promise<ProviderMetadata> {
  const kept = keptProviderMetadata(session, store, world);
  if (kept !== undefined) return kept;
  const name = fileNameOf(session);
  const now = world.clock.now();
  const send = () => discoverProvider(session, deadline, world);
  const metadata = await retrying(idempotent, send, deadline, world);
  try {
    store.write('registrations', name, JSON.stringify({ version, obtainedAt: now, metadata }));
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    world.trace('cache', `discovery not kept: ${error.message}`);
  }
  return metadata;
}

/** The provider's metadata as it is kept, if it is; asks nobody. */
export function keptProviderMetadata(
  session: OidcSession,
  store: Store,
  world: Pick<World, 'clock'>,
): ProviderMetadata | undefined {
  const now = world.clock.now();
  return store.read('registrations', fileNameOf(session), (text) => decode(text, now));
}

function fileNameOf({ issuer }: OidcSession): string {
  return `${sha256(JSON.stringify(['discovery', issuer]))}.json`;
}

function decode(text: string, now: number): ProviderMetadata | undefined {
  const file = parseJsonObject(text);
  const obtainedAt = file && numberAt(file, 'obtainedAt');
  if (file === undefined || obtainedAt === undefined) return undefined;
  if (numberAt(file, 'version') !== version) return undefined;
  if (obtainedAt > now || now - obtainedAt > keptMs) return undefined;
  const metadata = parseJsonObject(JSON.stringify(file['metadata'] ?? null));
  const issuer = metadata && textAt(metadata, 'issuer');
  return metadata === undefined || issuer === undefined ? undefined : { ...metadata, issuer };
}
