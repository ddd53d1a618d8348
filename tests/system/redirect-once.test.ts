import { request } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { ownerOfConnection } from '../../src/model/socket-table.ts';
import { type Redirect, redirectOnce } from '../../src/system/redirect-once.ts';

const target = new URL('https://signin.aws.amazon.com/federation?SigninToken=secret');
const open: Redirect[] = [];

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

async function offer(user = process.geteuid?.(), budgetMs = 60_000): Promise<Redirect> {
  const redirect = await redirectOnce(target, '5ec2e7', user, budgetMs);
  open.push(redirect);
  return redirect;
}

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
}

function ask(
  { url }: Redirect,
  { method = 'GET', path = url.pathname, host = url.host }: Asked = {},
) {
  return new Promise<{ status: number | undefined; location: string | undefined }>(
    (resolve, reject) => {
      const options = { port: url.port, method, path, headers: { host } };
      request({ ...options, host: '127.0.0.1', agent: false }, (response) => {
        response.resume();
        resolve({ status: response.statusCode, location: response.headers.location });
      })
        .on('error', reject)
        .end();
    },
  );
}

test('the first who asks is led on, and nobody after', async () => {
  const redirect = await offer();
  expect(redirect.url.href).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/5ec2e7$/);
  expect(await ask(redirect)).toEqual({ status: 302, location: target.href });
  expect(await redirect.followed).toBe(true);
  expect(await ask(redirect)).toEqual({ status: 410, location: undefined });
});

test('a browser that does not come is waited for no longer than it gets', async () => {
  const redirect = await offer(undefined, 10);
  expect(await redirect.followed).toBe(false);
});

test('whoever does not know the way gets nothing, and uses nothing up', async () => {
  const redirect = await offer();
  const wrong: readonly (readonly [Asked, number])[] = [
    [{ path: '/' }, 404],
    [{ path: '/5ec2e8' }, 404],
    [{ path: '/5ec2e7?x' }, 404],
    [{ method: 'POST' }, 404],
    [{ method: 'HEAD' }, 404],
    [{ host: 'localhost' }, 421],
    [{ host: 'evil.example' }, 421],
  ];
  for (const [asked, status] of wrong) {
    expect([asked, await ask(redirect, asked)]).toEqual([asked, { status, location: undefined }]);
  }
  expect(await ask(redirect)).toMatchObject({ status: 302 });
});

const testOnLinux = process.platform === 'linux' ? test : test.skip;

testOnLinux('another user of this machine is turned away, root is not', async () => {
  const isRoot = process.geteuid?.() === 0;
  const redirect = await offer(12_345);
  expect(await ask(redirect)).toMatchObject({ status: isRoot ? 302 : 403 });
});

test('the owner of a connection is read from the table of the system', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 2 1 0 20 4
   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 3 1 0 20 4
`;
  expect(ownerOfConnection(table, 0xc350, 0x1f90)).toBe(1001);
  expect(ownerOfConnection(table, 0x1f90, 0xc350)).toBe(1000);
  expect(ownerOfConnection(table, 0xc351, 0x1f90)).toBeUndefined();
  expect(ownerOfConnection('', 1, 2)).toBeUndefined();
});
