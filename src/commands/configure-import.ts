import { resolve } from 'node:path';
import type { LineChange } from '../config/apply-changes.ts';
import { displayPath } from '../config/display-path.ts';
import { checkShape, describeSection } from '../config/find-key.ts';
import type { SharedConfig } from '../config/load-config.ts';
import type { LocationOptions } from '../config/locate.ts';
import { nearestName } from '../config/nearest-name.ts';
import { type ImportSources, judgeImport, planImport } from '../config/plan-import.ts';
import { isPortableName } from '../config/portable-form.ts';
import { renderChanges } from '../config/render-changes.ts';
import { fromFlag, sessionOfName } from '../config/resolve-session.ts';
import { SsoCredError } from '../model/errors.ts';
import type { World } from '../world.ts';
import { nameOfHost, nameWanted } from './choose-session.ts';
import { configPath, editConfig, previewChange } from './edit-config.ts';
import { type OpenCall, openCall } from './open-call.ts';
import { profileLine } from './profile-line.ts';
import { type Questions, questionsTo } from './questions.ts';
import { editBudgetMs, warnOfCopiedCommands } from './write-profile.ts';

/** What `sso-cred configure import` may say. */
export interface ConfigureImportOptions extends LocationOptions {
  /** Which profiles to turn into ours. */
  readonly profiles: readonly string[];
  /** All that can be. */
  readonly all: boolean;
  /** The session of profiles that tell none. */
  readonly session: string | undefined;
  /** Show what would change, and change nothing. */
  readonly dryRun: boolean;
}

/** Where the file is kept as it was, beside itself. */
const backupSuffix = '.sso-cred-backup';

/**
 * Turns profiles in AWS's own words and those of other tools into ours, in place; shows the change, and
 * keeps the file as it was beside it.
 * @throws SsoCredError; nothing has been changed then
 */
export async function runConfigureImport(
  options: ConfigureImportOptions,
  world: World,
): Promise<void> {
  const opened = openCall(options, world);
  const questions = questionsTo(world);
  const { session } = options;
  if (session !== undefined) {
    checkShape(fromFlag('--session', session), isPortableName(session), nameWanted, undefined);
    sessionOfName(session, opened.sources);
  }
  const path = resolve(configPath(opened));
  const sourcesOf = (config: SharedConfig): ImportSources => ({
    config,
    session,
    configPath: path,
    home: opened.locations.home,
    platform: world.platform,
  });
  const names = await chooseProfiles(options, sourcesOf(opened.sources.config), opened, questions);
  const line = (name: string) => profileLine(name, options, world);
  const plan = (config: SharedConfig) =>
    planImport(names, sourcesOf(config), (name) => line(name).text, nameOfHost);

  const preview = previewChange(opened, plan);
  world.print(1, renderChanges(preview.before, preview.changes, opened.sources.configFile));
  tellSkipped(options, sourcesOf(opened.sources.config), world);
  if (preview.changes.length === 0) {
    world.print(2, `There is nothing to import in ${opened.sources.configFile}.\n`);
  } else if (!options.dryRun && (await mayWrite(questions))) {
    const backup = `${path}${backupSuffix}`;
    const deadline = world.clock.monotonicMs() + editBudgetMs;
    const { changes } = await editConfig(opened, plan, { deadline, backup }, world);
    world.print(2, summaryOf(changes, names, displayPath(backup, opened.locations.home)));
    const warning = names.map((name) => line(name).warning).find((each) => each !== undefined);
    if (warning !== undefined) world.print(2, `Warning: ${warning}.\n`);
  }
  warnOfCopiedCommands(opened, world);
}

/** Which profiles are meant: those that are named, all that can be, or what the person chooses. */
async function chooseProfiles(
  { profiles, all }: ConfigureImportOptions,
  sources: ImportSources,
  { sources: { configFile } }: OpenCall,
  questions: Questions,
): Promise<readonly string[]> {
  const { config, home } = sources;
  for (const name of profiles) {
    const profile = config.profile(name);
    if (profile === undefined) {
      const nearest = nearestName(name, config.names('profile'));
      const hint = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
      const message = `There is no profile "${name}" in ${configFile}${hint}`;
      throw new SsoCredError('ProfileNotFound', message);
    }
    const judged = judgeImport(profile, sources);
    if (judged.kind === 'stuck' || judged.kind === 'other') {
      const reason =
        judged.kind === 'stuck' ? judged.reason : 'it is for no role of Identity Center';
      const message = `${describeSection(profile, home)} cannot be imported: ${reason}`;
      throw new SsoCredError('InvalidConfig', message);
    }
  }
  if (profiles.length > 0) return profiles;
  const choices = config.names('profile').flatMap((name) => {
    const profile = config.profile(name);
    const judged = profile && judgeImport(profile, sources);
    if (judged?.kind !== 'foreign') return [];
    const { accountId, roleName } = judged.role;
    return [{ value: name, name: `${name}  ${roleName} in ${accountId}, of ${judged.from}` }];
  });
  if (all || choices.length === 0) return choices.map(({ value }) => value);
  const dialog = await questions.instead('--profile or --all');
  return await dialog.chooseMany('Profiles to turn into ours', choices);
}

/** Who was asked which profiles is asked whether the change is right, too. */
async function mayWrite(questions: Questions): Promise<boolean> {
  if (!questions.wasAsked()) return true;
  const dialog = await questions.ifAny();
  return dialog === undefined || (await dialog.confirm('Write this?'));
}

/** Tells of profiles that mean a role of Identity Center and stay as they are. */
function tellSkipped(
  { profiles }: ConfigureImportOptions,
  sources: ImportSources,
  world: World,
): void {
  if (profiles.length > 0) return;
  for (const name of sources.config.names('profile')) {
    const profile = sources.config.profile(name);
    const judged = profile && judgeImport(profile, sources);
    if (profile === undefined || judged?.kind !== 'stuck') continue;
    const what = describeSection(profile, sources.home);
    world.print(2, `${what} stays as it is: ${judged.reason}.\n`);
  }
}

function summaryOf(
  changes: readonly LineChange[],
  names: readonly string[],
  backup: string,
): string {
  const sessions = changes.flatMap(({ header, isNewSection }) =>
    isNewSection === true && header.startsWith('sso-session ') ? [header.slice(12)] : [],
  );
  const count = `${names.length} profile${names.length === 1 ? '' : 's'}`;
  const made = sessions.length === 0 ? '' : `, with the sessions ${sessions.join(', ')}`;
  const signIn = sessions.map((name) => `Sign in:  sso-cred login --session ${name}\n`).join('');
  return `Imported ${count}${made}. The file as it was is ${backup}\n${signIn}`;
}
