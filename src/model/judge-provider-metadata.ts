import { cleanText } from './clean-text.ts';
import type { Finding } from './finding.ts';
import type { OidcSession } from './profile.ts';

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/** Algorithms by which STS can check a token's signature, by the provider's public keys. */
const checkable = /^(?:RS|ES)(?:256|384|512)$/;

/**
 * What a discovery document (OpenID Connect Discovery 1.0, 3) says against a session. A list that is
 * not there says nothing.
 * @param algorithm that the present token is signed with; undefined without one
 */
export function judgeProviderMetadata(
  session: OidcSession,
  metadata: Readonly<Record<string, unknown>>,
  algorithm: string | undefined,
): readonly Finding[] {
  const { issuer, name, flow } = session;
  const of = `of the session "${name}"`;
  const findings: Finding[] = [];
  const add = (code: string, severity: Finding['severity'], message: string, advice?: string) =>
    findings.push({ code, severity, message, ...(advice === undefined ? {} : { advice }) });
  const list = (member: string) => {
    const value = metadata[member];
    return Array.isArray(value) ? value.map(String) : undefined;
  };
  const lacks = (member: string, value: string) => list(member)?.includes(value) === false;

  const written = String(metadata['issuer']);
  if (written !== issuer) {
    add(
      'issuer-slash',
      'note',
      `The provider ${of} writes its issuer as ${cleanText(written)}`,
      'The IAM provider must have it to the letter, slash and all',
    );
  }
  const hasDevice = typeof metadata['device_authorization_endpoint'] === 'string';
  if (!hasDevice || lacks('grant_types_supported', deviceGrant)) {
    const advice = 'Sign in by browser, or have the device grant allowed';
    add(
      'no-device-flow',
      flow === 'device' ? 'error' : 'note',
      `The provider ${of} has no device flow`,
      advice,
    );
  }
  const hasNoBrowser =
    lacks('grant_types_supported', 'authorization_code') ||
    lacks('response_types_supported', 'code') ||
    lacks('code_challenge_methods_supported', 'S256');
  if (hasNoBrowser) {
    add(
      'no-browser-flow',
      flow === 'device' ? 'note' : 'error',
      `The provider ${of} has no authorization code flow with PKCE (S256)`,
      'Sign in by device code',
    );
  }
  const wantsRefresh = session.scopes.split(' ').includes('offline_access');
  if (wantsRefresh && lacks('grant_types_supported', 'refresh_token')) {
    add(
      'no-refresh-grant',
      'warning',
      `The provider ${of} does not refresh: the session ends with its first token`,
      'Have the grant refresh_token allowed',
    );
  }
  if (wantsRefresh && lacks('scopes_supported', 'offline_access')) {
    add(
      'no-offline-access',
      'warning',
      `The provider ${of} does not list the scope offline_access, and may refuse it`,
      'Leave it out of scopes, and see docs/providers.md for how this one gives refresh tokens',
    );
  }
  const algorithms = list('id_token_signing_alg_values_supported');
  if (algorithms?.some((each) => checkable.test(each)) === false) {
    add(
      'signing-algorithm',
      'error',
      `The provider ${of} signs with ${cleanText(algorithms.join(', '))}, which AWS cannot check`,
      'Have it sign with RS256',
    );
  } else if (algorithm !== undefined && !checkable.test(algorithm)) {
    add(
      'signing-algorithm',
      'error',
      `The token ${of} is signed with ${cleanText(algorithm, 20)}, which AWS cannot check`,
      'Have it signed with RS256 (Auth0: Advanced Settings → OAuth), and sign in again',
    );
  }
  if (typeof metadata['jwks_uri'] !== 'string') {
    add('no-keys', 'error', `The provider ${of} names no keys (jwks_uri), which AWS needs`);
  }
  return findings;
}
