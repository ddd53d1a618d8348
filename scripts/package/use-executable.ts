// Shipped with the npm package, and run by npm after it has been installed: where the package of this
// platform has been installed too, its executable takes the place of the program for Node.js that
// `sso-cred` names. Where this does not run, or anything is in its way, that program stays.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, linkSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const { resolve } = createRequire(import.meta.url);

// On Windows npm starts with node what is no executable as it installs it.
if (process.platform !== 'win32') useExecutable();

function useExecutable(): void {
  const { version, bin, optionalDependencies } = JSON.parse(
    readFileSync(join(here, 'package.json'), 'utf8'),
  ) as {
    version: string;
    bin: Readonly<Record<string, string>>;
    optionalDependencies: Readonly<Record<string, string>>;
  };
  const program = join(here, bin['sso-cred'] ?? '');
  const fresh = `${program}.new`;
  for (const name of Object.keys(optionalDependencies)) {
    try {
      const executable = join(dirname(resolve(`${name}/package.json`)), 'sso-cred');
      if (!isOurs(executable, version)) continue;
      rmSync(fresh, { force: true });
      linkOrCopy(executable, fresh);
      renameSync(fresh, program);
      return;
    } catch {
      // Not installed: it is for another platform, or was left out.
      rmSync(fresh, { force: true });
    }
  }
}

/** Whether it runs here (an older processor, another C library), and is of one version with the rest. */
function isOurs(executable: string, version: string): boolean {
  const { status, stdout } = spawnSync(executable, ['--version'], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return status === 0 && stdout.startsWith(`sso-cred ${version} (executable`);
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
  chmodSync(to, 0o755);
}
