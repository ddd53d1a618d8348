import { isSsoCredError } from '../model/errors.ts';
import type { Finding } from '../model/finding.ts';
import type { OidcSession, SsoSession } from '../model/profile.ts';
import type { ConfigSection } from './config-section.ts';
import { findKey } from './find-key.ts';
import { findUnknownKeys } from './find-unknown-keys.ts';
import { anySessionOfName } from './resolve-profile.ts';
import type { Sources } from './resolve-session.ts';

/** The section of a session, of either kind. */
function sessionSection(name: string, { config }: Sources): ConfigSection | undefined {
  return config.ssoSession(name) ?? config.oidcSession(name);
}

/** What is wrong with a session's section: it does not resolve, asks for too little, has odd keys. */
export function findSessionProblems(name: string, sources: Sources): readonly Finding[] {
  const section = sessionSection(name, sources);
  if (section === undefined) return [];
  const at = { file: section.path, line: section.line };
  const findings: Finding[] = [...findUnknownKeys(section)];
  try {
    const { session } = anySessionOfName(name, sources);
    const scopes = findKey(section, [
      session.kind === 'sso' ? 'sso_registration_scopes' : 'scopes',
    ]);
    const place = scopes?.origin.kind === 'file' ? { ...at, line: scopes.origin.line } : at;
    const lacking = lackingScope(session);
    if (lacking !== undefined) findings.push({ ...lacking, ...place });
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    const { message } = error;
    findings.push({ code: 'incomplete-session', severity: 'error', message, ...at });
  }
  return findings;
}

function lackingScope(session: SsoSession | OidcSession): Finding | undefined {
  if (session.kind === 'sso') {
    if (session.registrationScopes.includes('sso:account:access')) return undefined;
    return {
      code: 'no-refresh',
      severity: 'warning',
      message: `The scopes of [sso-session ${session.name}] lack sso:account:access, so AWS gives no refresh token`,
      advice: 'Write sso_registration_scopes = sso:account:access, and sign in again',
    };
  }
  if (session.scopes.split(' ').includes('offline_access')) return undefined;
  return {
    code: 'no-refresh',
    severity: 'note',
    message: `The scopes of [oidc-session ${session.name}] lack offline_access, so it ends with its first token`,
    advice: 'Add offline_access to scopes, if the provider has it, and sign in again',
  };
}
