import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { SdkId } from '../../src/model/sdks.ts';
import { runProcess } from './run-process.ts';

/** A profile of some files. */
export interface ProfileFiles {
  readonly profile: string;
  readonly configFile: string;
  readonly credentialsFile: string;
}

/** What an SDK got: the beginning of the access key id says from whom. */
export interface Resolved {
  readonly accessKeyId?: string;
  readonly error?: string;
}

/** The access key id of the program that bringFakeProgram puts on the PATH. */
export const keyOfProcess = 'ASIAPROCESS';

/** A real SDK. */
export interface ResolvingSdk {
  readonly sdk: SdkId;
  /** Lets it resolve profiles, in their order. */
  readonly resolve: (
    files: readonly ProfileFiles[],
    env: Readonly<Record<string, string>>,
  ) => Promise<readonly Resolved[]>;
}

const byJavaScript = `
import { fromIni } from '@aws-sdk/credential-providers';
const words = process.argv.slice(1);
const resolved = [];
for (let at = 0; at < words.length; at += 3) {
  const [profile, configFilepath, filepath] = words.slice(at, at + 3);
  try {
    const resolve = fromIni({ profile, configFilepath, filepath, ignoreCache: true });
    resolved.push({ accessKeyId: (await resolve()).accessKeyId });
  } catch (error) {
    resolved.push({ error: String(error) });
  }
}
console.log(JSON.stringify(resolved));
`;

const hasBoto3 = spawnSync('python3', ['-c', 'import boto3']).status === 0;
if (!hasBoto3) process.stderr.write('SKIPPED: no boto3, what it makes of profiles is not tested\n');

/** The SDKs that are there to be tried. */
export const resolvingSdks: readonly ResolvingSdk[] = [
  resolving('js3', process.execPath, '--input-type=module', '--eval', byJavaScript, '--'),
  ...(hasBoto3 ? [resolving('boto', 'python3', 'tests/callers/resolve_profiles.py')] : []),
];

function resolving(sdk: SdkId, program: string, ...words: readonly string[]): ResolvingSdk {
  return {
    sdk,
    async resolve(files, env) {
      const named = files.flatMap(({ profile, configFile, credentialsFile }) => [
        profile,
        configFile,
        credentialsFile,
      ]);
      const { stdout, stderr } = await runProcess(program, [...words, ...named], { env });
      if (stdout === '') throw new Error(stderr);
      return JSON.parse(stdout) as readonly Resolved[];
    },
  };
}

/** An environment in which `sso-cred --profile NAME` is a program that gives the key ASIAPROCESS. */
export function fakeProgram(home: string): Readonly<Record<string, string>> {
  const bin = join(home, 'bin');
  mkdirSync(bin);
  const answer = {
    Version: 1,
    AccessKeyId: keyOfProcess,
    SecretAccessKey: 'process',
    SessionToken: 'process',
    Expiration: '2099-01-01T00:00:00Z',
  };
  const script = `#!/bin/sh\n[ $# = 2 ] || exit 2\necho '${JSON.stringify(answer)}'\n`;
  writeFileSync(join(bin, 'sso-cred'), script, { mode: 0o755 });
  const env = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && !/^_?AWS_/.test(name),
  );
  return {
    ...(Object.fromEntries(env) as Record<string, string>),
    HOME: home,
    PATH: [bin, process.env['PATH']].join(delimiter),
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}
