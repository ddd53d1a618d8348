import { lookup } from 'node:dns/promises';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSandboxHome, type SandboxHome } from '../tests/stand-in/sandbox-home.ts';
import { type StandIn, startStandIn } from '../tests/stand-in/stand-in.ts';
import { type Build, builds } from '../tests/support/builds.ts';
import { createCa, type TestCa } from '../tests/support/certificates.ts';
import { noNetworkVariables } from '../tests/support/corporate-network.ts';
import { type Finished, runProcess } from '../tests/support/run-process.ts';
import { startTlsFront } from '../tests/support/tls-front.ts';
import { type RealProxy, startSquid, startTinyproxy } from './real-proxies.ts';

const usage = `Usage: bash scripts/test-proxies.sh
Lets both builds reach AWS through proxies as they are really run, and says what came of it.
`;

type Variables = Readonly<Record<string, string | undefined>>;

/** What the checks of one build share. */
interface Scene {
  readonly build: Build;
  readonly standIn: StandIn;
  /** The service behind TLS, as `host:port`; not this machine by its name. */
  readonly service: string;
  readonly caFile: string;
  readonly ca: TestCa;
  readonly directory: string;
}

/** Runs one check and prints its line; it is passed unless `run` throws. */
type Check = (name: string, run: () => Promise<void>) => Promise<void>;

const user = { name: 'jane', password: 's3cret' };

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      'without-tinyproxy': { type: 'string' },
      'without-squid': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  const check: Check = async (name, run) => {
    try {
      await run();
      passed += 1;
      console.log(`ok   ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL ${name}: ${error instanceof Error ? error.message : error}`);
    }
  };
  const skip = (name: string, reason: string): void => {
    skipped += 1;
    console.log(`skip ${name}: ${reason}`);
  };

  const host = await ownHost();
  const directory = mkdtempSync(join(tmpdir(), 'sso-cred-proxies-'));
  // Squid gives up being root, and must find its files all the same.
  chmodSync(directory, 0o711);
  const standIn = await startStandIn();
  const ca = createCa('Origin CA');
  const front = await startTlsFront({
    host: '0.0.0.0',
    certificate: () => ca.issue([host ?? 'localhost']),
    upstream: () => standIn.url,
  });
  const caFile = join(directory, 'origin-ca.pem');
  writeFileSync(caFile, ca.pem, { mode: 0o644 });
  try {
    if (host === undefined) {
      skip('proxies', 'this machine has no name or address beside the loopback');
    } else {
      for (const build of builds()) {
        const service = `${host}:${front.port}`;
        const scene = {
          build,
          standIn,
          service,
          caFile,
          ca,
          directory: join(directory, build.name.replace(' ', '-')),
        };
        if (values['without-tinyproxy'] === undefined)
          await check(`tinyproxy, ${build.name}: starts and stops`, () =>
            tryTinyproxy(scene, check),
          );
        else skip(`tinyproxy, ${build.name}`, values['without-tinyproxy']);
        if (values['without-squid'] === undefined)
          await check(`squid, ${build.name}: starts and stops`, () => trySquid(scene, check));
        else skip(`squid, ${build.name}`, values['without-squid']);
      }
    }
  } finally {
    await front.stop();
    await standIn.stop();
    rmSync(directory, { recursive: true, force: true });
  }
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed === 0 ? 0 : 1;
}

async function tryTinyproxy(scene: Scene, check: Check): Promise<void> {
  const title = `tinyproxy, ${scene.build.name}`;
  const place = (name: string) => join(scene.directory, 'tinyproxy', name);
  await withProxy(startTinyproxy({ directory: place('open') }), async (proxy) => {
    await check(`${title}: token and role come through`, async () => {
      expectCredentials(await call(scene, { HTTPS_PROXY: proxy.url }));
      expectLog(proxy, `CONNECT ${scene.service}`);
    });
  });
  await withProxy(startTinyproxy({ directory: place('closed'), user }), async (proxy) => {
    await tryPasswords(title, scene, proxy, check);
  });
}

async function trySquid(scene: Scene, check: Check): Promise<void> {
  const { build, service, ca, caFile } = scene;
  const title = `squid, ${build.name}`;
  const place = (name: string) => join(scene.directory, 'squid', name);
  const denied = 'denied.example.test';
  await withProxy(startSquid({ directory: place('closed'), user, denied }), async (proxy) => {
    await tryPasswords(title, scene, proxy, check);
    const inside = { HTTPS_PROXY: withUser(proxy, user) };
    await check(`${title}: a host that is forbidden is told`, async () => {
      const variables = { ...inside, AWS_ENDPOINT_URL_SSO_OIDC: `https://${denied}` };
      expectFailure(await call(scene, variables), 5, `does not let ${denied} through (403).`);
    });
    await check(`${title}: a host that it cannot reach is told`, async () => {
      const variables = { ...inside, AWS_ENDPOINT_URL_SSO_OIDC: 'https://nowhere.invalid' };
      expectFailure(await call(scene, variables), 5, 'cannot reach nowhere.invalid (50');
    });
  });

  const certificate = ca.issue(['127.0.0.1']);
  await withProxy(startSquid({ directory: place('secure'), certificate }), async (proxy) => {
    await check(`${title}: one that speaks TLS itself lets token and role through`, async () => {
      expectCredentials(await call(scene, { HTTPS_PROXY: proxy.url }));
    });
  });

  const inspector = createCa('Acme Inspection CA');
  const inspection = { ca: inspector, originCaFile: caFile };
  await withProxy(startSquid({ directory: place('inspecting'), inspection }), async (proxy) => {
    const inspected = { HTTPS_PROXY: proxy.url };
    await check(`${title}: an inspection of TLS is named by its CA`, async () => {
      const finished = await call(scene, { ...inspected, AWS_CA_BUNDLE: caFile });
      expectFailure(finished, 5, `${service} shows a certificate signed by "Acme Inspection CA"`);
      expectLog(proxy, `CONNECT ${service}`);
    });
    await check(`${title}: an inspection of TLS whose CA is known lets all through`, async () => {
      const inspectorFile = join(scene.directory, 'inspector.pem');
      writeFileSync(inspectorFile, inspector.pem);
      expectCredentials(await call(scene, { ...inspected, AWS_CA_BUNDLE: inspectorFile }));
      // It saw what was in the tunnel, or else it was none.
      expectLog(proxy, `https://${service}/portal/federation/credentials`);
    });
  });
}

async function tryPasswords(
  title: string,
  scene: Scene,
  proxy: RealProxy,
  check: Check,
): Promise<void> {
  const calls = scene.standIn.calls;
  await check(`${title}: its password lets token and role through`, async () => {
    expectCredentials(await call(scene, { HTTPS_PROXY: withUser(proxy, user) }));
  });
  await check(`${title}: a password that is missing is asked for`, async () => {
    const finished = await call(scene, { HTTPS_PROXY: proxy.url });
    expectFailure(finished, 5, 'wants a user and a password (407)');
  });
  await check(`${title}: a password that is wrong is told, and shown nowhere`, async () => {
    const before = calls().length;
    const wrong = withUser(proxy, { ...user, password: 'wr0ng' });
    const finished = await call(scene, { HTTPS_PROXY: wrong });
    // squid says 407 to it, tinyproxy 401.
    expectFailure(finished, 5, 'does not take the user and the password of HTTPS_PROXY (40');
    if (/wr0ng|jane/.test(finished.stderr)) throw new Error('the password is shown');
    if (calls().length > before) throw new Error('something got through');
  });
}

async function withProxy(
  starting: Promise<RealProxy>,
  use: (proxy: RealProxy) => Promise<void>,
): Promise<void> {
  const proxy = await starting;
  try {
    await use(proxy);
  } finally {
    await proxy.stop();
  }
}

/** A call for credentials in a home of its own, whose token has expired. */
async function call(scene: Scene, variables: Variables): Promise<Finished> {
  const { build, standIn, service, caFile } = scene;
  const sandbox: SandboxHome = createSandboxHome(standIn, {
    ssoCred: build.path,
    token: { expiresInS: -60 },
  });
  try {
    return await runProcess(join(sandbox.bin, 'sso-cred'), ['--profile', 'dev'], {
      env: {
        ...sandbox.env,
        ...noNetworkVariables,
        AWS_CA_BUNDLE: caFile,
        AWS_ENDPOINT_URL_SSO: `https://${service}/portal`,
        AWS_ENDPOINT_URL_SSO_OIDC: `https://${service}/oidc`,
        ...variables,
      },
    });
  } finally {
    await sandbox.remove();
  }
}

/** An address or a name of this machine that is not the loopback to look at. */
async function ownHost(): Promise<string | undefined> {
  const address = Object.values(networkInterfaces())
    .flat()
    .find((each) => each !== undefined && !each.internal && each.family === 'IPv4')?.address;
  if (address !== undefined) return address;
  const name = hostname();
  const isKnown = await lookup(name).then(
    () => true,
    () => false,
  );
  return isKnown && name !== 'localhost' ? name : undefined;
}

function withUser({ url }: RealProxy, { name, password }: typeof user): string {
  return url.replace('://', `://${name}:${password}@`);
}

function expectCredentials({ exitStatus, stdout, stderr }: Finished): void {
  if (exitStatus !== 0 || stderr !== '') throw new Error(`status ${exitStatus}: ${stderr}`);
  if (!/^\{"Version":1,[^\n]*\}\n$/.test(stdout)) throw new Error('that is no answer');
}

function expectFailure(finished: Finished, status: number, message: string): void {
  const { exitStatus, stdout, stderr } = finished;
  if (exitStatus !== status || stdout !== '' || !stderr.includes(message)) {
    throw new Error(`status ${exitStatus}: ${stderr}`);
  }
}

function expectLog(proxy: RealProxy, line: string): void {
  if (!proxy.log().includes(line)) throw new Error(`the proxy's log lacks “${line}”`);
}

process.exitCode = await main();
