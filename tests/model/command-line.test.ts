import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { commandLine } from '../../src/model/command-line.ts';
import { freshDirectory } from '../support/fresh-directory.ts';

const dev = ['--profile', 'dev'];

describe('commandLine', () => {
  test.each<[NodeJS.Platform, readonly string[], string]>([
    ['linux', ['sso-cred', ...dev], 'sso-cred --profile dev'],
    ['linux', ['/opt/sso-cred/1.0/sso-cred'], '/opt/sso-cred/1.0/sso-cred'],
    ['darwin', ['/Users/j doe/bin/sso-cred', ...dev], '"/Users/j doe/bin/sso-cred" --profile dev'],
    ['linux', ['/home/jürgen/sso-cred'], '/home/jürgen/sso-cred'],
    ['linux', ['sso-cred', '--profile', 'a+b@c/d:e%f'], 'sso-cred --profile a+b@c/d:e%f'],
    ['win32', ['C:\\Tools\\sso-cred.exe', ...dev], 'C:\\Tools\\sso-cred.exe --profile dev'],
  ])('on %s %j is %s', (platform, words, expected) => {
    expect(commandLine(words, platform)).toEqual({ text: expected, warning: undefined });
  });

  test('on Windows a path with a blank is warned of', () => {
    const { text, warning } = commandLine(['C:\\My Tools\\sso-cred.exe', ...dev], 'win32');
    expect(text).toBe('"C:\\My Tools\\sso-cred.exe" --profile dev');
    expect(warning).toMatch(
      /^C:\\My Tools\\sso-cred\.exe has a blank in it: .* \(Go, Rust, Java, \.NET\)/,
    );
  });

  test.each<[NodeJS.Platform, string]>([
    ['linux', '/tmp/$HOME/sso-cred'],
    ['linux', '/tmp/`id`/sso-cred'],
    ['linux', "/tmp/it's/sso-cred"],
    ['linux', '/tmp/"x"/sso-cred'],
    ['linux', '/tmp/a;b/sso-cred'],
    ['linux', '/tmp/a #b/sso-cred'],
    ['linux', '/tmp/a&b/sso-cred'],
    ['linux', '/tmp/a\\b/sso-cred'],
    ['linux', '/tmp/a\nb/sso-cred'],
    ['linux', '~/bin/sso-cred'],
    ['linux', '/tmp/*/sso-cred'],
    ['linux', ''],
    ['linux', ' '],
    ['win32', 'C:\\Program Files (x86)\\sso-cred.exe'],
    ['win32', 'C:\\%TEMP%\\sso-cred.exe'],
    ['win32', 'C:\\a^b\\sso-cred.exe'],
  ])('on %s there is no line for %j', (platform, word) => {
    expect(() => commandLine([word, ...dev], platform)).toThrow(
      expect.objectContaining({ code: 'InvalidConfig' }),
    );
  });

  const words = ['a+b', 'x y', '/p/q-r_s', '1.2:3', 'ü'];
  const script = 'import shlex, sys; print("\\n".join(shlex.split(sys.argv[1])[1:]))';
  test.each([
    ['sh -c', (line: string) => spawnSync('sh', ['-c', line])],
    ['shlex of Python', (line: string) => spawnSync('python3', ['-c', script, line])],
  ])('%s gets the words that were meant', (_runner, run) => {
    const program = join(freshDirectory(), 'my tools', 'sso-cred');
    mkdirSync(join(program, '..'));
    writeFileSync(program, '#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n');
    chmodSync(program, 0o755);
    const { text } = commandLine([program, ...words], 'linux');
    expect(run(text).stdout.toString().trimEnd().split('\n')).toEqual(words);
  });
});
