import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClashId } from '../../src/model/clash-behaviour.ts';

/** What stands beside `credential_process` in `[profile dev]`, and what else the files hold. */
interface ClashCase {
  readonly profile: readonly string[];
  /** In `[dev]` of the credentials file. */
  readonly credentials?: readonly string[];
}

const role = 'arn:aws:iam::111122223333:role/Other';
const startUrl = 'https://corp.awsapps.com/start';
const accountAndRole = ['sso_account_id = 111122223333', 'sso_role_name = Developer'];
const staticKeys = ['aws_access_key_id = AKIASTATIC', 'aws_secret_access_key = static'];

/** A profile for each clash, as people write them. */
export const clashCases: Readonly<Record<ClashId, ClashCase>> = {
  'full-sso': { profile: ['sso_session = corp', ...accountAndRole] },
  'sso-session-and-url': {
    profile: ['sso_session = corp', `sso_start_url = ${startUrl}`, ...accountAndRole],
  },
  'sso-role-only': { profile: accountAndRole },
  'sso-session-only': { profile: ['sso_session = corp'] },
  'sso-url-only': { profile: [`sso_start_url = ${startUrl}`, 'sso_region = eu-west-1'] },
  'sso-scopes-only': { profile: ['sso_registration_scopes = sso:account:access'] },
  'role-arn': { profile: [`role_arn = ${role}`] },
  'source-profile': { profile: [`role_arn = ${role}`, 'source_profile = base'] },
  'web-identity': { profile: [`role_arn = ${role}`, 'web_identity_token_file = TOKEN_FILE'] },
  'static-keys-in-config': { profile: staticKeys },
  'static-keys-in-credentials': { profile: [], credentials: staticKeys },
  'login-session': { profile: ['login_session = arn:aws:iam::111122223333:user/jane'] },
  endpoint: { profile: ['endpoint_url = https://localhost', 'services = local'] },
};

/** The files of a home in which a profile clashes. */
export interface ClashHome {
  readonly configFile: string;
  readonly credentialsFile: string;
}

/** Writes the files of a case into a home, with `[profile base]` and a session that is signed in to. */
export function writeClashHome(home: string, id: ClashId): ClashHome {
  const { profile, credentials } = clashCases[id];
  const aws = join(home, '.aws');
  const cache = join(aws, 'sso', 'cache');
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  const tokenFile = join(home, 'web-identity-token');
  writeFileSync(tokenFile, 'header.payload.signature');
  const token = {
    startUrl,
    region: 'eu-west-1',
    accessToken: 'token',
    expiresAt: new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z'),
  };
  for (const name of ['corp', startUrl]) {
    const file = `${createHash('sha1').update(name).digest('hex')}.json`;
    writeFileSync(join(cache, file), JSON.stringify(token), { mode: 0o600 });
  }
  const configFile = join(aws, 'config');
  const lines = [
    '[profile dev]',
    'credential_process = sso-cred --profile dev',
    ...profile.map((line) => line.replace('TOKEN_FILE', tokenFile)),
    '',
    '[profile base]',
    'aws_access_key_id = AKIABASE',
    'aws_secret_access_key = base',
    '',
    '[sso-session corp]',
    `sso_start_url = ${startUrl}`,
    'sso_region = eu-west-1',
    '',
    '[services local]',
    's3 =',
    '  endpoint_url = https://localhost',
    '',
  ];
  writeFileSync(configFile, lines.join('\n'), { mode: 0o600 });
  const credentialsFile = join(aws, 'credentials');
  const secrets = credentials === undefined ? [] : ['[dev]', ...credentials, ''];
  writeFileSync(credentialsFile, secrets.join('\n'), { mode: 0o600 });
  return { configFile, credentialsFile };
}
