import type { ConfigSection } from '../config/config-section.ts';
import { checkShape, findKey } from '../config/find-key.ts';
import type { LocationOptions } from '../config/locate.ts';
import { namedProfile } from '../config/named-profile.ts';
import { oidcProfileEdit } from '../config/profile-edits.ts';
import { anySessionOfName } from '../config/resolve-profile.ts';
import { fromFlag, regionOf } from '../config/resolve-session.ts';
import { durationWanted, isDuration, isRoleArn } from '../config/resolve-web-identity.ts';
import { getProviderMetadata } from '../flow/provider-metadata.ts';
import type { SignInFlow } from '../model/client-registration.ts';
import { isSsoCredError, SsoCredError } from '../model/errors.ts';
import { partitionOfArn } from '../model/partition.ts';
import type { OidcSession } from '../model/profile.ts';
import { quoted } from '../model/shell-word.ts';
import type { World } from '../world.ts';
import { askForProfileName, mayWrite } from './choose-profile-name.ts';
import { chooseProvider, type ProviderFlagsToWrite } from './choose-provider.ts';
import { checkRegionFlag, chooseRegion } from './choose-region.ts';
import type { ChosenSession } from './choose-session.ts';
import { previewSources } from './edit-config.ts';
import { logIn } from './login.ts';
import { type OpenCall, openCall } from './open-call.ts';
import { profileLine } from './profile-line.ts';
import { proveProfile } from './prove-profile.ts';
import { type Questions, questionsTo } from './questions.ts';
import { planProfile, warnOfCopiedCommands, writeProfile } from './write-profile.ts';

/** What `sso-cred configure oidc` may say, without `--print-iam`. */
export interface ConfigureOidcOptions extends ProviderFlagsToWrite, LocationOptions {
  readonly roleArn: string | undefined;
  readonly durationSeconds: string | undefined;
  readonly roleSessionName: string | undefined;
  readonly profile: string | undefined;
  readonly region: string | undefined;
  readonly output: string | undefined;
  readonly flow: SignInFlow | undefined;
  readonly noOpen: boolean;
  /** Replace a profile without asking. */
  readonly force: boolean;
  /** Write without asking provider or AWS. */
  readonly noVerify: boolean;
  /** How long it may take; seconds. */
  readonly timeoutS: number;
}

const arnWanted = 'the ARN of a role, such as arn:aws:iam::111122223333:role/WebDeveloper';

/**
 * Writes a profile for a role behind an OpenID provider: asks for what the flags leave open, signs in,
 * and shows by calls that it works, before anything is written.
 * @throws SsoCredError; nothing has been changed then
 */
export async function runConfigureOidc(options: ConfigureOidcOptions, world: World): Promise<void> {
  const opened = openCall(options, world);
  const questions = questionsTo(world);
  const deadline = world.clock.monotonicMs() + options.timeoutS * 1000;
  await checkFlags(options, questions);
  const chosen = await chooseProvider(options, opened, questions);
  const session = withSession(chosen, opened);
  if (!options.noVerify) await getProviderMetadata(session, opened.store, deadline, world);
  const roleArn = options.roleArn ?? (await askForRole(questions));
  const terms = {
    force: options.force,
    isSame: (profile: ConfigSection) =>
      namedProfile(profile, world.platform) === profile.name &&
      saysAlready(profile, { ...options, roleArn }, chosen),
  };
  const isNamed =
    options.profile !== undefined && (await mayWrite(options.profile, terms, opened, questions));
  const offered = roleArn.split('/').at(-1) ?? '';
  const name = isNamed
    ? (options.profile ?? offered)
    : await askForProfileName(offered, terms, opened, questions);
  const ofPartition = partitionOfArn(roleArn).region;
  const regions = { flag: options.region, offered: regionOf(world.env)?.value ?? ofPartition };
  const region = await chooseRegion({ name, ...regions, otherwise: undefined }, opened, questions);

  const line = profileLine(name, options, world);
  const { output, durationSeconds, roleSessionName } = options;
  const role = { roleArn, durationSeconds, roleSessionName };
  const parts = { name, commandLine: line.text, region, output, session: chosen.name, ...role };
  const what = { name, session: chosen.edit, profiles: [oidcProfileEdit(parts)] };
  const sources = previewSources(opened, planProfile(what, opened));
  if (!options.noVerify) {
    await logIn(session, { ...options, request: undefined, deadline, force: false }, opened, world);
    const proof = proveProfile(name, { ...opened, sources }, deadline, world);
    const arn = await proof.catch((error: unknown) => {
      throw withIamSide(error, session, roleArn);
    });
    world.print(2, `AWS knows you by this profile as ${arn}\n`);
  }
  await writeProfile(what, opened, world);
  if (line.warning !== undefined) world.print(2, `Warning: ${line.warning}.\n`);
  const hasRegion = sources.config.profile(name)?.properties.get('region') !== undefined;
  world.print(2, nextSteps(name, hasRegion ? '' : ` --region ${ofPartition}`));
  warnOfCopiedCommands(opened, world);
}

/** What can be told to be wrong or missing before anybody is asked or signs in. */
async function checkFlags(options: ConfigureOidcOptions, questions: Questions): Promise<void> {
  const { roleArn, durationSeconds } = options;
  if (roleArn !== undefined) {
    checkShape(fromFlag('--role-arn', roleArn), isRoleArn(roleArn), arnWanted, undefined);
  }
  if (durationSeconds !== undefined) {
    const flag = fromFlag('--duration-seconds', durationSeconds);
    checkShape(flag, isDuration(durationSeconds), durationWanted, undefined);
  }
  checkRegionFlag(options.region);
  const required = {
    '--session': options.session,
    '--role-arn': options.roleArn,
    '--profile': options.profile,
  };
  for (const [flag, value] of Object.entries(required)) {
    if (value === undefined) await questions.instead(flag);
  }
}

async function askForRole(questions: Questions): Promise<string> {
  const dialog = await questions.instead('--role-arn');
  return await dialog.text({
    message: 'ARN of the role',
    check: (answer) => (isRoleArn(answer) ? undefined : `Not ${arnWanted}`),
  });
}

/** The session as it will be, whether it stands in the config yet or not. */
function withSession(chosen: ChosenSession, opened: OpenCall): OidcSession {
  const edits = chosen.edit === undefined ? [] : [chosen.edit];
  const { session } = anySessionOfName(
    chosen.name,
    previewSources(opened, () => edits),
  );
  if (session.kind === 'sso') throw new Error('a session of another kind');
  return chosen.edit === undefined
    ? session
    : { ...session, signInCommand: 'sso-cred configure oidc' };
}

/** Whether a profile says already what is to be written. */
function saysAlready(
  profile: ConfigSection,
  options: ConfigureOidcOptions,
  chosen: ChosenSession,
): boolean {
  const says = (key: string) => findKey(profile, [key])?.value;
  return (
    says('sso_cred_oidc_session') === chosen.name &&
    says('sso_cred_role_arn') === options.roleArn &&
    says('sso_cred_duration_seconds') === options.durationSeconds &&
    says('sso_cred_role_session_name') === options.roleSessionName &&
    [undefined, says('region')].includes(options.region) &&
    [undefined, says('output')].includes(options.output)
  );
}

/** A refusal with what prints the IAM side, which is what it mostly is about. */
function withIamSide(error: unknown, session: OidcSession, roleArn: string): unknown {
  if (!isSsoCredError(error) || error.code !== 'RoleRefused') return error;
  const { issuer, clientId } = session;
  const remedy = `sso-cred configure oidc --print-iam cli --issuer ${quoted(issuer)} --client-id ${quoted(clientId)} --role-arn ${roleArn}`;
  return new SsoCredError(error.code, error.message, { remedy, cause: error });
}

function nextSteps(name: string, region: string): string {
  return `Try it:  aws sts get-caller-identity --profile ${name}${region}
Sign in:  sso-cred login --profile ${name}
`;
}
