import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  encodeProfileIndex,
  type ProfileIndex,
  profileIndexFileName,
} from '../src/model/profile-index.ts';
import { encodeRoleRecord, makeRoleRecord, type RoleRecord } from '../src/model/role-record.ts';
import { version } from '../src/model/version.ts';
import { fileStamp } from '../src/store/file-stamp.ts';

/** Where a prepared answer lies, and what it depends on. */
export interface PreparedAnswer {
  /** The line that the next call prints, without its newline. */
  readonly line: string;
  readonly configFile: string;
  /** It does not exist. */
  readonly credentialsFile: string;
  readonly tokenFile: string;
  readonly cacheDirectory: string;
  readonly indexFile: string;
  readonly recordFile: string;
}

/** How it is to differ from what a credentials call leaves behind. */
export interface Differences {
  readonly index?: Partial<ProfileIndex>;
  readonly record?: Partial<RoleRecord>;
}

/**
 * Gives a new home folder one profile with a cached answer, as a credentials call leaves it behind,
 * but for a session that nobody has signed in to: whoever does not print it as it is must fail.
 */
export function prepareAnswer(
  home: string,
  profile: string,
  { index, record: changes }: Differences = {},
): PreparedAnswer {
  const now = Date.now();
  const awsDirectory = join(home, '.aws');
  const cacheDirectory = join(awsDirectory, 'sso-cred');
  const tokenDirectory = join(awsDirectory, 'sso', 'cache');
  for (const directory of ['profiles', 'roles']) {
    mkdirSync(join(cacheDirectory, directory), { recursive: true, mode: 0o700 });
  }
  mkdirSync(tokenDirectory, { recursive: true, mode: 0o700 });

  const write = (path: string, text: string) => {
    writeFileSync(path, text, { mode: 0o600 });
    return { path, stamp: fileStamp(path) };
  };
  const configFile = write(
    join(awsDirectory, 'config'),
    `[profile ${profile}]\nregion = eu-west-1\nsso_cred_start_url = https://example.awsapps.com/start\n` +
      'sso_cred_region = eu-west-1\nsso_cred_account_id = 111122223333\nsso_cred_role_name = Reader\n',
  );
  const credentialsFile = join(awsDirectory, 'credentials');
  const token = write(join(tokenDirectory, `${'0'.repeat(40)}.json`), '{}');
  const roleFile = `${'0'.repeat(64)}.json`;
  const record = {
    ...makeRoleRecord(
      {
        accessKeyId: 'ASIAEXAMPLEEXAMPLE00',
        secretAccessKey: 'x'.repeat(40),
        sessionToken: 'x'.repeat(900),
        expiration: now + 3_600_000,
        accountId: '111122223333',
      },
      {
        roleFile,
        obtainedAt: now,
        skewMs: 0,
        roleName: 'Reader',
        signIn: 'prepared',
        tokenFile: token.path,
        tokenStamp: token.stamp,
      },
    ),
    ...changes,
  };
  const { path: recordFile } = write(
    join(cacheDirectory, 'roles', roleFile),
    encodeRoleRecord(record),
  );
  const { path: indexFile } = write(
    join(cacheDirectory, 'profiles', profileIndexFileName(profile) ?? ''),
    encodeProfileIndex({
      profile,
      writtenBy: version,
      configFile,
      credentialsFile: { path: credentialsFile, stamp: fileStamp(credentialsFile) },
      roleFile,
      renewAhead: true,
      ...index,
    }),
  );
  return {
    line: record.output,
    configFile: configFile.path,
    credentialsFile,
    tokenFile: token.path,
    cacheDirectory,
    indexFile,
    recordFile,
  };
}
