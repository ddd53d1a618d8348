import { delimiter, dirname, resolve } from 'node:path';
import { runProcess } from '../../support/run-process.ts';
import type { Check } from './check.ts';

/** What `doctor` knows of SDKs, tried with this Python's boto3 and the JavaScript SDK. */
export async function tryClaims(python: string, check: Check): Promise<void> {
  const jest = resolve('node_modules', 'jest', 'bin', 'jest.js');
  for (const name of ['clashes', 'dialect-traps']) {
    await check(`what is known of SDKs: ${name}`, async () => {
      const args = ['--experimental-vm-modules', jest, '--silent', `tests/callers/${name}`];
      const path = [dirname(resolve(python)), process.env['PATH']].join(delimiter);
      const env = { ...process.env, PATH: path };
      const { exitStatus, stderr } = await runProcess(process.execPath, args, { env });
      if (exitStatus !== 0) throw new Error(stderr.slice(-2000));
      if (stderr.includes('SKIPPED')) throw new Error('boto3 was not found');
    });
  }
}
