import {
  isRoleNamed,
  type ProfileRequest,
  type ResolvedProfile,
  resolveProfile,
  resolveProfileOfPerson,
  type SessionRequest,
} from '../config/resolve-profile.ts';
import type { Sources } from '../config/resolve-session.ts';
import { cleanText } from '../model/clean-text.ts';
import { isSsoCredError } from '../model/errors.ts';
import type { World } from '../world.ts';
import { checkRoleFlags, chooseRole } from './choose-role.ts';
import type { RoleOptions } from './obtain-role.ts';
import type { OpenCall } from './open-call.ts';
import { hasDefault, openPortal } from './open-portal.ts';
import { type Questions, questionsTo } from './questions.ts';

/** A command line that names a role, or leaves it to be asked for. */
type Request = RoleOptions & SessionRequest;

/**
 * The profile that a person means (resolveProfileOfPerson); what the command line leaves open is asked
 * for, where there is a terminal: the profile, or the account and the role in a session.
 * @throws as resolveProfileOfPerson; what the list of accounts and roles throws
 */
export async function resolveMeant(
  request: Request,
  opened: OpenCall,
  world: World,
): Promise<ResolvedProfile> {
  const questions = questionsTo(world);
  return resolveProfileOfPerson(await complete(request, opened, questions, world), opened.sources);
}

async function complete(
  request: Request,
  opened: OpenCall,
  questions: Questions,
  world: World,
): Promise<ProfileRequest & SessionRequest> {
  const { session, accountId, roleName } = request;
  if (session !== undefined) {
    const isOpen = accountId === undefined || roleName === undefined;
    const isSso = opened.sources.config.ssoSession(session) !== undefined;
    if (!isOpen || !isSso || (await questions.ifAny()) === undefined) return request;
    const flags = { accountId, roleName };
    checkRoleFlags(flags);
    const { reader } = openPortal({ session, timeoutS: request.timeoutS }, opened, world);
    return { ...request, ...(await chooseRole(flags, reader, questions, world)) };
  }
  if (isRoleNamed(request) || hasDefault(opened, world)) return request;
  if ((await questions.ifAny()) === undefined) return request;
  const profiles = profilesOf(opened.sources);
  const [only] = profiles;
  if (only === undefined) return request;
  if (profiles.length === 1) {
    world.print(2, `Your only profile: ${only.name}\n`);
    return { ...request, profile: only.value };
  }
  const dialog = await questions.instead('--profile');
  return { ...request, profile: await dialog.choose('Profile', profiles) };
}

/** The profiles whose credentials can be had here, with their roles. */
function profilesOf(sources: Sources) {
  return sources.config.names('profile').flatMap((value) => {
    try {
      const { profile } = resolveProfile({ profile: value }, sources);
      const role =
        profile.kind === 'sso' ? `${profile.roleName} in ${profile.accountId}` : profile.roleArn;
      return [{ value, name: cleanText(`${value}  ${role}`) }];
    } catch (error) {
      if (!isSsoCredError(error)) throw error;
      return [];
    }
  });
}
