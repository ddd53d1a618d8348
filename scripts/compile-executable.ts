import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundle } from './bundle.ts';
import { compileFlags } from './compile-flags.ts';
import { type Bun, bunEnvironment } from './find-bun.ts';
import { hasValidSignature, signAdHoc } from './macho-signature.ts';

/** Another system to compile for, and Bun's runtime for it. */
interface Target {
  /** Such as `bun-linux-aarch64`. */
  readonly name: string;
  readonly runtime: string;
}

/** Compiles the program. @param target this system if it is left out @throws with what bun says */
export async function compileExecutable(bun: Bun, outfile: string, target?: Target): Promise<void> {
  mkdirSync(dirname(outfile), { recursive: true });
  const { main, rest } = await bundle('esm');
  const directory = mkdtempSync(join('build', 'executable-'));
  try {
    for (const chunk of [main, ...rest]) writeFileSync(join(directory, chunk.file), chunk.code);
    const flags =
      target === undefined
        ? compileFlags
        : [
            ...compileFlags,
            `--target=${target.name}`,
            `--compile-executable-path=${target.runtime}`,
          ];
    const { status, stdout, stderr, error } = spawnSync(
      bun.path,
      ['build', join(directory, main.file), ...flags, `--outfile=${outfile}`],
      { encoding: 'utf8', env: bunEnvironment() },
    );
    if (status !== 0) {
      throw new Error(`bun ${bun.version} cannot build ${outfile}\n${error ?? stdout + stderr}`);
    }
    if (target?.name.startsWith('bun-darwin') === true) signWhereNeeded(outfile);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** bun leaves an executable for other Macs with the signature of its runtime, which is of other bytes. */
function signWhereNeeded(path: string): void {
  const file = readFileSync(path);
  if (hasValidSignature(file)) return;
  const signed = signAdHoc(file);
  if (!hasValidSignature(signed)) throw new Error(`${path} cannot be signed`);
  writeFileSync(path, signed);
}
