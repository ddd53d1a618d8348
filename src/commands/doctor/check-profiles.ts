import { profileOfCommand } from '../../config/credential-command.ts';
import { findKey } from '../../config/find-key.ts';
import { findProfileProblems, type ServedProfile } from '../../config/find-profile-problems.ts';
import type { CheckResult, Finding } from '../../model/finding.ts';
import { quoted } from '../../model/shell-word.ts';
import { type DoctorContext, servedProfiles } from './context.ts';

/** How many profiles are named. */
const namedProfiles = 8;

/** What stands in profiles that have to do with us. */
export function checkProfiles(context: DoctorContext): CheckResult {
  const { profiles, sources, inspected, flags, world } = context;
  const { platform } = world;
  const credentialsFile = inspected.files.find(({ kind }) => kind === 'credentials')?.path;
  const surroundings = { sources, credentialsFile, flags, platform };
  const findings = profiles.flatMap((name) => {
    const profile = sources.config.profile(name);
    return profile === undefined ? [] : findProfileProblems(profile, surroundings);
  });
  const served = servedProfiles(context);
  findings.push(...unserved(context, served));
  if (context.isOfOne) findings.push(...notForAws(context));
  const names = served.map(({ name }) => name);
  const more = names.length > namedProfiles ? ' …' : '';
  const looked = `${names.slice(0, namedProfiles).join(', ')}${more}` || 'none that runs sso-cred';
  return { check: 'profiles', looked, findings };
}

/** Profiles in our own words that nobody runs us for. */
function unserved(
  { profiles, sources }: DoctorContext,
  served: readonly ServedProfile[],
): readonly Finding[] {
  const known = new Set(served.flatMap(({ name, args }) => [name, profileOfCommand(args)]));
  return profiles.flatMap((name): readonly Finding[] => {
    const profile = known.has(name) ? undefined : sources.config.profile(name);
    const own = [...(profile?.properties ?? [])].find(([key]) => key.startsWith('sso_cred_'));
    if (profile === undefined || own === undefined) return [];
    return [
      {
        code: 'no-command',
        severity: 'note',
        message: `Profile "${name}" has ${own[0]} and no credential_process: no SDK runs sso-cred for it`,
        file: profile.path,
        line: profile.line,
        advice: `Write credential_process = sso-cred --profile ${quoted(name)}`,
      },
    ];
  });
}

/** Tools that sign in or find a token by a profile want AWS's own words in it. */
function notForAws({ profiles, sources }: DoctorContext): readonly Finding[] {
  return profiles.flatMap((name): readonly Finding[] => {
    const profile = sources.config.profile(name);
    const session = profile && findKey(profile, ['sso_cred_session']);
    if (profile === undefined || session === undefined) return [];
    return [
      {
        code: 'not-for-aws-login',
        severity: 'note',
        message: `Profile "${name}" is not for aws sso login --profile and for fromSSO of the JavaScript SDK, which want the words of AWS`,
        file: profile.path,
        line: profile.line,
        command: `aws sso login --sso-session ${quoted(session.value)}`,
      },
    ];
  });
}
