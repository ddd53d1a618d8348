import { describe, expect, test } from '@jest/globals';
import { configLocation } from '../../src/config/config-location.ts';

const noHome = () => undefined;

describe('configLocation', () => {
  test.each([
    ['linux', { AWS_CONFIG_FILE: '~/work/config', HOME: '/home/u' }, '/home/u/work/config'],
    ['linux', { AWS_CONFIG_FILE: '~other/config', HOME: '/home/u' }, '~other/config'],
    ['linux', { AWS_CONFIG_FILE: '~\\config', HOME: '/home/u' }, '~\\config'],
    ['linux', { AWS_CONFIG_FILE: '', HOME: '/home/u' }, '/home/u/.aws/config'],
    ['linux', { AWS_CONFIG_FILE: 'config', HOME: '/home/u' }, 'config'],
    ['linux', { HOME: '/home/u/' }, '/home/u/.aws/config'],
    ['win32', { AWS_CONFIG_FILE: '~/c', USERPROFILE: 'C:\\Users\\u' }, 'C:\\Users\\u\\c'],
    ['win32', { AWS_CONFIG_FILE: '~\\c', USERPROFILE: 'C:\\Users\\u' }, 'C:\\Users\\u\\c'],
  ] as const)('on %s, %j names %s', (platform, env, expected) => {
    expect(configLocation(env, platform, noHome).configFile).toBe(expected);
  });

  test('a flag wins over the environment, file by file', () => {
    const env = {
      HOME: '/home/u',
      AWS_CONFIG_FILE: '/env/c',
      AWS_SHARED_CREDENTIALS_FILE: '/env/k',
    };
    expect(configLocation(env, 'linux', noHome, { configFile: '~/flag' })).toEqual({
      configFile: '/home/u/flag',
      credentialsFile: '/env/k',
      home: '/home/u',
    });
  });

  test.each([
    ['linux', { USERPROFILE: 'C:\\u', HOMEDRIVE: 'C:', HOMEPATH: '\\u' }],
    ['win32', { HOMEDRIVE: 'C:' }],
    ['win32', { HOME: '', USERPROFILE: '' }],
  ] as const)('on %s, with %j, the home is the one that the system knows', (platform, env) => {
    expect(configLocation(env, platform, () => '/system/home').home).toBe('/system/home');
  });

  test('without a home, only the files that do not need one are known', () => {
    expect(configLocation({ AWS_CONFIG_FILE: '/etc/aws' }, 'linux', noHome)).toEqual({
      configFile: '/etc/aws',
      credentialsFile: undefined,
      home: undefined,
    });
    expect(configLocation({ AWS_CONFIG_FILE: '~/c' }, 'linux', noHome).configFile).toBeUndefined();
  });
});
