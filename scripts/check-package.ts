import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { version } from '../src/model/version.ts';
import { bundle } from './bundle.ts';
import { runNpm } from './run-npm.ts';
import { stageMain } from './stage-packages.ts';

interface PackageJson {
  readonly version: string;
  readonly dependencies?: unknown;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

interface LockFile {
  readonly version: string;
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly resolved?: string;
        readonly integrity?: string;
        readonly optional?: boolean;
        readonly hasInstallScript?: boolean;
        readonly optionalDependencies?: Readonly<Record<string, string>>;
      }
    >
  >;
}

const packageJson = JSON.parse(readFileSync('package.json', 'utf8')) as PackageJson;

/** What would be published. */
const staged = resolve('build', 'check-package');
stageMain(staged);

const problems = [
  ...(await compareFiles()),
  ...checkEntry(),
  ...checkVersions(),
  ...checkLockFile(),
  ...(await runPublint()),
];
for (const problem of problems) console.error(`Package: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** The package holds the program as it is bundled now, its papers, and nothing else. */
async function compareFiles(): Promise<readonly string[]> {
  const { main, rest } = await bundle('cjs');
  const chunks = [main, ...rest].map(({ file, code }) => ({ path: `dist/${file}`, code }));
  const expected = [
    'LICENSE',
    'README.md',
    'package.json',
    'use-executable.mjs',
    'dist/THIRD-PARTY-LICENSES.txt',
    'dist/package.json',
    'dist/sso-cred',
    'dist/xdg-open',
    ...chunks.map(({ path }) => path),
  ];
  const packed = listPackedFiles();
  console.log(`The package has ${packed.length} files`);
  return [
    ...packed.filter((file) => !expected.includes(file)).map((file) => `${file} must not be in it`),
    ...expected.filter((file) => !packed.includes(file)).map((file) => `${file} is missing`),
    ...chunks
      .filter(({ path, code }) => packed.includes(path) && readFileSync(path, 'utf8') !== code)
      .map(({ path }) => `${path} is not what the source makes: npm run build`),
  ];
}

function listPackedFiles(): readonly string[] {
  const stdout = runNpm(['pack', '--dry-run', '--json', '--ignore-scripts', staged]);
  const [report] = JSON.parse(stdout) as [{ files: readonly { path: string }[] }];
  return report.files.map(({ path }) => path);
}

function checkEntry(): readonly string[] {
  return readFileSync('dist/main.js', 'utf8').startsWith('#!/usr/bin/env node\n')
    ? []
    : ['dist/main.js does not begin with #!/usr/bin/env node'];
}

function checkVersions(): readonly string[] {
  const { dependencies, devDependencies } = packageJson;
  return [
    ...(dependencies === undefined ? [] : ['package.json has dependencies: all are bundled']),
    ...(version === packageJson.version
      ? []
      : [`src/model/version.ts says ${version}, package.json ${packageJson.version}`]),
    ...Object.entries(devDependencies)
      .filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range))
      .map(([name, range]) => `package.json asks for ${name} ${range}, not for one version`),
  ];
}

/**
 * The lock file names contents, not places: whoever installs has a registry. It knows the packages of
 * every platform, or `npm ci` refuses to work. And nothing of what others wrote runs to be installed.
 */
function checkLockFile(): readonly string[] {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as LockFile;
  const { allowScripts } = packageJson;
  const nameOf = (path: string) => path.replace(/^.*node_modules\//, '');
  const entries = Object.entries(lock.packages);
  const known = new Set(entries.map(([path]) => nameOf(path)));
  const wrong: string[] = [];
  if (lock.version !== packageJson.version) wrong.push(`is of version ${lock.version}`);
  for (const [path, entry] of entries) {
    if (entry.resolved !== undefined) wrong.push(`says where ${path} comes from`);
    // What cannot be installed on the system where the file was written may lack it.
    const pinned = entry.integrity !== undefined || entry.optional === true || path === '';
    if (!pinned) wrong.push(`has no integrity of ${path}`);
    if (entry.hasInstallScript === true && allowScripts[nameOf(path)] !== false) {
      wrong.push(
        `has ${path}, whose install script is not refused by allowScripts of package.json`,
      );
    }
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      if (!known.has(name)) wrong.push(`does not have ${name}, which ${path} names`);
    }
  }
  return wrong.map((problem) => `package-lock.json ${problem}`);
}

async function runPublint(): Promise<readonly string[]> {
  const { messages, pkg } = await publint({ pkgDir: staged, pack: 'npm', strict: true });
  return messages.map((message) => formatMessage(message, pkg) ?? message.code);
}
