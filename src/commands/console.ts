import {
  type ConsolePlace,
  type ConsoleRequest,
  resolveConsole,
} from '../config/resolve-console.ts';
import type { ResolvedProfile } from '../config/resolve-profile.ts';
import type { UserSettings } from '../config/resolve-settings.ts';
import { consoleSignInUrl } from '../model/console-url.ts';
import { SsoCredError } from '../model/errors.ts';
import { fromProcessOutput, type ProcessOutput } from '../model/role-credentials.ts';
import { getSigninToken } from '../services/federation.ts';
import { idempotent, retrying } from '../services/retry.ts';
import type { World } from '../world.ts';
import { obtainRole, type RoleOptions } from './obtain-role.ts';
import type { OpenCall } from './open-call.ts';
import { resolveMeant } from './resolve-meant.ts';
import { browserPlace } from './sign-in-choice.ts';

/** What `sso-cred console` may say. */
export interface ConsoleOptions extends RoleOptions {
  /** Which page. */
  readonly page: ConsoleRequest;
  /** How long the console's session is to last; seconds. */
  readonly durationS: number | undefined;
  /** Print the URL instead of opening it. */
  readonly print: boolean;
}

/** The most that a browser gets to fetch the page that it was started with; milliseconds. */
const browserBudgetMs = 60_000;

/** Opens the AWS console as a role, or prints the URL that does. @throws SsoCredError */
export async function runConsole(options: ConsoleOptions, world: World): Promise<void> {
  const resolve = async (request: ConsoleOptions, opened: OpenCall) => {
    if (!request.print) requireBrowser(opened.settings, world);
    const resolved = await resolveMeant(request, opened, world);
    const place = resolveConsole(request.page, resolved, opened.sources);
    return { ...resolved, place, settings: [...resolved.settings, ...place.settings] };
  };
  const { record, resolved, opened, deadline } = await obtainRole(options, resolve, world);
  const { place } = resolved;
  world.trace('console', `sign in at ${place.federation}, then ${place.destination.href}`);
  const credentials = fromProcessOutput(record.output);
  const signinToken = await signinTokenFor(
    { credentials, place, durationS: options.durationS, deadline, whose: describe(resolved) },
    world,
  );
  const url = consoleSignInUrl(place.federation, { ...place, signinToken });
  if (options.print) {
    world.print(1, `${url.href}\n`);
    return;
  }
  await open(url, opened.settings, deadline, world);
  world.print(2, `The console opens in your browser, as ${describe(resolved)}.\n`);
}

function describe({ profile }: ResolvedProfile): string {
  return profile.kind === 'sso'
    ? `${profile.roleName} in account ${profile.accountId}`
    : profile.roleArn;
}

interface SigninTokenCall {
  readonly credentials: ProcessOutput;
  readonly place: ConsolePlace;
  readonly durationS: number | undefined;
  readonly deadline: number;
  /** The role, in the words of a message. */
  readonly whose: string;
}

/** With the duration that is wanted, and without where AWS takes none. @throws RoleRefused */
async function signinTokenFor(
  { credentials, place, durationS, deadline, whose }: SigninTokenCall,
  world: World,
): Promise<string> {
  const ask = (sessionDurationS: number | undefined) => {
    const { federation, endpoint } = place;
    const request = { federation, endpoint, credentials, sessionDurationS, deadline };
    return retrying(idempotent, () => getSigninToken(request, world), deadline, world);
  };
  let reply = await ask(durationS);
  if (reply.kind === 'refused' && reply.status === 400 && durationS !== undefined) {
    // So it answers credentials of a role that was assumed from another role:
    // https://aws.amazon.com/premiumsupport/knowledge-center/invalid-credentials-parameter/
    world.trace('decision', 'AWS does not take it so: once more without SessionDuration');
    reply = await ask(undefined);
    if (reply.kind === 'token') {
      world.print(
        2,
        'AWS takes no --duration for this role: the console session lasts as long as its credentials.\n',
      );
    }
  }
  if (reply.kind === 'token') return reply.signinToken;
  throw new SsoCredError(
    'RoleRefused',
    `AWS lets ${whose} not sign in to the console (status ${reply.status})`,
  );
}

/** @throws InvalidUsage where no browser can be shown */
function requireBrowser(settings: UserSettings, world: World): void {
  const { canOpen, reason } = browserPlace(settings, world);
  if (!canOpen) throw noBrowser(reason);
}

function noBrowser(reason: string): SsoCredError {
  return new SsoCredError('InvalidUsage', `No browser can be opened here: ${reason}`, {
    remedy: 'the same command with --print',
  });
}

/**
 * Shows the browser the URL, which is a secret: a browser of this machine gets it from us, since other
 * users and logs see what a program is started with.
 */
async function open(
  url: URL,
  settings: UserSettings,
  deadline: number,
  world: World,
): Promise<void> {
  const show = (shown: URL) => world.openBrowser(shown, settings.browser, world.trace);
  if (browserPlace(settings, world).place !== 'here') {
    if (!(await show(url))) throw noBrowser('it cannot be started');
    return;
  }
  const left = Math.min(browserBudgetMs, deadline - world.clock.monotonicMs());
  const redirect = await world.redirectOnce(url, Math.max(0, left));
  try {
    if (!(await show(redirect.url))) throw noBrowser('it cannot be started');
    if (await redirect.followed) return;
    throw new SsoCredError('BudgetExhausted', 'The browser was started and did not come', {
      remedy: 'the same command with --print',
    });
  } finally {
    redirect.close();
  }
}
