import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { installDebian } from './install-debian.ts';
import { runLogged } from './run-logged.ts';

/** What callers of one kind need. */
export interface Toolchain {
  /**
   * Installs and compiles what is pinned, where that was not done before. Throws with the reason, in half
   * a sentence, where it cannot be had here.
   */
  readonly prepare: () => Promise<void>;
}

const sources = 'tests/callers';
const target = 'build/callers';

/** Node.js and the packages that the project has anyway. */
export const node: Toolchain = { prepare: async () => {} };

/** A virtual environment with boto3 and the AWS CLI. */
export const python: Toolchain = {
  prepare: async () => {
    const made = 'build/venv/requirements.txt';
    if (isSame(join(sources, 'requirements.txt'), made)) return;
    await runLogged(['python3', '-m', 'venv', '--clear', 'build/venv']);
    await installPython('requirements.txt');
  },
};

/** A second opinion on what is sent to STS, in the same environment. */
export const moto: Toolchain = {
  prepare: async () => {
    if (isSame(join(sources, 'moto-requirements.txt'), 'build/venv/moto-requirements.txt')) return;
    await installPython('moto-requirements.txt');
  },
};

/** The last of its line, which has no place among our own dependencies. */
export const javaScriptV2: Toolchain = {
  prepare: async () => {
    const from = join(sources, 'javascript-v2');
    const to = join(target, 'javascript-v2');
    mkdirSync(to, { recursive: true });
    copyFileSync(join(from, 'call-sts.cjs'), join(to, 'call-sts.cjs'));
    if (isSame(join(from, 'package-lock.json'), join(to, 'node_modules', 'installed.json'))) return;
    for (const name of ['package.json', 'package-lock.json'])
      copyFileSync(join(from, name), join(to, name));
    await runLogged(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: to });
    copyFileSync(join(from, 'package-lock.json'), join(to, 'node_modules', 'installed.json'));
  },
};

/** One module, of three programs; go.sum has the hashes. */
export const go: Toolchain = {
  prepare: async () => {
    const output = resolve(target, 'go');
    mkdirSync(output, { recursive: true });
    const args = ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-o', `${output}/`];
    // Another version of Go is not fetched.
    const env = { GOTOOLCHAIN: 'local', GOFLAGS: '', CGO_ENABLED: '0' };
    await runLogged(['go', ...args, './sdk-v2', './sdk-v1', './base'], {
      cwd: join(sources, 'go'),
      env,
    });
  },
};

/** Maven fetches the jars, which are compared with the hashes kept. */
export const java: Toolchain = {
  prepare: async () => {
    const to = resolve(target, 'java');
    mkdirSync(to, { recursive: true });
    const hashes = readFileSync(join(sources, 'java', 'jars.sha256'), 'utf8');
    if (jarHashes(to) !== hashes) {
      const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
      const options = ['-DincludeScope=runtime', `-DoutputDirectory=${to}`];
      await runLogged(['mvn', '--quiet', '--batch-mode', '--strict-checksums', copy, ...options], {
        cwd: join(sources, 'java'),
      });
      if (jarHashes(to) !== hashes) throw new Error('the jars are not those of jars.sha256');
    }
    const source = join(sources, 'java', 'CallSts.java');
    if (isSame(source, join(to, 'CallSts.java'))) return;
    await runLogged(['javac', '-cp', `${to}/*`, '-d', to, source]);
    copyFileSync(source, join(to, 'CallSts.java'));
  },
};

/** Few features and no optimization, or compiling would take minutes. */
export const rust: Toolchain = {
  prepare: async () => {
    const to = join(target, 'rust');
    cpSync(join(sources, 'rust'), to, { recursive: true, preserveTimestamps: true });
    const metadata = await runLogged(['cargo', 'metadata', '--no-deps', '--format-version=1'], {
      cwd: to,
    });
    const { packages } = JSON.parse(metadata) as {
      readonly packages: readonly {
        readonly dependencies: readonly { readonly source: string }[];
      }[];
    };
    const source = packages[0]?.dependencies[0]?.source ?? '';
    const lock = readFileSync(join(sources, 'rust', 'Cargo.lock'), 'utf8');
    writeFileSync(
      join(to, 'Cargo.lock'),
      lock.replaceAll(/^checksum = /gm, `source = "${source}"\n$&`),
    );
    const env = { CARGO_TARGET_DIR: resolve(to, 'target') };
    await runLogged(['cargo', 'build', '--quiet', '--locked'], { cwd: to, env });
  },
};

/** A package of Debian's, whatever its version, tried by a command. */
export function debian(name: string, ...command: readonly string[]): Toolchain {
  return { prepare: () => installDebian(name, command) };
}

async function installPython(requirements: string): Promise<void> {
  const options = ['--quiet', '--no-input', '--disable-pip-version-check', '--requirement'];
  const pip = ['build/venv/bin/python', '-m', 'pip', 'install'];
  await runLogged([...pip, ...options, join(sources, requirements)]);
  copyFileSync(join(sources, requirements), join('build/venv', requirements));
}

function isSame(file: string, other: string): boolean {
  return existsSync(other) && readFileSync(file).equals(readFileSync(other));
}

/** The jars in a folder, as sha256sum lists them. */
function jarHashes(folder: string): string {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jar'))
    .sort()
    .map((name) => {
      const bytes = readFileSync(join(folder, name));
      return `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`;
    })
    .join('');
}
