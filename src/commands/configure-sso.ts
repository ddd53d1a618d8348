import type { ConfigSection } from '../config/config-section.ts';
import { findKey } from '../config/find-key.ts';
import type { LocationOptions } from '../config/locate.ts';
import { namedProfile } from '../config/named-profile.ts';
import { nativeProfileEdit, ssoProfileEdit } from '../config/profile-edits.ts';
import { sessionOfName } from '../config/resolve-session.ts';
import { readPortal } from '../flow/read-portal.ts';
import type { SignInFlow } from '../model/client-registration.ts';
import { isSsoCredError } from '../model/errors.ts';
import type { SsoSession } from '../model/profile.ts';
import type { World } from '../world.ts';
import { askForProfileName, mayWrite } from './choose-profile-name.ts';
import { checkRegionFlag, chooseRegion } from './choose-region.ts';
import {
  checkRoleFlags,
  chooseRole,
  type RoleFlags,
  withRolesThatThereAre,
} from './choose-role.ts';
import { type ChosenSession, chooseSession, type SessionFlagsToWrite } from './choose-session.ts';
import { previewSources } from './edit-config.ts';
import { logIn } from './login.ts';
import { type OpenCall, openCall, placeSession } from './open-call.ts';
import { profileLine } from './profile-line.ts';
import { proveProfile } from './prove-profile.ts';
import { type Questions, questionsTo } from './questions.ts';
import { planProfile, warnOfCopiedCommands, writeProfile } from './write-profile.ts';

/** What `sso-cred configure sso` may say. */
export interface ConfigureSsoOptions extends SessionFlagsToWrite, RoleFlags, LocationOptions {
  readonly profile: string | undefined;
  readonly region: string | undefined;
  readonly output: string | undefined;
  readonly flow: SignInFlow | undefined;
  readonly noOpen: boolean;
  /** Replace a profile without asking. */
  readonly force: boolean;
  /** Write the role in AWS's own words too, as a second profile. */
  readonly nativeTwin: boolean;
  /** Write without asking AWS. */
  readonly noVerify: boolean;
  /** How long it may take; seconds. */
  readonly timeoutS: number;
}

/**
 * Writes a profile for a role of Identity Center: asks for what the flags leave open, signs in, and
 * shows by a call that it works, before anything is written.
 * @throws SsoCredError; nothing has been changed then
 */
export async function runConfigureSso(options: ConfigureSsoOptions, world: World): Promise<void> {
  const opened = openCall(options, world);
  const questions = questionsTo(world);
  const deadline = world.clock.monotonicMs() + options.timeoutS * 1000;
  await checkFlags(options, questions);
  const chosen = await chooseSession(options, opened, questions);
  const terms = (role: RoleFlags) => ({
    force: options.force,
    isSame: (profile: ConfigSection) =>
      namedProfile(profile, world.platform) === profile.name &&
      saysAlready(profile, { ...options, ...role }, chosen),
  });
  // Nobody signs in for a profile that they then do not want replaced.
  const isNamed =
    options.profile !== undefined &&
    (await mayWrite(options.profile, terms(options), opened, questions));

  const ofSession = withSession(chosen, opened);
  const { session } = ofSession;
  const { accountId, roleName } = options;
  if (!options.noVerify || accountId === undefined || roleName === undefined) {
    await logIn(session, { ...options, request: undefined, deadline, force: false }, opened, world);
  }
  const place = placeSession(session, opened, undefined, world);
  const reader = readPortal(session, { ...place, deadline, signIn: undefined }, world);
  const role = await chooseRole(options, reader, questions, world);
  const offered = `${role.roleName}-${role.accountId}`.replace(/[^\w.@+-]/g, '-');
  const name = isNamed
    ? (options.profile ?? offered)
    : await askForProfileName(offered, terms(role), opened, questions);
  const region = await chooseRegion(
    { name, flag: options.region, offered: session.region, otherwise: session.region },
    opened,
    questions,
  );

  const line = profileLine(name, options, world);
  const parts = { name, commandLine: line.text, region, output: options.output, ...role };
  const profiles = [ssoProfileEdit({ ...parts, session: chosen.name, populatedBy: undefined })];
  if (options.nativeTwin) {
    const twin = nativeProfileEdit({ ...parts, name: `${name}-sso`, session: chosen.name });
    const isSame = (profile: ConfigSection) => saysNatively(profile, role, chosen);
    if (await mayWrite(twin.name, { force: options.force, isSame }, opened, questions)) {
      profiles.push(twin);
    }
  }
  const what = { name, session: chosen.edit, profiles };
  if (!options.noVerify) {
    const sources = previewSources(opened, planProfile(what, opened));
    const proof = proveProfile(name, { ...opened, sources }, deadline, world);
    const arn = await proof.catch(async (error: unknown) => {
      if (!isSsoCredError(error) || error.code !== 'RoleRefused') throw error;
      throw await withRolesThatThereAre(error, role, reader);
    });
    world.print(2, `AWS knows you by this profile as ${arn}\n`);
  }
  await writeProfile(what, opened, world);
  if (line.warning !== undefined) world.print(2, `Warning: ${line.warning}.\n`);
  world.print(2, nextSteps(name, chosen.name, options.nativeTwin));
  warnOfCopiedCommands(opened, world);
}

/** What can be told to be wrong or missing before anybody is asked or signs in. */
async function checkFlags(options: ConfigureSsoOptions, questions: Questions): Promise<void> {
  checkRoleFlags(options);
  checkRegionFlag(options.region);
  const required = {
    '--session': options.session,
    '--account-id': options.accountId,
    '--role-name': options.roleName,
    '--profile': options.profile,
  };
  for (const [flag, value] of Object.entries(required)) {
    if (value === undefined) await questions.instead(flag);
  }
}

/** The session as it will be, whether it stands in the config yet or not. */
function withSession(chosen: ChosenSession, opened: OpenCall): { readonly session: SsoSession } {
  const edits = chosen.edit === undefined ? [] : [chosen.edit];
  const { session } = sessionOfName(
    chosen.name,
    previewSources(opened, () => edits),
  );
  const signInCommand =
    chosen.edit === undefined ? session.signInCommand : 'sso-cred configure sso';
  return { session: { ...session, signInCommand } };
}

/** Whether a profile says already what is to be written. */
function saysAlready(
  profile: ConfigSection,
  options: RoleFlags & Pick<ConfigureSsoOptions, 'region' | 'output'>,
  chosen: ChosenSession,
): boolean {
  const says = (key: string) => findKey(profile, [key])?.value;
  return (
    says('sso_cred_session') === chosen.name &&
    says('sso_cred_account_id') === options.accountId &&
    says('sso_cred_role_name') === options.roleName &&
    [undefined, says('region')].includes(options.region) &&
    [undefined, says('output')].includes(options.output)
  );
}

function saysNatively(
  profile: ConfigSection,
  { accountId, roleName }: RoleFlags,
  chosen: ChosenSession,
): boolean {
  const says = (key: string) => findKey(profile, [key])?.value;
  return (
    says('credential_process') === undefined &&
    says('sso_session') === chosen.name &&
    says('sso_account_id') === accountId &&
    says('sso_role_name') === roleName
  );
}

function nextSteps(name: string, session: string, hasTwin: boolean): string {
  const native = hasTwin ? `; aws sso login --profile ${name}-sso works too` : '';
  return `Try it:  aws sts get-caller-identity --profile ${name}
Sign in:  sso-cred login --profile ${name}, or aws sso login --sso-session ${session}${native}
`;
}
