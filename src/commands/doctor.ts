import { allSessions } from '../config/all-sessions.ts';
import { configLocation } from '../config/config-location.ts';
import { profileOfCommand } from '../config/credential-command.ts';
import { displayPath } from '../config/display-path.ts';
import { servedProfile } from '../config/find-profile-problems.ts';
import { inspectConfig } from '../config/inspect-config.ts';
import { type LocationOptions, locate } from '../config/locate.ts';
import { findProfile, resolveSession } from '../config/resolve-profile.ts';
import type { Sources } from '../config/resolve-session.ts';
import { resolveSettings, type UserSettings } from '../config/resolve-settings.ts';
import { isSsoCredError } from '../model/errors.ts';
import type { CheckResult, Finding } from '../model/finding.ts';
import { applyFix } from '../store/apply-fix.ts';
import { lookOnly } from '../store/look-only.ts';
import { openStore } from '../store/store.ts';
import type { World } from '../world.ts';
import { checkConfig } from './doctor/check-config.ts';
import { checkEnvironment } from './doctor/check-environment.ts';
import { checkHistory } from './doctor/check-history.ts';
import { checkNetwork } from './doctor/check-network.ts';
import { checkProfiles } from './doctor/check-profiles.ts';
import { checkProgram } from './doctor/check-program.ts';
import { checkSessions } from './doctor/check-sessions.ts';
import { checkStorage } from './doctor/check-storage.ts';
import type { DoctorContext } from './doctor/context.ts';
import {
  type DoctorReport,
  type FixOutcome,
  isStillWrong,
  reportAsJson,
  reportInWords,
} from './doctor/report.ts';
import type { OpenCall } from './open-call.ts';
import { palette } from './palette.ts';

/** What `sso-cred doctor` may say. */
export interface DoctorOptions extends LocationOptions {
  /** Look at this profile alone, and at its session. */
  readonly profile: string | undefined;
  readonly json: boolean;
  /** Mend what can be mended without a doubt. */
  readonly fix: boolean;
  /** Ask nobody over the network. */
  readonly offline: boolean;
  /** How long it may take; seconds. */
  readonly timeoutS: number;
}

/** What the command line knows and the command does not. */
export type OwnCommandLine = Pick<DoctorContext, 'flags' | 'version'>;

/** What is left for the report when the network took its time; milliseconds. */
const reserveMs = 1_000;

/**
 * Looks at everything that keeps a profile from working, and says what is wrong, who suffers and what
 * to type. Goes on where something is broken. Gives 0 when nothing is wrong, else 2.
 * @throws ProfileNotFound for the profile that is asked for
 */
export async function runDoctor(
  options: DoctorOptions,
  own: OwnCommandLine,
  world: World,
): Promise<number> {
  const { context, problems } = openContext(options, own, world);
  const { result: sessions, sessions: found } = await checkSessions(context);
  const config = checkConfig(context);
  const results: CheckResult[] = [
    await checkProgram(context),
    await checkEnvironment(context),
    { ...config, findings: [...problems, ...config.findings] },
    checkProfiles(context),
    sessions,
    ...(options.offline ? [] : [await checkNetwork(context, found)]),
    await checkStorage(context, found),
    checkHistory(context),
  ];
  const fixes = options.fix ? mend(results, world) : new Map<Finding, FixOutcome>();
  const report: DoctorReport = { version: own.version, results, fixes };
  const columns = world.isTerminal(1) ? world.columns(1) : undefined;
  const look = { palette: palette(world), columns, home: context.sources.home };
  world.print(1, options.json ? reportAsJson(report) : reportInWords(report, look));
  const findings = results.flatMap((result) => result.findings);
  return findings.some((finding) => isStillWrong(finding, report)) ? 2 : 0;
}

/** What there is to look at, and why it is not more. @throws ProfileNotFound */
function openContext(
  options: DoctorOptions,
  own: OwnCommandLine,
  world: World,
): { readonly context: DoctorContext; readonly problems: readonly Finding[] } {
  const { env, platform } = world;
  const problems: Finding[] = [];
  const location = configLocation(env, platform, () => world.homeDirectory(), options);
  const { home } = location;
  const inspected = inspectConfig(location);
  const configFile = displayPath(location.configFile ?? '', home);
  const sources: Sources = { config: inspected.config, env, home, configFile };
  const context = {
    ...own,
    inspected,
    sources,
    opened: tryToOpen(options, sources, world, problems),
    ...scopeOf(options.profile, sources, platform),
    isOfOne: options.profile !== undefined,
    deadline: world.clock.monotonicMs() + options.timeoutS * 1000 - reserveMs,
    world,
  };
  return { context, problems };
}

/** Which profiles and sessions to look at. @throws ProfileNotFound */
function scopeOf(
  profile: string | undefined,
  sources: Sources,
  platform: NodeJS.Platform,
): Pick<DoctorContext, 'profiles' | 'sections' | 'sessions'> {
  const { config } = sources;
  const sections = [...config.names('sso-session'), ...config.names('oidc-session')];
  if (profile === undefined) {
    const sessions = allSessions(sources).map(({ session }) => session);
    return { profiles: config.names('profile'), sections, sessions };
  }
  const own = findProfile(profile, sources);
  const target = profileOfCommand(servedProfile(own, platform)?.args ?? []) ?? profile;
  try {
    const { session } = resolveSession({ profile: target }, sources);
    const ofProfile = sections.filter((name) => name === session.name);
    return { profiles: [profile], sections: ofProfile, sessions: [session] };
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    return { profiles: [profile], sections: [], sessions: [] }; // told of with the profile
  }
}

function tryToOpen(
  options: DoctorOptions,
  sources: Sources,
  world: World,
  problems: Finding[],
): OpenCall | undefined {
  try {
    const locations = locate(options, world);
    const store = lookOnly(openStore(locations.cacheDirectory, world), world);
    return { locations, sources, settings: settingsOf(sources), store };
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    problems.push({ code: 'no-home', severity: 'error', message: error.message });
    return undefined;
  }
}

/** Those that hold where nothing is set; what is wrong with what is set is told with the config. */
function settingsOf({ config, home }: Sources): UserSettings {
  try {
    return resolveSettings(config.settings(), home);
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    return resolveSettings(undefined, home);
  }
}

function mend(results: readonly CheckResult[], world: World): ReadonlyMap<Finding, FixOutcome> {
  const outcomes = new Map<Finding, FixOutcome>();
  for (const finding of results.flatMap(({ findings }) => findings)) {
    if (finding.fix === undefined) continue;
    try {
      applyFix(finding.fix, world.user);
      outcomes.set(finding, 'done');
    } catch (error) {
      if (!isSsoCredError(error)) throw error;
      outcomes.set(finding, { failed: error.message });
    }
  }
  return outcomes;
}
