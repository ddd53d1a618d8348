import type { UserSettings } from '../config/resolve-settings.ts';
import { signInToProvider } from '../flow/oidc-sign-in.ts';
import { runSignIn } from '../flow/run-sign-in.ts';
import type { SignInWork } from '../flow/session-call.ts';
import type { NewToken, SessionName } from '../flow/session-kind.ts';
import type { SessionPlace } from '../flow/session-place.ts';
import type { SignInTo } from '../flow/sign-in-call.ts';
import { signInToSso } from '../flow/sso-sign-in.ts';
import type { SignInFlow } from '../model/client-registration.ts';
import { SsoCredError } from '../model/errors.ts';
import type { SignInShown } from '../model/pending-record.ts';
import type { OidcSession, SsoSession } from '../model/profile.ts';
import { type SignInPolicy, signInPolicies } from '../model/sign-in-policies.ts';
import { type BrowserPlace, decideSignIn, findBrowserPlace } from '../model/sign-in-policy.ts';
import type { Store } from '../store/store.ts';
import type { World } from '../world.ts';

/** The flow that suits a session, where the command line leaves it open. */
export function suitableFlow(session: SsoSession | OidcSession, browser: BrowserPlace): SignInFlow {
  const byPlace = browser.place === 'here' ? 'browser' : 'device';
  if (session.kind === 'oidc') return session.flow === 'auto' ? byPlace : session.flow;
  // AWS's own tools sign in to a start URL without a session by device code, and so do we.
  if (session.name === undefined || session.useDeviceCode) return 'device';
  return byPlace;
}

/** Signs in to a session of either kind. @throws SsoCredError */
export function signInTo(
  session: SsoSession | OidcSession,
  flow: SignInFlow,
  call: SignInTo & { readonly store: Store },
  world: World,
): Promise<NewToken> {
  return session.kind === 'oidc'
    ? signInToProvider(session, flow, call, world)
    : signInToSso(session, flow, call, world);
}

/** Where the person's browser is. */
export function browserPlace(settings: UserSettings, world: World): BrowserPlace {
  const place = findBrowserPlace(world.env, world.surroundings());
  // A browser named in the settings is as good as one named by BROWSER.
  const isNamed = settings.browser !== undefined && !world.env['BROWSER'];
  if (place.place !== 'nowhere' || !isNamed) return place;
  return { place: 'here', canOpen: true, reason: 'the settings name a browser' };
}

/** Who may sign in, and within which bounds. */
interface SignInChoice {
  readonly session: SsoSession | OidcSession;
  readonly place: SessionPlace;
  /** `--sign-in`; it wins over SSO_CRED_SIGN_IN, and that over the settings. */
  readonly flag: SignInPolicy | undefined;
  readonly settings: UserSettings;
  /** By the monotonic clock; milliseconds. */
  readonly deadline: number;
}

/**
 * How a credentials call signs in when nothing else is left; undefined when it must not.
 * @throws InvalidUsage for a policy that there is not
 */
export function signInOfCall(
  { session, place, flag, settings, deadline }: SignInChoice,
  world: World,
): SignInWork | undefined {
  const policy = flag ?? policyOf(world.env['SSO_CRED_SIGN_IN']) ?? settings.signIn;
  const browser = browserPlace(settings, world);
  const decision = decideSignIn(policy, world.env, browser);
  world.trace('sign-in', `if it is needed: ${decision.flow} (${decision.reason})`);
  if (decision.flow === 'none') return undefined;
  const isWatched = world.printToTerminal('');
  if (!browser.canOpen && !isWatched) {
    world.trace('sign-in', 'nobody can be told: no browser to open, no terminal in the foreground');
    return undefined;
  }
  const flow = policy === 'auto' ? suitableFlow(session, browser) : decision.flow;
  const tell = (shown: SignInShown) => tellTerminal(shown, place.session, world);
  return {
    flow,
    isWatched,
    tell,
    here: (record) => {
      const signIn = (call: SignInTo) =>
        signInTo(session, flow, { ...call, store: place.store }, world);
      const open = openerOf(settings, world);
      return runSignIn({ ...place, record, deadline, tell, open, signIn }, world);
    },
  };
}

/** Shows a URL in the person's browser, where there is one; gives whether that worked. */
export function openerOf(settings: UserSettings, world: World): (url: URL) => Promise<boolean> {
  const { canOpen } = browserPlace(settings, world);
  return async (url) =>
    canOpen ? await world.openBrowser(url, settings.browser, world.trace) : false;
}

function policyOf(text: string | undefined): SignInPolicy | undefined {
  if (!text) return undefined;
  const policy = signInPolicies.find((each) => each === text);
  if (policy !== undefined) return policy;
  throw new SsoCredError(
    'InvalidUsage',
    `SSO_CRED_SIGN_IN is none of ${signInPolicies.join(', ')}`,
  );
}

/** At most four lines on the terminal; stderr, which ends in logs, never has a user code. */
function tellTerminal(shown: SignInShown, session: SessionName, world: World): void {
  const { name } = session;
  const lines =
    shown.kind === 'browser'
      ? [`sso-cred: sign in to the session ${name} in your browser:`, shown.url]
      : [
          `sso-cred: sign in to the session ${name} at ${shown.verificationUri}`,
          `with the code ${shown.userCode}; only if it was you who started this.`,
        ];
  const isTold = world.printToTerminal(`${lines.join('\r\n')}\r\n`);
  const what =
    shown.kind === 'browser'
      ? shown.url
      : `${shown.verificationUri}, the code is shown on the terminal and by sso-cred status`;
  world.trace(
    'sign-in',
    `${what}; browser ${shown.isOpened ? '' : 'not '}opened, terminal ${isTold ? '' : 'not '}told`,
  );
}
