import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ownCommand } from '../../src/system/own-command.ts';
import { programsOnDisk } from '../../src/system/programs-on-disk.ts';
import { freshDirectory } from '../support/fresh-directory.ts';

interface Case {
  readonly name: string;
  readonly platform: NodeJS.Platform;
  readonly path: string;
  /** Programs that are there; those of Node.js begin with `node:`. */
  readonly files: readonly string[];
  readonly script?: string;
  readonly execPath?: string;
  readonly expected: readonly string[];
}

const nvm = '/home/u/.nvm/versions/node/v22/bin';

describe('ownCommand', () => {
  test.each<Case>([
    {
      name: 'an executable in a directory of the system is found by its name',
      platform: 'linux',
      path: '/home/u/bin:/usr/local/bin:/usr/bin',
      files: ['/usr/local/bin/sso-cred'],
      expected: ['sso-cred'],
    },
    {
      name: 'elsewhere it is not by all: its path, as the PATH has it',
      platform: 'linux',
      path: '/home/u/bin:/usr/local/bin',
      files: ['/home/u/bin/sso-cred', '/usr/local/bin/sso-cred'],
      expected: ['/home/u/bin/sso-cred'],
    },
    {
      name: 'what a click starts on a Mac does not look in /usr/local/bin',
      platform: 'darwin',
      path: '/usr/local/bin:/usr/bin',
      files: ['/usr/local/bin/sso-cred'],
      expected: ['/usr/local/bin/sso-cred'],
    },
    {
      name: 'relative and empty entries of the PATH are passed over',
      platform: 'linux',
      path: ':.:bin:/opt/sso-cred',
      files: ['sso-cred', 'bin/sso-cred', '/opt/sso-cred/sso-cred'],
      expected: ['/opt/sso-cred/sso-cred'],
    },
    {
      name: 'an executable that is not on the PATH is named as it was started',
      platform: 'linux',
      path: '/usr/bin',
      files: [],
      execPath: '/opt/x/sso-cred',
      expected: ['/opt/x/sso-cred'],
    },
    {
      name: 'a script of Node.js comes with the path of Node.js, which is not found by all',
      platform: 'linux',
      path: `${nvm}:/usr/bin`,
      files: [`node:${nvm}/sso-cred`, `${nvm}/node`],
      script: `${nvm}/sso-cred`,
      expected: [`${nvm}/node`, `${nvm}/sso-cred`],
    },
    {
      name: 'where Node.js is in a directory of the system it is found',
      platform: 'linux',
      path: '/home/u/.npm/bin:/usr/bin',
      files: ['node:/home/u/.npm/bin/sso-cred', '/usr/bin/node'],
      script: '/home/u/.npm/bin/sso-cred',
      expected: ['/home/u/.npm/bin/sso-cred'],
    },
    {
      name: 'both in directories of the system',
      platform: 'linux',
      path: '/usr/local/bin:/usr/bin',
      files: ['node:/usr/local/bin/sso-cred', '/usr/bin/node'],
      script: '/usr/local/bin/sso-cred',
      expected: ['sso-cred'],
    },
    {
      name: 'a checkout that is not on the PATH is run as it was',
      platform: 'linux',
      path: '/usr/bin',
      files: [],
      script: '/src/sso-cred/dist/main.js',
      execPath: '/opt/node/bin/node',
      expected: ['/opt/node/bin/node', '/src/sso-cred/dist/main.js'],
    },
    {
      name: 'on Windows with its extension',
      platform: 'win32',
      path: 'C:\\Windows\\system32;C:\\Tools\\',
      files: ['C:\\Tools\\sso-cred.exe'],
      expected: ['C:\\Tools\\sso-cred.exe'],
    },
    {
      name: 'as is what npm makes there',
      platform: 'win32',
      path: 'C:\\Users\\u\\AppData\\Roaming\\npm',
      files: ['C:\\Users\\u\\AppData\\Roaming\\npm\\sso-cred.cmd'],
      script: 'C:\\x\\main.js',
      expected: ['C:\\Users\\u\\AppData\\Roaming\\npm\\sso-cred.cmd'],
    },
    {
      name: 'and in a directory of the system without its path',
      platform: 'win32',
      path: 'c:\\windows\\SYSTEM32',
      files: ['c:\\windows\\SYSTEM32\\sso-cred.exe'],
      expected: ['sso-cred.exe'],
    },
  ])('$name', ({ platform, path, files, script, execPath = '/no/where', expected }) => {
    const env = { [platform === 'win32' ? 'Path' : 'PATH']: path };
    const programs = {
      isRunnable: (file: string) => files.includes(file) || files.includes(`node:${file}`),
      needsNode: (file: string) => files.includes(`node:${file}`),
    };
    expect(ownCommand({ execPath, script }, env, platform, programs)).toEqual(expected);
  });
});

test('programs are told from other files, and those of Node.js from others', () => {
  const folder = freshDirectory();
  const file = (name: string, text: string, mode: number) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  const script = file('script', '#!/usr/bin/env node\nimport "x";\n', 0o755);
  const direct = file('direct', '#!/opt/node/bin/node --x\n', 0o755);
  const shell = file('shell', '#!/bin/sh\nexec node x\n', 0o755);
  const other = file('other', '#!/usr/bin/env node\n', 0o644);
  const link = join(folder, 'link');
  symlinkSync(script, link);
  mkdirSync(join(folder, 'folder'));
  const { isRunnable, needsNode } = programsOnDisk;
  expect([script, shell, link].map(isRunnable)).toEqual([true, true, true]);
  expect([join(folder, 'folder'), join(folder, 'none')].map(isRunnable)).toEqual([false, false]);
  if (process.geteuid?.() !== 0) expect(isRunnable(other)).toBe(false);
  expect([script, link, direct, shell].map(needsNode)).toEqual([true, true, true, false]);
  expect(needsNode(join(folder, 'none'))).toBe(false);
});
