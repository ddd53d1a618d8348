import { browserCommands } from './browser-command.ts';
import type { SignInPolicy } from './sign-in-policies.ts';
import { unattendedBy } from './unattended.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What cannot be seen in the environment. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly isWsl: boolean;
  readonly isContainer: boolean;
}

/** Where the person's browser is, as far as can be told, and why we think so. */
export interface BrowserPlace {
  /** here: it can come back to a port of ours. elsewhere: it cannot. nowhere: nothing can be shown. */
  readonly place: 'here' | 'elsewhere' | 'nowhere';
  /** Whether something can be run that shows the person a URL. */
  readonly canOpen: boolean;
  readonly reason: string;
}

/** Set for the browsers that we open: what they run must not make us open another. */
export const startedByUs = 'SSO_CRED_STARTED_BY';

/** Variables that say that the person sits at another machine than this process runs on. */
const remoteVariables = [
  'SSH_CONNECTION',
  'SSH_CLIENT',
  'SSH_TTY',
  'CODESPACES',
  'REMOTE_CONTAINERS',
  'REMOTE_CONTAINERS_IPC',
  'GITPOD_WORKSPACE_ID',
  'GITPOD_ENVIRONMENT_ID',
  'CODER_WORKSPACE_NAME',
  'CLOUD_SHELL',
  'AWS_CLOUDSHELL_USER_ID',
  'KUBERNETES_SERVICE_HOST',
] as const;

/**
 * The same, but on WSL, where the ports are those of the person's machine: VS Code in a remote window
 * or a web page (which sets BROWSER, too), and the remote backend of a JetBrains IDE.
 */
const remoteIdeVariables = ['VSCODE_IPC_HOOK_CLI', 'REMOTE_DEV_LAUNCHER_NAME_FOR_USAGE'] as const;

/** Where a browser is, from the environment alone. */
export function findBrowserPlace(env: Environment, surroundings: Surroundings): BrowserPlace {
  const hasBrowser = browserCommands(env['BROWSER'] ?? '').length > 0;
  const { platform, isWsl } = surroundings;
  const remote = [...remoteVariables, ...(isWsl ? [] : remoteIdeVariables)].find(
    (name) => env[name],
  );
  const far =
    remote !== undefined
      ? `${remote} is set`
      : surroundings.isContainer
        ? 'this is a container'
        : undefined;
  if (far !== undefined) return { place: 'elsewhere', canOpen: hasBrowser, reason: far };
  if (hasBrowser) return { place: 'here', canOpen: true, reason: 'BROWSER is set' };
  if (env['BROWSER']) {
    return { place: 'nowhere', canOpen: false, reason: 'BROWSER names no browser' };
  }
  if (platform === 'darwin' || platform === 'win32') {
    return { place: 'here', canOpen: true, reason: 'this is a desktop system' };
  }
  if (isWsl) return { place: 'here', canOpen: true, reason: 'this is WSL' };
  const display = ['WAYLAND_DISPLAY', 'DISPLAY'].find((name) => env[name]);
  if (display !== undefined) return { place: 'here', canOpen: true, reason: `${display} is set` };
  return { place: 'nowhere', canOpen: false, reason: 'there is no display' };
}

/** What a credentials call may do when only a person can help: sign in this way, or fail. */
export function decideSignIn(
  policy: SignInPolicy,
  env: Environment,
  browser: BrowserPlace,
): { readonly flow: 'browser' | 'device' | 'none'; readonly reason: string } {
  if (env[startedByUs]) return { flow: 'none', reason: 'a browser that sso-cred opened asks' };
  switch (policy) {
    case 'never':
      return { flow: 'none', reason: 'the sign-in policy is never' };
    case 'browser':
    case 'device':
      return { flow: policy, reason: `the sign-in policy is ${policy}` };
    case 'auto': {
      const unattended = unattendedBy(env);
      if (unattended !== undefined) return { flow: 'none', reason: `${unattended} is set` };
      return {
        flow: browser.place === 'here' ? 'browser' : 'device',
        reason: browser.reason,
      };
    }
  }
}
