import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  type Differences,
  type PreparedAnswer,
  prepareAnswer,
} from '../../scripts/prepare-answer.ts';
import { testAsRoot } from '../support/as-root.ts';
import { builds } from '../support/builds.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import { type Finished, runProcess } from '../support/run-process.ts';

const minuteMs = 60_000;
const otherUser = 12_345;

/** A role record that was obtained and expires so many minutes from now. */
function lasting(obtainedMin: number, expiresMin: number, skewMin = 0): Differences {
  const at = (minutes: number) => Date.now() + minutes * minuteMs;
  return {
    record: { obtainedAt: at(obtainedMin), expiresAt: at(expiresMin), skewMs: skewMin * minuteMs },
  };
}

/** Puts a link in the place of a file or folder. */
function linkInstead(path: string): void {
  renameSync(path, `${path}.moved`);
  symlinkSync(`${path}.moved`, path);
}

/** The same bytes at the same times in another file. */
function copyInstead(path: string): void {
  const text = readFileSync(path);
  rmSync(path);
  writeFileSync(path, text, { mode: 0o600 });
}

// The cached answer is for a session without a token: the long way cannot but fail.
describe.each(builds())('the cached answer of the $name', ({ path: program }) => {
  /** Prepares an answer for dev; gives what a call makes of it. */
  async function call(
    differences: Differences = {},
    change: (answer: PreparedAnswer) => void = () => undefined,
    { args = ['--profile', 'dev'], variables = {} as Readonly<Record<string, string>> } = {},
  ): Promise<{ readonly finished: Finished; readonly answer: PreparedAnswer }> {
    const home = freshDirectory();
    const answer = prepareAnswer(home, 'dev', differences);
    change(answer);
    const { PATH } = process.env;
    const env = { PATH, HOME: home, SSO_CRED_SIGN_IN: 'never', ...variables };
    return { answer, finished: await runProcess(program, args, { env }) };
  }

  async function expectTaken(...given: Parameters<typeof call>): Promise<void> {
    const { finished, answer } = await call(...given);
    expect(finished).toEqual({
      exitStatus: 0,
      signal: null,
      stdout: `${answer.line}\n`,
      stderr: '',
    });
  }

  async function expectNotTaken(...given: Parameters<typeof call>): Promise<void> {
    const { finished } = await call(...given);
    expect(finished.stdout).toBe('');
    expect(finished.exitStatus).toBeGreaterThan(1);
    expect(finished.stderr).toMatch(/^[^\n]+\n$/);
  }

  test.each([['--profile', 'dev'], ['--profile=dev']])('is printed for %j', async (...args) => {
    await expectTaken({}, undefined, { args });
  });

  test.each<[string, Differences]>([
    ['serves until 20 minutes of an hour are left', lasting(-39, 21)],
    ['serves until a third of a short life is left', lasting(-9, 6)],
    ['serves where the clock was set back a little', lasting(4, 64)],
    ['serves where the server is behind us', lasting(-30, 21, -9)],
  ])('%s', async (_what, differences) => {
    await expectTaken(differences);
  });

  test.each<[string, Differences]>([
    ['less than 20 minutes of an hour are left', lasting(-41, 19)],
    ['less than a third of a short life is left', lasting(-11, 4)],
    ['it has expired', lasting(-61, -1)],
    ['the clock was set back by more than 5 minutes', lasting(6, 66)],
    ['too little is left by the clock of the server', lasting(-30, 35, 20)],
    ['too little is left by our clock, which the server is behind', lasting(-41, 19, -10)],
    ['another version wrote the index', { index: { writtenBy: '0.0.1' } }],
    ['the index is of another profile', { index: { profile: 'Dev' } }],
    ['the index is of another config', { index: { configFile: { path: '/x', stamp: 'x' } } }],
    ['the record is of another role', { record: { roleFile: `${'1'.repeat(64)}.json` } }],
    ['the record is no answer', { record: { output: '{"Version":1}' } }],
    ['the record was made with another token', { record: { tokenStamp: 'x' } }],
  ])('does not serve when %s', async (_when, differences) => {
    await expectNotTaken(differences);
  });

  const changes: readonly [string, (answer: PreparedAnswer) => void][] = [
    ['the config was touched', ({ configFile: file }) => utimesSync(file, 0, 0)],
    ['the config is another file', ({ configFile }) => copyInstead(configFile)],
    ['the config is gone', ({ configFile }) => rmSync(configFile)],
    ['a credentials file came', ({ credentialsFile }) => writeFileSync(credentialsFile, '')],
    ['the token was written again', ({ tokenFile }) => writeFileSync(tokenFile, '{}')],
    ['the token is gone', ({ tokenFile }) => rmSync(tokenFile)],
    ['the index is open to others', ({ indexFile }) => chmodSync(indexFile, 0o644)],
    ['the record is open to others', ({ recordFile }) => chmodSync(recordFile, 0o660)],
    ['the index is a link', ({ indexFile }) => linkInstead(indexFile)],
    ['the record is a link', ({ recordFile }) => linkInstead(recordFile)],
    ['the record has two names', ({ recordFile: file }) => linkSync(file, `${file}.2`)],
    [
      'the record is a folder',
      ({ recordFile }) => {
        rmSync(recordFile);
        mkdirSync(recordFile);
      },
    ],
    ['the record is damaged', ({ recordFile }) => writeFileSync(recordFile, '{"version":1,')],
    ['others may write in its folder', ({ recordFile }) => chmodSync(dirname(recordFile), 0o770)],
    ['its folder is a link', ({ recordFile }) => linkInstead(dirname(recordFile))],
    ['others may write in our folder', ({ cacheDirectory }) => chmodSync(cacheDirectory, 0o707)],
    ['our folder is a link', ({ cacheDirectory }) => linkInstead(cacheDirectory)],
  ];
  test.each(changes)('does not serve when %s', async (_when, change) => {
    await expectNotTaken({}, change);
  });

  testAsRoot.each<[string, (answer: PreparedAnswer) => string]>([
    ['index', ({ indexFile }) => indexFile],
    ['record', ({ recordFile }) => recordFile],
    ['folder of the record', ({ recordFile }) => dirname(recordFile)],
    ['folder of all', ({ cacheDirectory }) => cacheDirectory],
  ])('does not serve when the %s belongs to another user', async (_what, which) => {
    await expectNotTaken({}, (answer) => chownSync(which(answer), otherUser, otherUser));
  });

  test.each([
    { AWS_ENDPOINT_URL: 'https://localhost:1' },
    { AWS_ENDPOINT_URL_SSO: 'https://localhost:1' },
    { AWS_USE_FIPS_ENDPOINT: 'true' },
    { AWS_USE_DUALSTACK_ENDPOINT: 'true' },
    { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
    { AWS_CONFIG_FILE: join('/', 'nowhere', 'config') },
    { SSO_CRED_CACHE_DIR: freshDirectory() },
  ])('does not serve with %j', async (variables) => {
    await expectNotTaken({}, undefined, { variables });
  });

  test.each([
    ['--profile', 'dev', '--refresh'],
    ['--profile', 'dev', '--profile', 'dev'],
    ['--profile', 'Dev'],
    ['--profile', 'dev '],
    ['--profile', ''],
    ['--profile'],
    ['dev'],
  ])('does not serve for %j', async (...args) => {
    await expectNotTaken({}, undefined, { args });
  });
});
