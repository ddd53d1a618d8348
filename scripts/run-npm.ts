import { spawnSync } from 'node:child_process';

/** Runs npm; gives what it prints. @throws where it fails */
export function runNpm(args: readonly string[], cwd = '.'): string {
  // npm tells its scripts where it lies; elsewhere it is a command, on Windows one of the shell's.
  const npm = process.env['npm_execpath'];
  const options = { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
  const { status, stdout, stderr } =
    npm === undefined
      ? spawnSync('npm', args, { ...options, shell: process.platform === 'win32' })
      : spawnSync(process.execPath, [npm, ...args], options);
  if (status !== 0) throw new Error(`npm ${args.join(' ')} fails: ${stderr || stdout}`);
  return stdout;
}
