import { execFile } from 'node:child_process';
import type { Environment } from '../world.ts';

const timeoutMs = 5_000;

/** What a program prints for `--version`; undefined when it cannot be run, fails, or takes its time. */
export function askVersion(
  path: string,
  env: Environment,
  platform: NodeJS.Platform,
): Promise<string | undefined> {
  return new Promise((settle) => {
    const options = {
      env: { ...env },
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024,
      windowsHide: true,
      // A batch file runs in no other way. The path is a file that was found, the word is ours.
      shell: platform === 'win32' && /\.(?:cmd|bat)$/i.test(path),
    } as const;
    const child = execFile(path, ['--version'], options, (error, stdout) =>
      settle(error === null ? stdout.trim() : undefined),
    );
    child.stdin?.end();
  });
}
