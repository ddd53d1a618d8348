import {
  chmodSync,
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { executableName, type Platform, platforms } from './platforms.ts';
import { runNpm } from './run-npm.ts';

/** What package.json says of us, as far as each package says it too. */
interface Identity {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
}

/** The package that holds the executable of a platform. */
function platformPackage(name: string, { name: platform }: Platform): string {
  return `@${name}/${platform}`;
}

/**
 * Lays out the package that people install: the program for Node.js, which the executable of the
 * platform replaces when npm runs `postinstall`.
 */
export function stageMain(directory: string): void {
  const identity = readIdentity();
  start(directory);
  cpSync('dist', join(directory, 'dist'), {
    recursive: true,
    filter: (source) => source !== join('dist', 'bin'),
  });
  // Beside main.js, which stays where it is also when an executable takes this one's place.
  copyFileSync(join('dist', 'main.js'), join(directory, 'dist', 'sso-cred'));
  copyFileSync(
    join('build', 'scripts', 'package', 'use-executable.js'),
    join(directory, 'use-executable.mjs'),
  );
  copyFileSync('README.md', join(directory, 'README.md'));
  const { version } = identity;
  const executables = platforms.map((platform) => [
    platformPackage(identity.name, platform),
    version,
  ]);
  writePackageJson(directory, {
    ...identity,
    type: 'commonjs',
    bin: { 'sso-cred': 'dist/sso-cred' },
    scripts: { postinstall: 'node use-executable.mjs' },
    optionalDependencies: Object.fromEntries(executables),
  });
}

/** Lays out the package of one platform: the executable, as the command `sso-cred`. */
export function stagePlatform(
  directory: string,
  platform: Platform,
  executable: string,
  bunVersion: string,
): void {
  const { name, version, license } = readIdentity();
  const file = executableName(platform);
  start(directory);
  linkOrCopy(executable, join(directory, file));
  chmodSync(join(directory, file), 0o755);
  const licenses = readFileSync(join('dist', 'THIRD-PARTY-LICENSES.txt'), 'utf8');
  writeFileSync(
    join(directory, 'THIRD-PARTY-LICENSES.txt'),
    `${licenses}\n${'-'.repeat(80)}\n${runtimeLicense(bunVersion)}`,
  );
  const description = `The executable of ${name} for ${platform.name}`;
  writeFileSync(
    join(directory, 'README.md'),
    `# ${description}\n\nIt needs no Node.js. The package \`${name}\` brings it along; installed by itself, this one gives\nthe same command without any install script.\n`,
  );
  writePackageJson(directory, {
    name: platformPackage(name, platform),
    version,
    description,
    license,
    os: [platform.os],
    cpu: [platform.cpu],
    ...(platform.libc === undefined ? {} : { libc: [platform.libc] }),
    bin: { 'sso-cred': file },
    preferUnplugged: true,
  });
}

/** Packs a package; gives the path of the archive. */
export function packPackage(directory: string, destination: string): string {
  const packed = runNpm(['pack', '--silent', `--pack-destination=${destination}`, directory]);
  return join(destination, packed.trim().split('\n').at(-1) ?? '');
}

function readIdentity(): Identity {
  const { name, version, description, license, engines } = JSON.parse(
    readFileSync('package.json', 'utf8'),
  ) as Identity;
  return { name, version, description, license, engines };
}

function start(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  copyFileSync('LICENSE', join(directory, 'LICENSE'));
}

function writePackageJson(directory: string, content: object): void {
  writeFileSync(join(directory, 'package.json'), `${JSON.stringify(content, undefined, 2)}\n`);
}

/** A hundred megabytes need not be there twice. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

function runtimeLicense(bunVersion: string): string {
  return `The executable also contains the runtime Bun ${bunVersion} (MIT) and the libraries that are linked into
it, among them JavaScriptCore and other parts of WebKit, and TinyCC, under the GNU Lesser General
Public License, version 2 or 2.1. Bun's list of them, with their licences and where their sources are:
https://bun.com/docs/project/license

To use changed versions of these libraries, build Bun with them and then, from the source of sso-cred,
this executable with that Bun.
`;
}
