import { runLogged } from './run-logged.ts';

/** One at a time: apt-get locks the others out. */
let last: Promise<void> = Promise.resolve();

/**
 * Installs a package of Debian's where the command, which shows that it is there, does not succeed and
 * root asks for it. Throws with the reason where it cannot be had.
 */
export function installDebian(name: string, command: readonly string[]): Promise<void> {
  const installed = last.then(async () => {
    if (await succeeds(command)) return;
    if (process.getuid?.() !== 0) throw new Error(`Debian's package ${name} is not installed`);
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const install = ['apt-get', 'install', '-y', '--no-install-recommends', name];
    await runLogged(['apt-get', 'update'], { env });
    await runLogged(install, { env });
    if (!(await succeeds(command))) throw new Error(`${command.join(' ')} fails`);
  });
  last = installed.catch(() => {});
  return installed;
}

async function succeeds(command: readonly string[]): Promise<boolean> {
  return runLogged(command, { timeoutMs: 60_000 }).then(
    () => true,
    () => false,
  );
}
