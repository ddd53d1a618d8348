import type { Account, AccountRoles } from '../model/account.ts';
import type { NamedRole } from '../model/profile-names.ts';
import type { ConfigSection } from './config-section.ts';
import type { SectionEdit } from './edit-aws-config.ts';
import { findKey } from './find-key.ts';
import type { SharedConfig } from './load-config.ts';
import { namedProfile } from './named-profile.ts';
import { populatedByKey, ssoProfileEdit } from './profile-edits.ts';

/** What profiles of a session are to be there. */
export interface PopulateRequest {
  readonly session: string;
  readonly roles: readonly NamedRole[];
  /** Whether `--region` says which region a profile is for; else what it says stays. */
  readonly isRegionGiven: boolean;
  /** Undefined to leave what a profile says. */
  readonly output: string | undefined;
  readonly commandLine: (profile: string) => string;
  readonly platform: NodeJS.Platform;
}

/** A listing, to tell which roles are gone. */
export interface ListedRoles {
  /** All accounts in which the person has a role, wanted or not. */
  readonly accountIds: ReadonlySet<string>;
  /** Those whose roles were listed, with all of them. */
  readonly listed: readonly AccountRoles[];
}

/** Whether a profile is of a session's own, as `populate` writes them. */
export function isPopulatedBy(profile: ConfigSection | undefined, session: string): boolean {
  return profile !== undefined && findKey(profile, [populatedByKey])?.value === session;
}

/** Whether a profile is for a certain role, by whoever it was made. */
export function isForRole(
  profile: ConfigSection,
  session: string,
  account: Account,
  roleName: string,
): boolean {
  const says = (key: string) => findKey(profile, [key])?.value;
  return (
    says('sso_cred_session') === session &&
    says('sso_cred_account_id') === account.accountId &&
    says('sso_cred_role_name') === roleName
  );
}

/** The edits that make the profiles what they are to be. A line is not rewritten for its path alone. */
export function planPopulate(
  config: Pick<SharedConfig, 'profile'>,
  { session, roles, isRegionGiven, output, commandLine, platform }: PopulateRequest,
): readonly SectionEdit[] {
  return roles.flatMap(({ name, account, roleName, region }) => {
    if (name === undefined) return [];
    const profile = config.profile(name);
    const keepsLine = profile !== undefined && namedProfile(profile, platform) === name;
    const keepsRegion =
      !isRegionGiven && profile !== undefined && findKey(profile, ['region']) !== undefined;
    return [
      ssoProfileEdit({
        name,
        commandLine: keepsLine ? undefined : commandLine(name),
        region: keepsRegion ? undefined : region,
        output,
        session,
        accountId: account.accountId,
        roleName,
        populatedBy: session,
      }),
    ];
  });
}

/**
 * The edits that take away profiles of roles that the person has no longer, and those of a role that is
 * written by another name now. What was not listed stays, and what `populate` did not write.
 */
export function planPrune(
  config: Pick<SharedConfig, 'profile' | 'names'>,
  { session, roles }: Pick<PopulateRequest, 'session' | 'roles'>,
  { accountIds, listed }: ListedRoles,
): readonly SectionEdit[] {
  const rolesOf = new Map(listed.map((each) => [each.account.accountId, each.roleNames]));
  const wanted = new Set(roles.map(({ name }) => name));
  const renamed = new Set(roles.map(({ account, roleName }) => `${account.accountId} ${roleName}`));
  return config.names('profile').flatMap((name) => {
    const profile = config.profile(name);
    if (profile === undefined || wanted.has(name) || !isPopulatedBy(profile, session)) return [];
    const accountId = findKey(profile, ['sso_cred_account_id'])?.value ?? '';
    const roleName = findKey(profile, ['sso_cred_role_name'])?.value ?? '';
    const isGone =
      !accountIds.has(accountId) || rolesOf.get(accountId)?.includes(roleName) === false;
    if (!isGone && !renamed.has(`${accountId} ${roleName}`)) return [];
    return [{ type: 'profile', name, properties: 'remove' }];
  });
}
