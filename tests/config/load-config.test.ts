import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { devNull, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config/load-config.ts';

const posixTest = process.platform === 'win32' ? test.skip : test;

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'sso-cred-config-'));
});
afterAll(() => rmSync(home, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(home, name);
  writeFileSync(path, content);
  return path;
}

function loadOne(configFile: string) {
  return loadConfig({ configFile, credentialsFile: undefined, home });
}

function errorOf(configFile: string): unknown {
  try {
    loadOne(configFile);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('loadConfig', () => {
  test('takes a profile from both files, key by key, the credentials file winning', () => {
    const configFile = write('config', '[profile dev]\nregion = eu-west-1\noutput = json\n');
    const credentialsFile = write('credentials', '[other]\n[dev]\noutput = text\n');
    const config = loadConfig({ configFile, credentialsFile, home });

    const profile = config.profile('dev');
    expect(profile).toMatchObject({ type: 'profile', name: 'dev', path: configFile, line: 1 });
    expect(profile?.properties.get('region')).toMatchObject({
      value: 'eu-west-1',
      origin: { kind: 'file', path: configFile, line: 2, key: 'region' },
    });
    expect(profile?.properties.get('output')).toMatchObject({
      value: 'text',
      origin: { kind: 'file', path: credentialsFile, line: 3, key: 'output' },
    });
    expect(config.profile('other')).toMatchObject({ path: credentialsFile, line: 1 });
    expect(config.names('profile')).toEqual(['dev', 'other']);
  });

  test('takes everything but profiles from the config file alone', () => {
    const text =
      '[sso-session corp]\nsso_region = eu-west-1\n[oidc-session acme]\nclient_id = c\n' +
      '[services local]\nsso =\n  endpoint_url = http://localhost:1\n[sso-cred settings]\nsign_in = never\n';
    const configFile = write('config', text);
    const config = loadConfig({ configFile, credentialsFile: undefined, home });
    expect(config.ssoSession('corp')?.properties.get('sso_region')?.value).toBe('eu-west-1');
    expect(config.oidcSession('acme')?.properties.get('client_id')?.value).toBe('c');
    expect(config.settings()?.properties.get('sign_in')?.value).toBe('never');
    const services = config.services('local')?.properties.get('sso')?.subProperties;
    expect(services?.get('endpoint_url')).toEqual({
      value: 'http://localhost:1',
      origin: { kind: 'file', path: configFile, line: 7, key: 'sso.endpoint_url' },
    });

    const swapped = loadConfig({ configFile: undefined, credentialsFile: configFile, home });
    expect(swapped.ssoSession('corp')).toBeUndefined();
    expect(swapped.settings()).toBeUndefined();
    expect(swapped.names('profile')).toEqual([]);
  });

  test('a relative path is resolved in origins', () => {
    const configFile = write('config', '[default]\nregion = x\n');
    expect(loadOne(relative(process.cwd(), configFile)).profile('default')?.path).toBe(configFile);
  });

  test.each([
    ['a file that is not there', () => join(home, 'absent')],
    ['a file in a directory that is not there', () => join(home, 'absent', 'config')],
    ['a file below something that is not a directory', () => join(write('plain', ''), 'config')],
    ['the null device', () => devNull],
  ])('%s says nothing', (_, path) => {
    expect(loadOne(path()).names('profile')).toEqual([]);
  });

  test('a directory is refused by its name', () => {
    mkdirSync(join(home, 'directory'));
    expect(errorOf(join(home, 'directory'))).toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringMatching(/^~.directory cannot be read: /),
    });
  });

  posixTest('a circle of symbolic links is refused', () => {
    symlinkSync('circle', join(home, 'circle'));
    expect(errorOf(join(home, 'circle'))).toMatchObject({
      code: 'InvalidConfig',
      message: '~/circle cannot be read: its symbolic links lead in a circle (ELOOP)',
    });
  });

  posixTest('a symbolic link is followed', () => {
    symlinkSync(write('target', '[profile linked]\n'), join(home, 'link'));
    expect(loadOne(join(home, 'link')).names('profile')).toEqual(['linked']);
  });

  posixTest('a socket is refused', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(home, 'socket'), resolve));
    expect(errorOf(join(home, 'socket'))).toMatchObject({
      message: '~/socket cannot be read: it is a socket (ENXIO)',
    });
    await new Promise((resolve) => server.close(resolve));
  });

  posixTest('a pipe that nobody writes to does not hang the reader', () => {
    execFileSync('mkfifo', [join(home, 'pipe')]);
    expect(loadOne(join(home, 'pipe')).names('profile')).toEqual([]);
  });

  test('a file of more than 64 MiB is refused, one of 64 MiB is not', () => {
    const path = write('large', `[profile a]\n#`);
    truncateSync(path, 64 * 1024 * 1024);
    expect(loadOne(path).names('profile')).toEqual(['a']);
    truncateSync(path, 64 * 1024 * 1024 + 1);
    expect(errorOf(path)).toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringMatching(/^~.large is larger than 64 MiB$/),
    });
  });

  test('a byte order mark is skipped and bytes that are not UTF-8 do no harm', () => {
    const bytes = [Buffer.from('\uFEFF[profile a]\nk = é'), Buffer.from([0xff, 0xc3, 0x0a])];
    const config = loadOne(write('bytes', Buffer.concat(bytes)));
    expect(config.profile('a')?.properties.get('k')?.value).toBe('é\uFFFD\uFFFD');
  });

  test('a malformed line is refused with the short name of its file', () => {
    expect(errorOf(write('bad', '[default]\nsecret value\n'))).toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringMatching(/^~.bad:2 is not of the form "key = value"$/),
    });
  });
});
