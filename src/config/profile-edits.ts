import { SsoCredError } from '../model/errors.ts';
import type { ConfigSection } from './config-section.ts';
import type { PropertyEdits, SectionEdit } from './edit-aws-config.ts';
import { describeSection, findKey } from './find-key.ts';
import { place } from './place.ts';

/** What every profile of ours says. */
export interface ProfileBasics {
  readonly name: string;
  /** `credential_process`; undefined to leave it as it is. */
  readonly commandLine: string | undefined;
  /** Undefined to leave it as it is, here and below. */
  readonly region: string | undefined;
  readonly output: string | undefined;
}

/** A profile for a role of Identity Center. */
export interface SsoProfileParts extends ProfileBasics {
  readonly session: string;
  readonly accountId: string;
  readonly roleName: string;
  /** The session for which `configure populate` wrote it; undefined for one made by hand. */
  readonly populatedBy: string | undefined;
}

/** A profile for a role of an OpenID provider. */
export interface OidcProfileParts extends ProfileBasics {
  readonly session: string;
  readonly roleArn: string;
  readonly durationSeconds: string | undefined;
  readonly roleSessionName: string | undefined;
}

/** Names the session that a profile was populated for. */
export const populatedByKey = 'sso_cred_populated_by';

/**
 * Keys that decide whose credentials a profile gives: a profile that becomes ours has none of another
 * kind beside `credential_process`, which most SDKs would go by (callers differ in which).
 */
const otherWays = [
  ...['sso_session', 'sso_start_url', 'sso_region', 'sso_account_id', 'sso_role_name'],
  ...['sso_registration_scopes', 'sso_auto_populated', 'common_fate_generated_from'],
  'login_session',
  ...['role_arn', 'source_profile', 'credential_source', 'web_identity_token_file'],
  ...['role_session_name', 'external_id', 'mfa_serial', 'duration_seconds'],
  ...['granted_sso_start_url', 'granted_sso_region', 'granted_sso_account_id'],
  ...['granted_sso_role_name', 'granted_sso_registration_scopes'],
  ...['sso_cred_session', 'sso_cred_start_url', 'sso_cred_region', 'sso_cred_account_id'],
  ...['sso_cred_role_name', 'sso_cred_oidc_session', 'sso_cred_role_arn'],
  ...['sso_cred_duration_seconds', 'sso_cred_role_session_name', 'sso_cred_policy_arns'],
  populatedByKey,
];

interface ProfileEdit extends SectionEdit {
  readonly properties: PropertyEdits;
}

const staticKeys = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'];

/** What makes a section such a profile, whatever it was before; its other keys stay. */
export function ssoProfileEdit(parts: SsoProfileParts): SectionEdit {
  return profileEdit(parts, {
    sso_cred_session: parts.session,
    sso_cred_account_id: parts.accountId,
    sso_cred_role_name: parts.roleName,
    [populatedByKey]: parts.populatedBy,
  });
}

/** What makes a section such a profile, whatever it was before; its other keys stay. */
export function oidcProfileEdit(parts: OidcProfileParts): SectionEdit {
  return profileEdit(parts, {
    sso_cred_oidc_session: parts.session,
    sso_cred_role_arn: parts.roleArn,
    sso_cred_duration_seconds: parts.durationSeconds,
    sso_cred_role_session_name: parts.roleSessionName,
  });
}

/** What makes a section a profile in AWS's own words, for what wants those. */
export function nativeProfileEdit(parts: Omit<SsoProfileParts, 'populatedBy'>): SectionEdit {
  const { properties, ...section } = profileEdit(parts, {
    sso_session: parts.session,
    sso_account_id: parts.accountId,
    sso_role_name: parts.roleName,
  });
  return { ...section, properties: { ...properties, credential_process: undefined } };
}

function profileEdit(
  { name, commandLine, region, output }: ProfileBasics,
  own: PropertyEdits,
): ProfileEdit {
  const properties: Record<string, string | undefined> = {};
  if (commandLine !== undefined) properties['credential_process'] = commandLine;
  if (region !== undefined) properties['region'] = region;
  if (output !== undefined) properties['output'] = output;
  Object.assign(properties, own);
  for (const key of otherWays) properties[key] ??= undefined;
  return { type: 'profile', name, properties };
}

/**
 * What stands in the way of a profile's becoming ours: long-lived keys, which are not thrown away for
 * somebody, and what the credentials file says of it, which wins and which we do not write.
 * @param configPath the config file's, as origins have it
 * @throws InvalidConfig naming file, line and key
 */
export function checkReplaceable(
  profile: ConfigSection,
  configPath: string,
  home: string | undefined,
): void {
  const found = [...staticKeys, ...otherWays, 'credential_process']
    .map((key) => findKey(profile, [key]))
    .find(
      (setting) =>
        setting !== undefined &&
        (staticKeys.includes(setting.name) ||
          (setting.origin.kind === 'file' && setting.origin.path !== configPath)),
    );
  if (found === undefined) return;
  throw new SsoCredError(
    'InvalidConfig',
    `${describeSection(profile, home)} has ${found.name} (${place(found.origin, home)}), which SDKs would go by: take another name, or remove it first`,
  );
}
