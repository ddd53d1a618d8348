// Builds dist/ for Node.js. In JavaScript, because it runs before anything is compiled.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

mkdirSync('dist', { recursive: true });
for (const name of readdirSync('dist')) {
  if (name !== 'bin') rmSync(join('dist', name), { recursive: true });
}

const compiler = join('node_modules', 'typescript', 'bin', 'tsc');
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
if (status === 0) chmodSync(join('dist', 'main.js'), 0o755);
process.exitCode = status ?? 1;
