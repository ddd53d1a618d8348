import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { isatty } from 'node:tty';
import { httpSender } from './system/http.ts';
import { interrupt } from './system/interrupt.ts';
import { ownCommand } from './system/own-command.ts';
import { ownProgram } from './system/own-program.ts';
import { effectiveUser } from './system/platform.ts';
import { realProcesses } from './system/processes.ts';
import { programsOnDisk } from './system/programs-on-disk.ts';
import { realSignals } from './system/signals.ts';
import { readSurroundings } from './system/surroundings.ts';
import { writeToTerminal } from './system/terminal.ts';
import { writeOut } from './system/write-out.ts';
import type { World } from './world.ts';

/** The world as it is. */
export function realWorld(): World {
  const { env, platform } = process;
  return {
    env,
    platform,
    clock: {
      now: () => Date.now(),
      monotonicMs: () => performance.now(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    },
    sendHttp: httpSender(env),
    trace: () => undefined,
    user: effectiveUser(),
    homeDirectory() {
      try {
        return homedir() || undefined;
      } catch {
        return undefined; // no HOME, and the user is in no list of users
      }
    },
    processes: realProcesses(platform),
    signals: realSignals(),
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    print: writeOut,
    isTerminal: (descriptor) => isatty(descriptor),
    columns: (descriptor) => (descriptor === 1 ? process.stdout : process.stderr).columns,
    printToTerminal: (text) => writeToTerminal(text, platform),
    async readTerminal() {
      const { readFromTerminal } = await import('./system/terminal-input.ts');
      return readFromTerminal(platform);
    },
    async openDialog() {
      // Where stderr goes elsewhere nobody looks on.
      if (!isatty(2) || env['CI']) return undefined;
      const { openDialog } = await import('./system/dialog.ts');
      return openDialog(platform, () => interrupt(platform));
    },
    ownCommand() {
      const script = process.versions['bun'] === undefined ? process.argv[1] : undefined;
      return ownCommand({ execPath: process.execPath, script }, env, platform, programsOnDisk);
    },
    surroundings: () => readSurroundings(platform),
    async openBrowser(url, setting, trace) {
      const { openBrowser } = await import('./system/browser.ts');
      return await openBrowser(url, { setting, env, platform }, trace);
    },
    async startSelf(words) {
      const { startSelf } = await import('./system/start-self.ts');
      return await startSelf(words, env);
    },
    async redirectOnce(target, budgetMs) {
      const { redirectOnce } = await import('./system/redirect-once.ts');
      const secret = randomBytes(32).toString('hex');
      return await redirectOnce(target, secret, effectiveUser(), budgetMs);
    },
    ownProgram,
    async askVersion(path) {
      const { askVersion } = await import('./system/ask-version.ts');
      return await askVersion(path, env, platform);
    },
    async listenForCallback(expected) {
      const { listenForCallback } = await import('./system/callback-server.ts');
      return await listenForCallback(expected);
    },
    async deliverCallback(redirect) {
      const { deliverCallback } = await import('./system/deliver-callback.ts');
      return await deliverCallback(redirect);
    },
    async runProgram(program) {
      const { runProgram } = await import('./system/run-program.ts');
      return await runProgram(program, platform, () => writeToTerminal('', platform));
    },
    exit: (status) => process.exit(status),
  };
}
