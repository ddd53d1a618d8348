import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type SignInPolicy, signInPolicies } from '../../src/model/sign-in-policies.ts';
import {
  decideSignIn,
  findBrowserPlace,
  type Surroundings,
} from '../../src/model/sign-in-policy.ts';

type Environment = Readonly<Record<string, string>>;

const linux: Surroundings = { platform: 'linux', isWsl: false, isContainer: false };
const wsl: Surroundings = { ...linux, isWsl: true };
const container: Surroundings = { ...linux, isContainer: true };
const macos: Surroundings = { ...linux, platform: 'darwin' };
const windows: Surroundings = { ...linux, platform: 'win32' };

const desktop = { DISPLAY: ':0' };
const jetBrains = { REMOTE_DEV_LAUNCHER_NAME_FOR_USAGE: 'remote-dev-server.sh' };
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
    ['a dev container of an editor', { REMOTE_CONTAINERS_IPC: '/x' }, linux, 'elsewhere', false],
    ['Gitpod', { GITPOD_WORKSPACE_ID: 'x' }, linux, 'elsewhere', false],
    ['Gitpod of today', { GITPOD_ENVIRONMENT_ID: 'x', BROWSER: 'x' }, linux, 'elsewhere', true],
    ['Coder', { CODER_WORKSPACE_NAME: 'x', BROWSER: 'x' }, linux, 'elsewhere', true],
    ['Cloud Shell', { CLOUD_SHELL: 'true' }, linux, 'elsewhere', false],
    ['CloudShell', { AWS_EXECUTION_ENV: 'CloudShell' }, linux, 'nowhere', false],
    ['a remote window of VS Code', { VSCODE_IPC_HOOK_CLI: '/x' }, linux, 'elsewhere', false],
    ['its helper', { VSCODE_IPC_HOOK_CLI: '/x', BROWSER: 'x.sh' }, linux, 'elsewhere', true],
    ['VS Code over a tunnel to a Mac', { VSCODE_IPC_HOOK_CLI: '/x' }, macos, 'elsewhere', false],
    ['VS Code on WSL', { VSCODE_IPC_HOOK_CLI: '/x' }, wsl, 'here', true],
    ['VS Code on this desktop', { ...desktop, TERM_PROGRAM: 'vscode' }, linux, 'here', true],
    ['a JetBrains backend', { ...desktop, ...jetBrains }, linux, 'elsewhere', false],
    ['a JetBrains backend on WSL', jetBrains, wsl, 'here', true],
    ['WSL over SSH', ssh, wsl, 'elsewhere', false],
    ['a container on WSL', {}, { ...wsl, isContainer: true }, 'elsewhere', false],
    ['WSL with BROWSER', { BROWSER: 'wslview' }, wsl, 'here', true],
    ['WSL with BROWSER=none', { BROWSER: 'none' }, wsl, 'nowhere', false],
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
    ['auto', { CODEBUILD_BUILD_ARN: 'arn:aws:codebuild:…' }, here, 'none'],
    ['auto', { TF_BUILD: 'True' }, here, 'none'],
    ['auto', { TEAMCITY_VERSION: '2026.1' }, here, 'none'],
    ['auto', { JENKINS_URL: 'https://jenkins.example.com/', BUILD_ID: '7' }, here, 'none'],
    ['auto', { JENKINS_URL: 'https://jenkins.example.com/' }, here, 'browser'],
    ['auto', { bamboo_planKey: 'A-B' }, here, 'none'],
    ['auto', { GO_PIPELINE_LABEL: '7' }, here, 'none'],
    ['auto', { BUILDER_OUTPUT: '/builder/outputs' }, here, 'none'],
    ['auto', { CI: 'false', GITHUB_ACTIONS: 'true' }, elsewhere, 'none'],
    ['auto', { CI: '', GITLAB_CI: 'true' }, elsewhere, 'none'],
    ['browser', {}, here, 'browser'],
    ['browser', {}, elsewhere, 'browser'],
    ['browser', { CI: 'true' }, nowhere, 'browser'],
    ['device', {}, here, 'device'],
    ['device', { CI: 'true' }, here, 'device'],
    ['device', { TF_BUILD: 'True' }, elsewhere, 'device'],
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
      fc.constantFrom(
        'CI',
        'TF_BUILD',
        'BROWSER',
        'DISPLAY',
        'SSH_TTY',
        'CODESPACES',
        'VSCODE_IPC_HOOK_CLI',
        'SSO_CRED_STARTED_BY',
      ),
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
