import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bunEnvironment, findBun } from './find-bun.ts';

const entry = 'src/main.ts';

/** What a cached answer shares with the long way: small files, that need nothing but node:fs. */
const sharedFiles = [
  'src/model/endpoint.ts',
  'src/model/errors.ts',
  'src/model/freshness.ts',
  'src/model/json.ts',
  'src/model/profile-index.ts',
  'src/model/role-credentials.ts',
  'src/model/role-record.ts',
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

process.exitCode = main();

/** Compares what is loaded before a cached answer is printed with what may be. */
function main(): number {
  const metafile = bundle();
  if (metafile === undefined) return 1;
  const importers = findLoaded(metafile);
  const expected = new Set([
    entry,
    ...readdirSync('src/fast').map((name) => `src/fast/${name}`),
    ...sharedFiles,
    'node:fs',
  ]);
  console.log(`A cached answer loads ${[...importers.keys()].sort().join(' ')}`);
  const problems = [
    ...[...importers]
      .filter(([name]) => !expected.has(name))
      .map(([name, importer]) => `${importer} imports ${name}: load it when it is needed`),
    ...[...expected]
      .filter((name) => !importers.has(name))
      .map((name) => `${name} is not loaded: it has no place there, or on the list`),
  ];
  for (const problem of problems) console.error(`Fast path: ${problem}`);
  return problems.length === 0 ? 0 : 1;
}

/** What is imported statically from the entry on, at any remove, with one importer of each. */
function findLoaded({ inputs }: Metafile): ReadonlyMap<string, string> {
  const importers = new Map([[entry, 'The system']]);
  // A map grows while it is iterated, and its new entries get their turn.
  for (const [importer] of importers) {
    for (const { kind, external, original, path } of inputs[importer]?.imports ?? []) {
      const name = external === true ? (original ?? path) : path;
      if (kind !== 'dynamic-import' && !importers.has(name)) importers.set(name, importer);
    }
  }
  return importers;
}

function bundle(): Metafile | undefined {
  const bun = findBun();
  if (bun === undefined) {
    console.error('Fast path: it is checked by bun, and node_modules has none for this machine');
    return undefined;
  }
  const directory = mkdtempSync(join(tmpdir(), 'sso-cred-bundle-'));
  try {
    const metafile = join(directory, 'metafile.json');
    const { status, stdout, stderr } = spawnSync(
      bun.path,
      [
        'build',
        entry,
        '--target=bun',
        '--splitting',
        `--outdir=${directory}`,
        `--metafile=${metafile}`,
      ],
      { encoding: 'utf8', env: bunEnvironment() },
    );
    if (status === 0) return JSON.parse(readFileSync(metafile, 'utf8')) as Metafile;
    console.error(`Fast path: bun cannot bundle ${entry}\n${stdout}${stderr}`);
    return undefined;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
