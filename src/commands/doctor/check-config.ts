import { displayPath } from '../../config/display-path.ts';
import { findConfigProblems } from '../../config/find-config-problems.ts';
import { findUnknownKeys } from '../../config/find-unknown-keys.ts';
import { resolveSettings } from '../../config/resolve-settings.ts';
import { isSsoCredError } from '../../model/errors.ts';
import type { CheckResult, Finding } from '../../model/finding.ts';
import type { DoctorContext } from './context.ts';

/** Both config files as text, and our settings. */
export function checkConfig({ inspected, sources }: DoctorContext): CheckResult {
  const findings = inspected.files.flatMap(findConfigProblems);
  const settings = sources.config.settings();
  if (settings !== undefined) {
    findings.push(...findUnknownKeys(settings));
    try {
      resolveSettings(settings, sources.home);
    } catch (error) {
      if (!isSsoCredError(error)) throw error;
      findings.push(wrongSettings(error.message, settings.path, settings.line));
    }
  }
  const paths = inspected.files
    .filter(({ text, unreadable }) => text !== '' || unreadable !== undefined)
    .map(({ path }) => displayPath(path, sources.home));
  if (paths.length === 0) return { check: 'config', looked: 'no config file', findings };
  const all = sources.config.names('profile').length;
  const looked = `${paths.join(', ')}: ${all} profiles`;
  return { check: 'config', looked, findings };
}

function wrongSettings(message: string, file: string, line: number): Finding {
  const affected = [{ who: 'sso-cred', how: 'every call fails' }];
  return { code: 'wrong-settings', severity: 'error', message, file, line, affected };
}
