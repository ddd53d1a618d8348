import { relative, resolve, sep } from 'node:path';
import { type OutputChunk, type Plugin, type RolldownOutput, rolldown } from 'rolldown';

/** One file of the program as it is shipped. */
export interface Chunk {
  readonly file: string;
  readonly code: string;
  /** Paths of the modules that are in it, from the project's folder on. */
  readonly modules: readonly string[];
  /** What is loaded before it runs: other chunks and modules of the system. */
  readonly imports: readonly string[];
  /** What it loads when that is needed. */
  readonly dynamicImports: readonly string[];
}

/** The whole program: the file that is started, and those that it loads when it has to. */
export interface Bundle {
  readonly main: Chunk;
  readonly rest: readonly Chunk[];
}

/** The chunk with everything that main.ts loads when no cached answer serves. */
const longWay = './cli.mjs';
const longWaySources = ['./cli.ts', './real-world.ts'];

/** The chunk with what main.ts loads after a cached answer that is to be renewed. */
const renewal = './begin-renewal.mjs';
const renewalSource = './begin-renewal.ts';

/** What only some of the code in a package would need, none of which runs here. */
const replacements = [
  {
    // Sets up a second node:fs for who brings none; src/store/lock-directory.ts is what we bring.
    module: 'graceful-fs',
    importer: /[\\/]node_modules[\\/]proper-lockfile[\\/]/,
    code: 'export {};',
  },
  {
    // The widths of all the world's characters take yargs 40 ms to set up. Its help is in ASCII; what
    // the questions of @inquirer show is not.
    module: 'string-width',
    importer: /^(?!.*@inquirer).*[\\/]node_modules[\\/](yargs|cliui|wrap-ansi)[\\/]/,
    code: 'export default (text) => text.length;',
  },
  {
    // The default chain of credentials would run us again. None are needed, or they are given.
    module: '@aws-sdk/credential-provider-node',
    importer: /[\\/]node_modules[\\/]@aws-sdk[\\/]client-/,
    code: `export const defaultProvider = () => async () => {
  throw new Error('sso-cred has no default credentials');
};`,
  },
] as const;

/**
 * Bundles src/ and the packages that it uses. main.ts becomes one file, since each file that is opened
 * shows in the time of a cached answer; all other files are ECMAScript modules.
 * @param format of main.ts: as CommonJS it starts faster in Node.js
 * @throws when anything is out of the ordinary, a mere warning too
 */
export async function bundle(format: 'cjs' | 'esm'): Promise<Bundle> {
  const [main, ...others] = await generate({
    input: { main: resolve('src/main.ts') },
    plugins: [loadLater()],
    format,
    extension: format === 'cjs' ? 'js' : 'mjs',
  });
  if (main === undefined || others.length > 0) throw new Error('src/main.ts is to be one file');
  const entry = '\0long-way';
  const exports = longWaySources
    .map((source) => `export * from ${JSON.stringify(resolve('src', source))};`)
    .join('\n');
  const rest = await generate({
    input: { cli: entry },
    plugins: [virtualModule(entry, exports), replacePackages()],
    format: 'esm',
    extension: 'mjs',
  });
  // By itself, though the long way has its modules too: it is loaded where that has not been.
  const later = await generate({
    input: { 'begin-renewal': resolve('src', renewalSource) },
    plugins: [],
    format: 'esm',
    extension: 'mjs',
  });
  return { main, rest: [...rest, ...later] };
}

interface Generation {
  readonly input: Readonly<Record<string, string>>;
  readonly plugins: readonly Plugin[];
  readonly format: 'cjs' | 'esm';
  readonly extension: 'js' | 'mjs';
}

async function generate({
  input,
  plugins,
  format,
  extension,
}: Generation): Promise<readonly Chunk[]> {
  const build = await rolldown({
    input: { ...input },
    plugins: [...plugins],
    platform: 'node',
    tsconfig: false,
    // Of packages that come in two forms the one whose unused parts can be left out.
    resolve: { mainFields: ['module', 'main'] },
    transform: { target: 'node20.19' },
    onLog(level, { message }) {
      if (level === 'warn') throw new Error(message);
    },
  });
  try {
    const { output }: RolldownOutput = await build.generate({
      format,
      strict: true,
      entryFileNames: `[name].${extension}`,
      chunkFileNames: `[name].${extension}`,
      comments: { legal: true, annotation: false, jsdoc: false },
      codeSplitting: {
        groups: [
          // What every call needs that does not find its answer in the cache, in one file.
          {
            name: 'call',
            test: /[\\/]src[\\/](cli|real-world|commands[\\/]credentials)\.ts$|[\\/]proper-lockfile[\\/]/,
            priority: 1,
          },
          {
            name: 'aws-sdk',
            test: /[\\/]node_modules[\\/](@aws-sdk|@smithy|@aws)[\\/]/,
            minShareCount: 2,
          },
        ],
      },
    });
    return output.filter((file) => file.type === 'chunk').map(toChunk);
  } finally {
    await build.close();
  }
}

function toChunk({ fileName, code, modules, imports, dynamicImports }: OutputChunk): Chunk {
  return {
    file: fileName,
    code,
    modules: Object.entries(modules)
      .filter(([id, { renderedLength }]) => renderedLength > 0 && !id.startsWith('\0'))
      .map(([id]) => relative('.', id).replaceAll(sep, '/')),
    imports,
    dynamicImports,
  };
}

/** Leaves to other chunks what main.ts loads only when it has to. */
function loadLater(): Plugin {
  return {
    name: 'load-later',
    resolveId(source) {
      if (longWaySources.includes(source)) return { id: longWay, external: true };
      return source === renewalSource ? { id: renewal, external: true } : undefined;
    },
  };
}

function virtualModule(id: string, code: string): Plugin {
  return {
    name: 'virtual-module',
    resolveId: (source) => (source === id ? id : undefined),
    load: (loaded) => (loaded === id ? code : undefined),
  };
}

function replacePackages(): Plugin {
  const used = new Set<string>();
  return {
    name: 'replace-packages',
    resolveId(source, importer) {
      const found = replacements.find(({ module }) => module === source);
      if (importer === undefined || found?.importer.test(importer) !== true) return undefined;
      used.add(source);
      return `\0${source}`;
    },
    load: (id) => replacements.find(({ module }) => id === `\0${module}`)?.code,
    buildEnd() {
      const unused = replacements.filter(({ module }) => !used.has(module));
      for (const { module } of unused) this.error(`Nothing imports ${module} any more`);
    },
  };
}
