import { describe, expect, test } from '@jest/globals';
import { browserPlace, suitableFlow } from '../../src/commands/sign-in-choice.ts';
import type { UserSettings } from '../../src/config/resolve-settings.ts';
import type { SsoSession } from '../../src/model/profile.ts';
import { fakeWorld } from '../support/fake-world.ts';

const corp: SsoSession = {
  kind: 'sso',
  name: 'corp',
  startUrl: 'https://corp.awsapps.com/start',
  region: 'eu-west-1',
  registrationScopes: ['sso:account:access'],
  useDeviceCode: false,
  redirectPorts: [0],
  endpoints: {
    sso: { region: 'eu-west-1', fips: false, dualStack: false },
    ssoOidc: { region: 'eu-west-1', fips: false, dualStack: false },
  },
  signInCommand: 'sso-cred login --session corp',
};
const { name: _, ...legacy } = corp;

const settings: UserSettings = {
  tokenStore: 'aws-cli',
  signIn: 'auto',
  browser: undefined,
  signInTimeoutMs: 600_000,
  renewAhead: true,
};
const firefox = { ...settings, browser: 'firefox -P work {url}' };

type Environment = Readonly<Record<string, string>>;

const desktop = { DISPLAY: ':0' };
const remote = { SSH_TTY: '/dev/pts/0' };
const headless = {};

/** A world with this environment, on a Linux that is no container. */
function worldOf(env: Environment) {
  const surroundings = () => ({ platform: 'linux', isWsl: false, isContainer: false }) as const;
  return { ...fakeWorld(env), surroundings };
}

describe('the flow that suits', () => {
  test.each<[string, SsoSession, Environment, UserSettings, 'browser' | 'device']>([
    ['a session on a desktop', corp, desktop, settings, 'browser'],
    ['a session on a remote machine', corp, remote, settings, 'device'],
    ['a session without a display', corp, headless, settings, 'device'],
    [
      'a session with sso_use_device_code',
      { ...corp, useDeviceCode: true },
      desktop,
      settings,
      'device',
    ],
    ['a start URL without a session', legacy, desktop, settings, 'device'],
    ['a session where the settings name a browser', corp, headless, firefox, 'browser'],
    ['a session with BROWSER=none', corp, { BROWSER: 'none' }, firefox, 'device'],
    ['a remote session with a browser in the settings', corp, remote, firefox, 'device'],
  ])('%s', (_name, session, env, wanted, flow) => {
    expect(suitableFlow(session, browserPlace(wanted, worldOf(env)))).toBe(flow);
  });
});
