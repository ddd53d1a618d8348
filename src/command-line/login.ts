import type { LoginOptions } from '../commands/login.ts';
import type { SignInFlow } from '../model/client-registration.ts';
import { SsoCredError } from '../model/errors.ts';
import { allSessionsAsked, commonOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import { explain, flag, places, seconds, sessionFlags, signInFlags } from './flags.ts';
import type { Given } from './given.ts';

/** How to sign in, where that is said. @throws InvalidUsage */
export function signInFlow(given: Given): SignInFlow | undefined {
  const isBrowser = given.flag('browser');
  if (isBrowser && given.flag('device')) {
    throw new SsoCredError('InvalidUsage', '--browser and --device exclude each other');
  }
  return isBrowser ? 'browser' : given.flag('device') ? 'device' : undefined;
}

/** `sso-cred login` */
export const login = defineCommand<LoginOptions>({
  name: 'login',
  description: 'Sign in to a session; does nothing when it is good',
  usage: `$0 login [--profile NAME | --session NAME | --start-url URL --sso-region REGION | --all]

Signs in to a session of IAM Identity Center or of an OpenID provider: in the browser where one can
come back to this machine, else by a code. Identity Center's token serves the AWS CLI and SDKs too.

  $0 login --session corp
  $0 login --profile dev --device`,
  flags: {
    ...sessionFlags,
    all: flag('All sessions of the config, one after the other'),
    ...signInFlags,
    force: flag('Sign in anew although the session is good'),
    explain,
    timeout: seconds('Seconds that you may take, 1 to 3600', 600),
    ...places,
  },
  understand: (given) => {
    const common = commonOptions(given);
    const all = allSessionsAsked(given);
    const flow = signInFlow(given);
    return { ...common, all, flow, noOpen: given.flag('no-open'), force: given.flag('force') };
  },
  run: async (options, world) => {
    const { runLogin } = await import('../commands/login.ts');
    await runLogin(options, world);
    return 0;
  },
});
