import { readdirSync, readFileSync } from 'node:fs';
import type { Chunk } from './bundle.ts';

interface Package {
  readonly name: string;
  readonly license: string;
  /** Its licence and notices, to the letter. */
  readonly text: string;
}

/**
 * The licences of the packages whose code is in a bundle, as they want to be passed on. The same text
 * stands there once.
 * @throws for a package that has none
 */
export function thirdPartyLicenses(chunks: readonly Chunk[]): string {
  const folders = new Set(
    chunks.flatMap(({ modules }) => modules).flatMap((path) => packageFolder(path) ?? []),
  );
  const byText = new Map<string, Package[]>();
  for (const found of [...folders].sort().map(readPackage)) {
    byText.set(found.text, [...(byText.get(found.text) ?? []), found]);
  }
  const parts = [...byText].map(([text, packages]) => {
    const names = packages.map(({ name, license }) => `${name} (${license})`);
    return `${'-'.repeat(80)}\n${names.join('\n')}\n\n${text}\n`;
  });
  return `sso-cred contains code of the packages below, under the licences that follow each list.\n\n${parts.join('\n')}`;
}

/** The folder of the package that a module belongs to; undefined for one of ours. */
function packageFolder(path: string): string | undefined {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
}

function readPackage(folder: string): Package {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as {
    name: string;
    version: string;
    license?: string;
  };
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  const text = files
    .sort()
    .map((file) => readFileSync(`${folder}/${file}`, 'utf8').trim())
    .join('\n\n')
    .replaceAll('\r\n', '\n');
  if (license === undefined || text === '') throw new Error(`${folder} has no licence`);
  return { name: `${name} ${version}`, license, text };
}
