import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { examine } from '../support/examine.ts';
import { webSandboxes } from '../support/web-sandbox.ts';

/** Listens on a port of the loopback while something is done; it is free afterwards. */
async function onBusyPort<T>(use: (port: number) => Promise<T>): Promise<T> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    await new Promise((closed) => server.close(closed));
  }
}

describe.each(builds())('$name', (build) => {
  const open = webSandboxes(build);

  test('finds nothing wrong with a provider, and asks only for its discovery document', async () => {
    const sandbox = await open();
    await sandbox.signIn();
    const { wrong, find } = await examine(sandbox, ['--profile', 'web']);
    expect(wrong).toEqual([]);
    expect(find('not-signed-in')).toBeUndefined();
    expect(sandbox.newCalls()).toEqual({ Discovery: 1, Probe: 1 });
  });

  test('a session never signed in to is a note, with what to type', async () => {
    const sandbox = await open();
    const { wrong, find } = await examine(sandbox, ['--offline', '--profile', 'web']);
    expect(wrong).toEqual([]);
    expect(find('not-signed-in')?.command).toBe('sso-cred login --session acme');
  });

  test('finds what the discovery document has against the session', async () => {
    const sandbox = await open({
      provider: { noDeviceFlow: true },
      session: { flow: 'device', scopes: 'openid' },
    });
    const { find } = await examine(sandbox, ['--profile', 'web']);
    expect(find('no-device-flow')).toMatchObject({ severity: 'error' });
    expect(find('no-refresh')).toMatchObject({ severity: 'note' });
  });

  test('finds an issuer that is not the one of the discovery document', async () => {
    const sandbox = await open({ provider: { issuerPath: '/realms/acme' } });
    const wrong = `${sandbox.provider.issuer}/`;
    const other = await open({ session: { issuer: wrong } });
    const { find } = await examine(other, ['--profile', 'web']);
    expect(find('discovery')).toMatchObject({ severity: 'error' });
  });

  test('finds a slash that IAM would mind', async () => {
    const sandbox = await open({ provider: { issuerWithSlash: true } });
    const bare = sandbox.provider.issuer.replace(/\/$/, '');
    const other = await open({ session: { issuer: bare } });
    const { find, wrong } = await examine(other, ['--profile', 'web']);
    expect(find('issuer-slash')?.message).toContain(`${bare}/`);
    expect(wrong).toEqual([]);
  });

  test('finds callback ports that another program listens on', async () => {
    await onBusyPort(async (port) => {
      const all = await open({ session: { redirect_ports: String(port) } });
      const { find } = await examine(all, ['--profile', 'web']);
      expect(find('callback-port')).toMatchObject({
        severity: 'error',
        message: expect.stringContaining(String(port)),
      });
      const free = await onBusyPort(async (another) => another);
      const some = await open({ session: { redirect_ports: `${port} ${free}` } });
      const { find: findSome, wrong } = await examine(some, ['--profile', 'web']);
      expect(findSome('callback-port')).toMatchObject({ severity: 'note' });
      expect(wrong).toEqual([]);
    });
  });

  test('says which provider does not answer', async () => {
    const sandbox = await open({ session: { issuer: 'http://127.0.0.1:9' } });
    const { find } = await examine(sandbox, ['--profile', 'web']);
    expect(find('discovery')?.message).toMatch(/127\.0\.0\.1:9 refused the connection/);
  });
});
