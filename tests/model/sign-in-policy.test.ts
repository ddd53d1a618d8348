import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decideSignIn,
  findBrowserPlace,
  type SignInPolicy,
  type Surroundings,
  signInPolicies,
} from '../../src/model/sign-in-policy.ts';

type Environment = Readonly<Record<string, string>>;

const linux: Surroundings = { platform: 'linux', isWsl: false, isContainer: false };
const wsl: Surroundings = { ...linux, isWsl: true };
const container: Surroundings = { ...linux, isContainer: true };
const macos: Surroundings = { ...linux, platform: 'darwin' };
const windows: Surroundings = { ...linux, platform: 'win32' };

const desktop = { DISPLAY: ':0' };
const ssh = { SSH_CONNECTION: '10.0.0.1 50000 10.0.0.2 22' };

type Place = 'here' | 'elsewhere' | 'nowhere';

describe('where the browser is', () => {
  test.each<[string, Environment, Surroundings, Place, boolean]>([
    ['a Linux desktop on X', desktop, linux, 'here', true],
    ['a Linux desktop on Wayland', { WAYLAND_DISPLAY: 'wayland-0' }, linux, 'here', true],
    ['a Linux without a display', {}, linux, 'nowhere', false],
    ['an empty DISPLAY', { DISPLAY: '' }, linux, 'nowhere', false],
    ['macOS', {}, macos, 'here', true],
    ['Windows', {}, windows, 'here', true],
    ['WSL', {}, wsl, 'here', true],
    ['no display, but BROWSER', { BROWSER: 'firefox' }, linux, 'here', true],
    ['BROWSER=none on a desktop', { ...desktop, BROWSER: 'none' }, linux, 'nowhere', false],
    ['BROWSER=none on macOS', { BROWSER: 'none' }, macos, 'nowhere', false],
    ['a text browser on a desktop', { ...desktop, BROWSER: 'w3m' }, linux, 'nowhere', false],
    ['a text browser, then another', { BROWSER: 'w3m:firefox' }, linux, 'here', true],
    ['an empty BROWSER on a desktop', { ...desktop, BROWSER: '' }, linux, 'here', true],
    ['a desktop over SSH', { ...desktop, ...ssh }, linux, 'elsewhere', false],
    ['macOS over SSH', ssh, macos, 'elsewhere', false],
    ['SSH with BROWSER', { ...ssh, BROWSER: 'firefox' }, linux, 'elsewhere', true],
    ['SSH with BROWSER=none', { ...ssh, BROWSER: 'none' }, linux, 'elsewhere', false],
    ['an empty SSH variable', { ...desktop, SSH_CONNECTION: '' }, linux, 'here', true],
    ['SSH_CLIENT', { ...desktop, SSH_CLIENT: 'x' }, linux, 'elsewhere', false],
    ['SSH_TTY', { ...desktop, SSH_TTY: '/dev/pts/0' }, linux, 'elsewhere', false],
    ['Codespaces', { CODESPACES: 'true', BROWSER: 'helper' }, linux, 'elsewhere', true],
    ['a dev container', { REMOTE_CONTAINERS: 'true' }, linux, 'elsewhere', false],
    ['Gitpod', { GITPOD_WORKSPACE_ID: 'x' }, linux, 'elsewhere', false],
    ['Cloud Shell', { CLOUD_SHELL: 'true' }, linux, 'elsewhere', false],
    ['a pod', { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, linux, 'elsewhere', false],
    ['a container', desktop, container, 'elsewhere', false],
    ['a container with BROWSER', { BROWSER: 'helper' }, container, 'elsewhere', true],
  ])('%s', (_, env, surroundings, place, canOpen) => {
    expect(findBrowserPlace(env, surroundings)).toMatchObject({ place, canOpen });
  });
});

const here = findBrowserPlace(desktop, linux);
const elsewhere = findBrowserPlace(ssh, linux);
const nowhere = findBrowserPlace({}, linux);

describe('how a call signs in', () => {
  test.each<[SignInPolicy, Environment, typeof here, 'browser' | 'device' | 'none']>([
    ['auto', {}, here, 'browser'],
    ['auto', {}, elsewhere, 'device'],
    ['auto', {}, nowhere, 'device'],
    ['auto', { CI: 'true' }, here, 'none'],
    ['auto', { CI: '1' }, elsewhere, 'none'],
    ['auto', { CI: 'woodpecker' }, here, 'none'],
    ['auto', { CI: '' }, here, 'browser'],
    ['auto', { CI: 'false' }, here, 'browser'],
    ['auto', { CI: '0' }, here, 'browser'],
    ['browser', {}, here, 'browser'],
    ['browser', {}, elsewhere, 'browser'],
    ['browser', { CI: 'true' }, nowhere, 'browser'],
    ['device', {}, here, 'device'],
    ['device', { CI: 'true' }, here, 'device'],
    ['never', {}, here, 'none'],
    ['never', { CI: 'true' }, elsewhere, 'none'],
  ])('%s with %j', (policy, env, browser, flow) => {
    expect(decideSignIn(policy, env, browser).flow).toBe(flow);
  });

  test.each(signInPolicies)('not at all with %s when a browser that we opened asks', (policy) => {
    const env = { SSO_CRED_STARTED_BY: '4711' };
    expect(decideSignIn(policy, env, here).flow).toBe('none');
  });

  test('for a reason that can be told, whatever the environment', () => {
    const variables = fc.dictionary(
      fc.constantFrom('CI', 'BROWSER', 'DISPLAY', 'SSH_TTY', 'CODESPACES', 'SSO_CRED_STARTED_BY'),
      fc.string(),
    );
    const places = fc.constantFrom(linux, wsl, container, macos, windows);
    fc.assert(
      fc.property(
        fc.constantFrom(...signInPolicies),
        variables,
        places,
        (policy, env, surroundings) => {
          const browser = findBrowserPlace(env, surroundings);
          const { flow, reason } = decideSignIn(policy, env, browser);
          expect(reason).toMatch(/^\S.*\w$/);
          if (policy === 'never') expect(flow).toBe('none');
          // A browser that cannot come back to this machine is never waited for unasked.
          if (policy === 'auto' && browser.place !== 'here') expect(flow).not.toBe('browser');
        },
      ),
    );
  });
});
