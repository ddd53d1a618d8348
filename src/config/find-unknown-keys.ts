import type { Finding } from '../model/finding.ts';
import type { ConfigSection } from './config-section.ts';
import { knownKeys } from './known-keys.ts';
import { nearestName } from './nearest-name.ts';

/**
 * The keys of a section that nobody reads, which are most often mistyped: all of those that are ours
 * to name, of AWS's those that look like one.
 */
export function findUnknownKeys(section: ConfigSection): readonly Finding[] {
  const { type, name } = section;
  if (type === 'services') return [];
  const known: readonly string[] = knownKeys[type];
  const where = type === 'profile' ? `profile "${name}"` : `[${type} ${name}]`;
  return [...section.properties].flatMap(([key, { origin }]) => {
    if (known.includes(key) || origin.kind !== 'file') return [];
    const isOurs = type === 'oidc-session' || type === 'sso-cred' || key.startsWith('sso_cred_');
    const nearest = key.startsWith('sso_') || isOurs ? nearestName(key, known) : undefined;
    if (!isOurs && nearest === undefined) return [];
    const { path: file, line } = origin;
    const message = `${key} in ${where} is no key that anybody reads`;
    const advice = nearest === undefined ? 'Remove it' : `Did you mean ${nearest}?`;
    return [{ code: 'unknown-key', severity: 'warning' as const, message, file, line, advice }];
  });
}
