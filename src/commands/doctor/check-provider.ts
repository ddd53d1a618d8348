import type { KeptToken } from '../../flow/session-kind.ts';
import { isSsoCredError } from '../../model/errors.ts';
import type { Finding } from '../../model/finding.ts';
import { judgeProviderMetadata } from '../../model/judge-provider-metadata.ts';
import { jwtAlgorithm } from '../../model/jwt-claims.ts';
import type { OidcSession } from '../../model/profile.ts';
import { discoverProvider } from '../../services/identity-provider.ts';
import { idempotent, retrying } from '../../services/retry.ts';
import type { DoctorContext } from './context.ts';

/** What the provider's discovery document says of a session, and its token. */
export async function judgeProvider(
  session: OidcSession,
  token: KeptToken | undefined,
  { deadline, world }: DoctorContext,
): Promise<readonly Finding[]> {
  const algorithm = token === undefined ? undefined : jwtAlgorithm(token.bearer);
  try {
    const discover = () => discoverProvider(session, deadline, world);
    const metadata = await retrying(idempotent, discover, deadline, world);
    return judgeProviderMetadata(session, metadata, algorithm);
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    return [{ code: 'discovery', severity: 'error', message: error.message }];
  }
}
