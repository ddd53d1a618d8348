import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bundle, bundle } from './bundle.ts';
import { bunEnvironment, findBun } from './find-bun.ts';

/** What a cached answer shares with the long way: small files, that need nothing but node:fs. */
const sharedFiles = [
  'src/model/endpoint.ts',
  'src/model/errors.ts',
  'src/model/freshness.ts',
  'src/model/is-made-of.ts',
  'src/model/json.ts',
  'src/model/profile-index.ts',
  'src/model/role-record.ts',
  'src/model/sign-in-policies.ts',
  'src/model/unattended.ts',
  'src/model/usual-paths.ts',
  'src/model/usual-profile.ts',
  'src/model/version.ts',
  'src/store/file-stamp.ts',
  'src/store/private-file.ts',
  'src/store/trust.ts',
  'src/system/write-out.ts',
];

/** What bun writes about a build, as far as it is read here. */
interface Metafile {
  readonly inputs: Readonly<Record<string, { readonly imports: readonly ModuleImport[] }>>;
}

interface ModuleImport {
  readonly path: string;
  readonly kind: string;
  /** As the source has it: `path` is without the `node:`. */
  readonly original?: string;
  readonly external?: boolean;
}

process.exitCode = await main();

/** Compares what is loaded before a cached answer is printed with what may be, in both builds. */
async function main(): Promise<number> {
  const forExecutable = await bundle('esm');
  const problems = [
    ...checkModules(await bundle('cjs')),
    ...checkModules(forExecutable),
    ...checkExecutable(forExecutable),
  ];
  for (const problem of problems) console.error(`Fast path: ${problem}`);
  return problems.length === 0 ? 0 : 1;
}

/** What is in the file that is started, and what that imports. */
function checkModules({ main, rest }: Bundle): readonly string[] {
  const expected = [
    'src/main.ts',
    ...readdirSync('src/fast').map((name) => `src/fast/${name}`),
    ...sharedFiles,
  ];
  const { file, modules, imports, dynamicImports } = main;
  console.log(`${file} is ${[...modules].sort().join(' ')}, and imports ${imports.join(' ')}`);
  const later = rest.map((chunk) => `./${chunk.file}`);
  return [
    ...modules
      .filter((module) => !expected.includes(module))
      .map((module) => `${module} is in ${file}: load it when it is needed`),
    ...expected
      .filter((module) => !modules.includes(module))
      .map((module) => `${module} is not in ${file}: it has no place there, or on the list`),
    ...imports
      .filter((name) => name !== 'node:fs')
      .map((name) => `${file} imports ${name}: load it when it is needed`),
    ...dynamicImports
      .filter((name) => !later.includes(name))
      .map((name) => `${file} loads ${name}, which there is not`),
  ];
}

/** What bun, which makes the executable of the same files, loads before main runs. */
function checkExecutable({ main, rest }: Bundle): readonly string[] {
  const bun = findBun();
  if (bun === undefined)
    return ['bun checks the executable, and node_modules has none for this machine'];
  const directory = mkdtempSync(join('build', 'fast-path-'));
  try {
    for (const { file, code } of [main, ...rest]) writeFileSync(join(directory, file), code);
    const entry = `${directory.replaceAll('\\', '/')}/${main.file}`;
    const metafile = join(directory, 'metafile.json');
    const { status, stdout, stderr } = spawnSync(
      bun.path,
      [
        'build',
        entry,
        '--target=bun',
        '--splitting',
        `--outdir=${directory}/out`,
        `--metafile=${metafile}`,
      ],
      { encoding: 'utf8', env: bunEnvironment() },
    );
    if (status !== 0) return [`bun cannot bundle ${main.file}\n${stdout}${stderr}`];
    const loaded = findLoaded(JSON.parse(readFileSync(metafile, 'utf8')) as Metafile, entry);
    return loaded
      .filter((name) => name !== entry && name !== 'node:fs')
      .map((name) => `the executable loads ${name}: load it when it is needed`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** What is imported statically from the entry on, at any remove. */
function findLoaded({ inputs }: Metafile, entry: string): readonly string[] {
  const loaded = new Set([entry]);
  // A set grows while it is iterated, and its new members get their turn.
  for (const importer of loaded) {
    for (const { kind, external, original, path } of inputs[importer]?.imports ?? []) {
      if (kind !== 'dynamic-import') loaded.add(external === true ? (original ?? path) : path);
    }
  }
  return [...loaded];
}
