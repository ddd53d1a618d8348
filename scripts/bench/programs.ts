import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { compileFlags } from '../compile-flags.ts';
import { bunEnvironment } from '../find-bun.ts';
import { type Case, nothing } from './case.ts';

/** Programs that the executable is compared with, compiled as it is. */
export interface Programs {
  readonly empty: Case;
  /** Says something, by node:fs. */
  readonly oneWrite: Case;
  /** Reads what a cached answer is made of and writes it, without any check. */
  readonly unchecked: Case;
}

/** Compiles them. @param home with the cached answer of one profile */
export function compilePrograms(
  bun: string,
  scratch: string,
  { home, env }: { readonly home: string; readonly env: Case['env'] },
): Programs {
  const compiled = (name: string, source: string, expected: RegExp): Case => ({
    name: `executable: ${name}`,
    command: [compile(bun, scratch, source)],
    env,
    expected,
  });
  const cache = join(home, '.aws', 'sso-cred');
  const index = join(cache, 'profiles', 'dev.json');
  const [role = ''] = readdirSync(join(cache, 'roles'));
  return {
    empty: compiled('an empty program', '', nothing),
    oneWrite: compiled(
      'one fs.writeSync',
      `import { writeSync } from 'node:fs';
writeSync(1, '${'x'.repeat(1_000)}\\n');
`,
      /^x{1000}\n$/,
    ),
    unchecked: compiled(
      'the same reads and the write, no check',
      `import { readFileSync, writeSync } from 'node:fs';
readFileSync(${JSON.stringify(index)}, 'utf8');
writeSync(1, readFileSync(${JSON.stringify(join(cache, 'roles', role))}, 'utf8') + '\\n');
`,
      /^\{"version":1,[^\n]+\}\n$/,
    ),
  };
}

/** A copy as fresh as the programs that it is compared with: an older file can start a fifth slower. */
export function freshCopy(executable: string, scratch: string): string {
  const copy = resolve(scratch, basename(executable));
  copyFileSync(executable, copy);
  return copy;
}

/** Compiles a program as the executable is compiled; gives its path. */
function compile(bun: string, scratch: string, source: string): string {
  const directory = mkdtempSync(join(scratch, 'program-'));
  const outfile = resolve(directory, process.platform === 'win32' ? 'program.exe' : 'program');
  writeFileSync(join(directory, 'program.ts'), source);
  const { status, stderr } = spawnSync(
    bun,
    ['build', join(directory, 'program.ts'), ...compileFlags, `--outfile=${outfile}`],
    { encoding: 'utf8', env: bunEnvironment() },
  );
  if (status !== 0) throw new Error(`bun cannot compile a program: ${stderr}`);
  return outfile;
}
