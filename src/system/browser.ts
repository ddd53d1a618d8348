import { spawn } from 'node:child_process';
import { type BrowserCommand, browserCommands, withUrl } from '../model/browser-command.ts';
import { isLoopback } from '../model/loopback.ts';
import { startedByUs } from '../model/sign-in-policy.ts';
import type { Environment, World } from '../world.ts';
import { withClosedDescriptors } from './closed-descriptors.ts';
import { notInherited } from './not-inherited.ts';
import { isWsl } from './surroundings.ts';

/** How a browser can be chosen. */
export interface BrowserChoice {
  /** `browser` of [sso-cred settings]: a command, `{url}` for the URL. BROWSER wins over it. */
  readonly setting: string | undefined;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
}

/**
 * Opens one URL in the person's browser, without a shell; nothing of what it prints reaches ours.
 * Gives whether some program took it.
 */
export async function openBrowser(
  url: URL,
  choice: BrowserChoice,
  trace: World['trace'],
): Promise<boolean> {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url))) {
    trace('browser', `a URL that is not https is not opened: ${url.protocol}`);
    return false;
  }
  const { BROWSER: named } = choice.env;
  const own = named ? browserCommands(named) : choice.setting === undefined ? [] : [choice.setting];
  for (const command of own) {
    const words = withUrl(command, url.href);
    if (words === undefined) continue;
    const isStarted = await start(words, choice.env);
    trace('browser', `${words[0]}: ${isStarted ? 'started' : 'cannot be started'}`);
    if (isStarted) return true;
  }
  const isLeftOpen = !named && choice.setting === undefined;
  return isLeftOpen && (await openDesktopBrowser(url, choice, trace));
}

async function openDesktopBrowser(
  url: URL,
  { env, platform }: BrowserChoice,
  trace: World['trace'],
): Promise<boolean> {
  // WSL: wslview knows the Windows browser; `open` needs PowerShell for that.
  if (platform === 'linux' && isWsl() && (await start(['wslview', url.href], env))) {
    trace('browser', 'wslview: started');
    return true;
  }
  // `open` hands its environment on as it is: this process needs these variables no more.
  for (const name of notInherited) delete process.env[name];
  process.env[startedByUs] = String(process.pid);
  const { default: open } = await import('open');
  try {
    const child = await open(url.href);
    const isStarted = await hasStarted(child);
    trace('browser', `the desktop's: ${isStarted ? 'started' : 'cannot be started'}`);
    return isStarted;
  } catch {
    trace('browser', "the desktop's: cannot be started");
    return false;
  }
}

function start([program, ...words]: BrowserCommand, env: Environment): Promise<boolean> {
  const inherited = Object.fromEntries(
    Object.entries(env).filter(([name]) => !notInherited.includes(name)),
  );
  const child = withClosedDescriptors((stdio) =>
    spawn(program, words, {
      cwd: '/',
      env: { ...inherited, [startedByUs]: String(process.pid) },
      stdio,
      detached: true,
      windowsHide: true,
    }),
  );
  child.unref();
  return hasStarted(child);
}

/** Whether the program could be run; that it runs on is not waited for. */
function hasStarted(child: ReturnType<typeof spawn>): Promise<boolean> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('spawn', () => resolve(true));
    if (child.pid !== undefined) resolve(true);
  });
}
