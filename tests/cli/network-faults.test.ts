import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ageRoles } from '../support/age-records.ts';
import { type BlackHole, openBlackHole } from '../support/black-hole.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { noNetworkVariables } from '../support/corporate-network.ts';
import { expectCredentials, expectFailure, expectRecordedFailure } from '../support/outcome.ts';

const dev = ['--profile', 'dev'];
const always = { times: Infinity };
const portalAt = (url: string) => ({ ...noNetworkVariables, AWS_ENDPOINT_URL_SSO: url });

interface Fault {
  readonly name: string;
  /** Of the role's request; by default nothing is arranged. */
  readonly arrange?: (sandbox: CliSandbox) => void;
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly expected: readonly [exitStatus: number, code: string, message: RegExp];
  readonly calls: Readonly<Record<string, number>>;
}

const roleFault = (fault: Parameters<CliSandbox['standIn']['fault']>[1]) => ({
  arrange: ({ standIn }: CliSandbox) =>
    standIn.fault('GetRoleCredentials', { ...fault, ...always }),
});

const faults: readonly Fault[] = [
  {
    name: 'the name of the service is not known',
    variables: portalAt('https://portal.nowhere.invalid'),
    expected: [
      5,
      'NetworkFailed',
      /^portal\.nowhere\.invalid has no address: is the network up, the region right\? \((ENOTFOUND|EAI_AGAIN)\)\.$/,
    ],
    calls: {},
  },
  {
    name: 'nobody listens',
    variables: portalAt('http://127.0.0.1:9'),
    expected: [5, 'NetworkFailed', /^127\.0\.0\.1:9 refused the connection \(ECONNREFUSED\)\.$/],
    calls: {},
  },
  {
    name: 'the service speaks no TLS',
    expected: [
      5,
      'NetworkFailed',
      /^localhost:\d+ speaks no TLS that we understand: is something in between\?$/,
    ],
    calls: {},
  },
  {
    name: 'a reply is lost',
    ...roleFault({ dropConnection: true }),
    expected: [5, 'NetworkFailed', /^127\.0\.0\.1:\d+ closed the connection \(\w+\)\.$/],
    calls: { GetRoleCredentials: 2 },
  },
  {
    name: 'a compressed reply grows without end',
    ...roleFault({
      body: gzipSync(Buffer.alloc(64 * 1024 * 1024)),
      contentType: 'application/json',
      headers: { 'content-encoding': 'gzip' },
    }),
    expected: [5, 'ServiceFailed', /^127\.0\.0\.1:\d+ sent a reply of over 1 MiB\.$/],
    calls: { GetRoleCredentials: 3 },
  },
  {
    name: 'a reply points elsewhere',
    ...roleFault({ status: 302, body: 'moved', headers: { location: 'https://evil.example/' } }),
    expected: [
      5,
      'ServiceFailed',
      /^GetRoleCredentials is sent elsewhere \(302\), where nothing of ours goes: is something in between\?$/,
    ],
    calls: { GetRoleCredentials: 3 },
  },
  {
    name: 'the service is overloaded',
    ...roleFault({ status: 503 }),
    expected: [5, 'ServiceFailed', /^GetRoleCredentials failed with status 503 /],
    calls: { GetRoleCredentials: 3 },
  },
  {
    name: 'the service says something to a terminal',
    ...roleFault({ status: 500, message: 'a\u001b]0;title\u0007\r\nb\u202ec' }),
    expected: [
      5,
      'ServiceFailed',
      /^GetRoleCredentials failed with status 500 \(InternalServerException\): a \]0;title b c\.$/,
    ],
    calls: { GetRoleCredentials: 3 },
  },
  {
    name: 'there is no such role',
    ...roleFault({ status: 404, error: 'ResourceNotFoundException', message: 'No such role' }),
    expected: [
      6,
      'RoleRefused',
      /^AWS refuses the role Developer in account 111122223333: No such role\.$/,
    ],
    calls: { GetRoleCredentials: 1 },
  },
];

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);
  const holes: BlackHole[] = [];
  afterEach(() => {
    for (const hole of holes.splice(0)) hole.close();
  });

  test.each(faults)(
    'where $name, the status says so, the token stays, and what is cached serves',
    async ({ name, arrange, variables, expected, calls }) => {
      const sandbox = await open();
      const token = readFileSync(sandbox.tokenFile, 'utf8');
      const plain = name.endsWith('no TLS')
        ? portalAt(`https://localhost:${new URL(sandbox.standIn.url).port}`)
        : variables;
      arrange?.(sandbox);
      expectRecordedFailure(sandbox, await sandbox.run(dev, plain), expected);
      expect(sandbox.newCalls()).toEqual(calls);
      expect(readFileSync(sandbox.tokenFile, 'utf8')).toBe(token);

      // Another endpoint is another role: what is cached is not that of this call.
      if (plain !== undefined) return;
      sandbox.standIn.clearFaults();
      const { AccessKeyId } = expectCredentials(await sandbox.run([...dev, '--refresh']));
      // Into the window in which it is renewed.
      ageRoles(sandbox, 45 * 60_000);
      arrange?.(sandbox);
      expect(expectCredentials(await sandbox.run())).toMatchObject({ AccessKeyId });
    },
  );

  test('a service that is black-holed is given up after two tries of 3 s each', async () => {
    const sandbox = await open();
    const hole = await openBlackHole();
    holes.push(hole);
    const startedAt = performance.now();
    expectFailure(
      await sandbox.run(dev, portalAt(hole.url)),
      5,
      /^127\.0\.0\.1:\d+ did not accept a connection within 3 s\.$/,
    );
    expect(performance.now() - startedAt).toBeGreaterThan(5_900);
  });

  test('a service that says nothing is given up when the time of the call is over', async () => {
    const sandbox = await open();
    const barrier = sandbox.standIn.barrier('silent');
    sandbox.standIn.fault('GetRoleCredentials', { holdRequest: barrier, ...always });
    expectFailure(
      await sandbox.run([...dev, '--timeout', '2']),
      5,
      /^127\.0\.0\.1:\d+ did not answer within (2 s|\d+ ms)\.$/,
    );
    expect(barrier.arrived()).toBe(1);
  });

  test('without a network a token that is due for a refresh is used while it is good', async () => {
    const sandbox = await open({ token: { expiresInS: 100 } });
    const down = {
      ...noNetworkVariables,
      AWS_ENDPOINT_URL_SSO_OIDC: 'https://oidc.nowhere.invalid',
    };
    expectCredentials(await sandbox.run(dev, down));
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  test.each([
    ['InvalidGrantException', 'its refresh token is refused'],
    ['InvalidClientException', 'its refresh token is refused'],
  ])('%s ends the session, and is not asked for again', async (error, words) => {
    const sandbox = await open({ token: { expiresInS: -60 } });
    sandbox.standIn.fault('CreateToken', { status: 400, error, ...always });
    const ended = new RegExp(
      `^The session "corp" has ended: ${words}\\b.* Run: sso-cred login --profile dev$`,
    );
    expectFailure(await sandbox.run(), 3, ended);
    for (let count = 0; count < 3; count += 1) expectFailure(await sandbox.run(), 3, ended);
    expect(sandbox.newCalls()).toEqual({ CreateToken: 1 });
  });

  test('a token that the portal takes no longer is refreshed once, and then the role comes', async () => {
    const sandbox = await open();
    sandbox.standIn.fault('GetRoleCredentials', { status: 401 });
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 2, CreateToken: 1 });
  });
});
