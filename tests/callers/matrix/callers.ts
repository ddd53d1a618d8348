import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import type { Caller } from './caller.ts';
import { debian, go, java, javaScriptV2, node, python, rust } from './toolchains.ts';

const classPath = ['build/callers/java', 'build/callers/java/*']
  .map((path) => resolve(path))
  .join(delimiter);

/** All callers that are tried, in the order in which they are shown. */
export const callers: readonly Caller[] = [
  {
    id: 'boto3',
    name: 'boto3',
    toolchain: python,
    command: [resolve('build/venv/bin/python'), resolve('tests/callers/boto3/call_sts.py')],
    version: () => found('tests/callers/requirements.txt', /^boto3==(\S+)/m),
    sentence: 'error',
  },
  {
    id: 'aws-cli-v1',
    name: 'AWS CLI v1',
    toolchain: python,
    command: [resolve('build/venv/bin/python'), '-m', 'awscli'],
    isCli: true,
    version: () => found('tests/callers/requirements.txt', /^awscli==(\S+)/m),
    sentence: 'error',
  },
  {
    id: 'aws-cli-v2',
    name: 'AWS CLI v2',
    toolchain: debian('awscli', '/usr/bin/aws', '--version'),
    command: ['/usr/bin/aws'],
    isCli: true,
    version: () => printed(/^aws-cli\/(2\S+)/, '/usr/bin/aws', '--version'),
    sentence: 'error',
  },
  ...(['fromIni', 'fromProcess', 'default'] as const).map(
    (provider): Caller => ({
      id: `javascript-v3-${provider === 'default' ? 'default-chain' : provider}`,
      name: `JavaScript v3, ${provider === 'default' ? 'default chain' : provider}`,
      toolchain: node,
      command: [process.execPath, resolve('tests/callers/javascript-v3/call-sts.mjs'), provider],
      version: () => found('node_modules/@aws-sdk/client-sts/package.json', /"version": "(.+)"/),
      sentence: provider === 'default' ? 'nowhere' : 'error',
    }),
  ),
  {
    id: 'javascript-v2',
    name: 'JavaScript v2',
    toolchain: javaScriptV2,
    command: [process.execPath, resolve('build/callers/javascript-v2/call-sts.cjs')],
    knownAs: 'js2',
    version: () => found('tests/callers/javascript-v2/package.json', /"aws-sdk": "(.+)"/),
    sentence: 'nowhere',
  },
  {
    id: 'go-v2',
    name: 'Go v2',
    toolchain: go,
    command: [resolve('build/callers/go/sdk-v2')],
    knownAs: 'go2',
    version: () => found('tests/callers/go/go.mod', /aws-sdk-go-v2\/service\/sts v(\S+)/),
    sentence: 'stderr',
  },
  {
    id: 'go-v1',
    name: 'Go v1',
    toolchain: go,
    command: [resolve('build/callers/go/sdk-v1')],
    knownAs: 'go1',
    version: () => found('tests/callers/go/go.mod', /aws-sdk-go v(\S+)/),
    sentence: 'stderr',
  },
  {
    id: 'aws-sdk-go-base',
    name: "Terraform's aws-sdk-go-base",
    toolchain: go,
    command: [resolve('build/callers/go/base')],
    version: () => found('tests/callers/go/go.mod', /aws-sdk-go-base\/v2 v(\S+)/),
    sentence: 'stderr',
  },
  ...(['profile', 'default'] as const).map(
    (provider): Caller => ({
      id: provider === 'default' ? 'java-v2-default-chain' : 'java-v2-profile-provider',
      name: `Java v2, ${provider === 'default' ? 'default chain' : 'ProfileCredentialsProvider'}`,
      toolchain: java,
      ...(provider === 'profile' && { knownAs: 'java' }),
      command: ['java', '-XX:TieredStopAtLevel=1', '-cp', classPath, 'CallSts', provider],
      version: () =>
        found('tests/callers/java/pom.xml', /<artifactId>sts<\/artifactId>\s*<version>(.+)</),
      sentence: provider === 'default' ? 'nowhere' : 'error',
    }),
  ),
  {
    id: 'rust',
    name: 'Rust',
    toolchain: rust,
    command: [resolve('build/callers/rust/target/debug/call-sts')],
    knownAs: 'rust',
    version: () => found('tests/callers/rust/Cargo.toml', /aws-config = \{ version = "=([^"]+)/),
    sentence: 'error',
  },
  {
    id: 'ruby',
    name: 'Ruby',
    toolchain: debian('ruby-aws-sdk-core', '/usr/bin/ruby', '-e', 'require "aws-sdk-core"'),
    command: ['/usr/bin/ruby', resolve('tests/callers/ruby/call_sts.rb')],
    knownAs: 'ruby',
    version: () =>
      printed(
        /^(\S+)/,
        '/usr/bin/ruby',
        '-e',
        'require "aws-sdk-core"; puts Aws::CORE_GEM_VERSION',
      ),
    sentence: 'stderr',
  },
];

function found(file: string, pattern: RegExp): string {
  return match(readFileSync(file, 'utf8'), pattern);
}

function printed(pattern: RegExp, program: string, ...args: readonly string[]): string {
  return match(spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 }).stdout, pattern);
}

function match(text: string, pattern: RegExp): string {
  const [, version] = pattern.exec(text) ?? [];
  if (version === undefined) throw new Error(`no version by ${pattern} in: ${text.slice(0, 200)}`);
  return version;
}
