import { readFile } from 'node:fs/promises';
import { transform } from '@swc/core';

/** Loads TypeScript in a Node.js that cannot read it; see run-typescript.ts. */
export async function load(url, context, nextLoad) {
  if (!url.endsWith('.ts')) return nextLoad(url, context);
  const { code } = await transform(await readFile(new URL(url), 'utf8'), {
    filename: new URL(url).pathname,
    swcrc: false,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'es6' },
  });
  return { format: 'module', source: code, shortCircuit: true };
}
