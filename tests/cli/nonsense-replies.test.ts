import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../stand-in/faults.ts';
import type { Fields } from '../stand-in/wire.ts';
import { builds } from '../support/builds.ts';
import { cliSandboxes } from '../support/cli-sandbox.ts';
import { expectFailure } from '../support/outcome.ts';

/** Stands in every reply that is nonsense, and must not be shown. */
const marker = 'nonsense-marker';

const merge = (changes: Fields): Fault => ({
  transform: ({ roleCredentials }) => ({
    roleCredentials: { ...Object(roleCredentials), ...changes },
  }),
});

const replies: readonly { readonly name: string; readonly fault: Fault }[] = [
  { name: 'a page in place of JSON', fault: { body: `<html>${marker}</html>` } },
  { name: 'a page of a proxy', fault: { status: 502, body: `<html>${marker}</html>` } },
  { name: 'half of it', fault: { body: `{"roleCredentials":{"accessKeyId":"${marker}` } },
  { name: 'an empty body', fault: { body: '', contentType: 'application/json' } },
  { name: 'no credentials', fault: { transform: () => ({ roleCredentials: null, marker }) } },
  { name: 'a list', fault: { body: `["${marker}"]`, contentType: 'application/json' } },
  { name: 'no secret key', fault: merge({ secretAccessKey: undefined, marker }) },
  { name: 'an empty session token', fault: merge({ sessionToken: '' }) },
  { name: 'a key id that is a number', fault: merge({ accessKeyId: 17 }) },
  { name: 'an expiration that is a text', fault: merge({ expiration: marker }) },
  { name: 'no expiration', fault: merge({ expiration: undefined }) },
  { name: 'an expiration of 0', fault: merge({ expiration: 0 }) },
  { name: 'an expiration of -1', fault: merge({ expiration: -1 }) },
  { name: 'an expiration of 1e18', fault: merge({ expiration: 1e18 }) },
  { name: 'an expiration in the past', fault: merge({ expiration: Date.now() - 1_000 }) },
  { name: '2 MiB', fault: { body: marker.repeat(150_000), contentType: 'application/json' } },
  { name: 'a byte now and then', fault: { slowDripMs: 200 } },
  { name: 'nothing, the connection closed', fault: { dropConnection: true } },
];

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test('a reply that makes no sense is status 5, and nothing is lost', async () => {
    const check = async ({ name, fault }: (typeof replies)[number]) => {
      const sandbox = await open();
      const tokenBefore = readFileSync(sandbox.tokenFile, 'utf8');
      sandbox.standIn.fault('GetRoleCredentials', { ...fault, times: Infinity });
      const timeout = fault.slowDripMs === undefined ? '45' : '3';
      const finished = await sandbox.run(['--profile', 'dev', '--timeout', timeout]);
      expect({ name, status: finished.exitStatus }).toEqual({ name, status: 5 });
      expectFailure(finished, 5, /GetRoleCredentials|^127\.0\.0\.1:\d+ /);
      expect(finished.stderr).not.toContain(marker);
      expect(readFileSync(sandbox.tokenFile, 'utf8')).toBe(tokenBefore);
      expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: expect.any(Number) });
    };
    // Most of the time goes by in the pauses between the tries: several at once.
    for (let at = 0; at < replies.length; at += 6) {
      await Promise.all(replies.slice(at, at + 6).map(check));
    }
  });

  test('a service that repeats the token in its error does not get it into a log', async () => {
    const sandbox = await open();
    const { accessToken } = JSON.parse(readFileSync(sandbox.tokenFile, 'utf8'));
    sandbox.standIn.fault('GetRoleCredentials', {
      status: 403,
      message: `Bearer ${accessToken} may not`,
    });
    expectFailure(await sandbox.run(), 6, /^AWS refuses the role\b/);
  });
});
