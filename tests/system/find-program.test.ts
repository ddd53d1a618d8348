import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findProgram } from '../../src/system/find-program.ts';
import { freshDirectory } from '../support/fresh-directory.ts';

/** Two directories with files; gives the first, the second, and PATH with both. */
function folders(files: Readonly<Record<string, number>>) {
  const home = freshDirectory();
  const [first, second] = [join(home, 'first'), join(home, 'second')];
  mkdirSync(first);
  mkdirSync(second);
  for (const [name, mode] of Object.entries(files)) writeFileSync(join(home, name), '', { mode });
  return { home, first, second, path: `${first}:${second}` };
}

test('the first on PATH that can be run is meant, as in a shell', () => {
  const { first, second, path } = folders({
    'first/aws': 0o644,
    'second/aws': 0o755,
    'second/only': 0o755,
  });
  mkdirSync(join(first, 'only'));
  const find = (name: string) => findProgram(name, { PATH: path }, 'linux');
  expect(find('aws')).toBe(join(second, 'aws'));
  expect(find('only')).toBe(join(second, 'only'));
});

test('what is there and cannot be run is told apart from what is not there', () => {
  const { home, first, path } = folders({ 'first/text': 0o644 });
  mkdirSync(join(first, 'folder'));
  symlinkSync('loop', join(first, 'loop'));
  const failure = (name: string, PATH = path) => {
    try {
      return findProgram(name, { PATH }, 'linux');
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(failure('text')).toBe('CommandNotExecutable');
  expect(failure(join(first, 'text'))).toBe('CommandNotExecutable');
  expect(failure(first)).toBe('CommandNotExecutable');
  expect(failure('folder')).toBe('CommandNotFound');
  expect(failure('loop')).toBe('CommandNotFound');
  expect(failure(join(first, 'text', 'x'))).toBe('CommandNotFound');
  expect(failure('x', `${home}/nowhere:${first}/text`)).toBe('CommandNotFound');
  expect(failure('')).toBe('CommandNotFound');
});

test('a name with a slash is a path; an empty part of PATH is the current directory', () => {
  const { second } = folders({ 'second/tool': 0o755 });
  const before = process.cwd();
  process.chdir(second);
  try {
    expect(findProgram('./tool', { PATH: '' }, 'linux')).toBe('./tool');
    expect(findProgram('tool', { PATH: '/nowhere:' }, 'linux')).toBe('tool');
  } finally {
    process.chdir(before);
  }
  expect(findProgram('sh', {}, 'linux')).toMatch(/^\/(usr\/)?bin\/sh$/);
});

test('on Windows the endings of PATHEXT are tried, and the current directory is not', () => {
  const before = process.cwd();
  // Here such a path is the name of a file in the current directory.
  const files = ['C:\\x\\npm.CMD', 'C:\\x\\aws.EXE', 'C:\\y\\aws.COM', 'local.EXE', '.\\local.EXE'];
  process.chdir(freshDirectory());
  for (const file of files) writeFileSync(file, '', { mode: 0o644 });
  try {
    const env = { Path: 'C:\\none;"C:\\x";;C:\\y' };
    const find = (name: string, pathExt = '.COM;.EXE;.BAT;.CMD') =>
      findProgram(name, { ...env, PathExt: pathExt }, 'win32');
    expect(find('npm')).toBe('C:\\x\\npm.CMD');
    expect(find('npm.CMD')).toBe('C:\\x\\npm.CMD');
    expect(find('aws')).toBe('C:\\x\\aws.EXE');
    expect(find('aws', '')).toBe('C:\\x\\aws.EXE');
    expect(find('aws', '.COM')).toBe('C:\\y\\aws.COM');
    expect(find('.\\local')).toBe('.\\local.EXE');
    expect(() => find('local')).toThrow('local: there is no such command');
    expect(() => find('npm', '.EXE')).toThrow('npm: there is no such command');
  } finally {
    process.chdir(before);
  }
});
