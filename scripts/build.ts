import { chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.ts';
import { thirdPartyLicenses } from './third-party-licenses.ts';

// Builds dist/ for Node.js.
mkdirSync('dist', { recursive: true });
for (const name of readdirSync('dist')) {
  if (name !== 'bin') rmSync(join('dist', name), { recursive: true });
}
const { main, rest } = await bundle('cjs');
for (const { file, code } of [main, ...rest]) writeFileSync(join('dist', file), code);
writeFileSync(join('dist', 'THIRD-PARTY-LICENSES.txt'), thirdPartyLicenses([main, ...rest]));
writeFileSync(join('dist', 'package.json'), '{ "type": "commonjs" }\n');
// What `open` runs on Linux, from where its code lies.
copyFileSync(join('node_modules', 'open', 'xdg-open'), join('dist', 'xdg-open'));
for (const name of [main.file, 'xdg-open']) chmodSync(join('dist', name), 0o755);
