import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { CaBundle } from '../../src/model/ca-bundle.ts';
import { httpSender } from '../../src/system/http.ts';
import type { Environment } from '../../src/world.ts';
import { type Certificate, createCa } from '../support/certificates.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import { startTlsFront } from '../support/tls-front.ts';

const directory = freshDirectory();
const ca = createCa('Acme Inspection CA');
const otherCa = createCa('Other CA');
const toStop: { stop(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const each of toStop.splice(0)) await each.stop();
});

function file(name: string, ...parts: readonly string[]): string {
  const path = join(directory, name);
  writeFileSync(path, parts.join(''));
  return path;
}

const caFile = file('ca.pem', ca.pem);
const otherCaFile = file('other-ca.pem', otherCa.pem);
const noSystem = { SSL_CERT_FILE: file('none.pem') };
const bundle = (path: string): CaBundle => ({ path, setting: 'AWS_CA_BUNDLE' });

/** A server behind TLS with this certificate; gives its URL, and how many requests came. */
async function serve(certificate: Certificate): Promise<{ url: URL; requests: () => number }> {
  let requests = 0;
  const server: Server = createServer((_incoming, outgoing) => {
    requests += 1;
    outgoing.end('served');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const front = await startTlsFront({
    certificate: () => certificate,
    upstream: () => `http://127.0.0.1:${port}`,
  });
  toStop.push(front, { stop: () => new Promise((stopped) => server.close(stopped)) });
  return { url: new URL(`https://localhost:${front.port}/`), requests: () => requests };
}

/** Asks by a sender of its own; gives the status, or the error. */
async function ask(
  url: URL,
  env: Environment = noSystem,
  caBundle?: CaBundle,
  trace: string[] = [],
): Promise<unknown> {
  const request = { method: 'GET', url, headers: { authorization: 'a-secret' } };
  const tell = (topic: string, text: string) => trace.push(`${topic}: ${text}`);
  return await httpSender(env)(request, { timeoutMs: 9_000, caBundle, trace: tell }).then(
    ({ status }) => status,
    (error: unknown) => error,
  );
}

describe('a certificate of a CA of one’s own', () => {
  test('is rejected where nothing says to trust it: the error names the CA and what to set', async () => {
    const { url, requests } = await serve(ca.issue(['localhost']));
    expect(await ask(url)).toMatchObject({
      code: 'CertificateRejected',
      message: `${url.host} shows a certificate signed by "Acme Inspection CA", which is not trusted here. If a proxy or gateway of yours inspects TLS, name a PEM file with that CA in AWS_CA_BUNDLE or in ca_bundle of the profile (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`,
    });
    expect(requests()).toBe(0);
  });

  test('is rejected where a bundle lacks it, which is named', async () => {
    const { url } = await serve(ca.issue(['localhost']));
    expect(await ask(url, noSystem, bundle(otherCaFile))).toMatchObject({
      code: 'CertificateRejected',
      message: expect.stringContaining(`AWS_CA_BUNDLE (${otherCaFile}) lacks that CA`),
    });
  });

  test.each<[string, Environment, CaBundle | undefined]>([
    ['a bundle', noSystem, bundle(caFile)],
    [
      'NODE_EXTRA_CA_CERTS beside a bundle',
      { ...noSystem, NODE_EXTRA_CA_CERTS: caFile },
      bundle(otherCaFile),
    ],
    ['SSL_CERT_FILE', { SSL_CERT_FILE: caFile }, undefined],
    ['SSL_CERT_FILE beside a bundle', { SSL_CERT_FILE: caFile }, bundle(otherCaFile)],
    [
      'a bundle beside a NODE_EXTRA_CA_CERTS that is not there',
      { ...noSystem, NODE_EXTRA_CA_CERTS: '/nowhere' },
      bundle(caFile),
    ],
    [
      'a bundle beside a SSL_CERT_FILE that is not there',
      { SSL_CERT_FILE: '/nowhere' },
      bundle(caFile),
    ],
  ])('is accepted with %s', async (_where, env, caBundle) => {
    const { url } = await serve(ca.issue(['localhost']));
    expect(await ask(url, env, caBundle)).toBe(200);
  });

  test.each<[string, readonly string[]]>([
    ['with line ends of Windows', [ca.pem.replaceAll('\n', '\r\n')]],
    ['with comments and without a line end', ['# Acme\n', ca.pem.trimEnd()]],
    ['after another one', [otherCa.pem, ca.pem]],
    ['after all of the usual ones', [rootCertificates.join('\n'), '\n', ca.pem]],
    ['beside a key', [ca.key, ca.pem]],
  ])('is found in its file %s', async (_how, parts) => {
    const { url } = await serve(ca.issue(['localhost']));
    expect(await ask(url, noSystem, bundle(file('as-is.pem', ...parts)))).toBe(200);
  });

  test('is asked of the system but once: the next request knows', async () => {
    const { url } = await serve(ca.issue(['localhost']));
    const send = httpSender({ SSL_CERT_FILE: caFile });
    const trace: string[] = [];
    const options = { timeoutMs: 9_000, trace: (_topic: string, text: string) => trace.push(text) };
    const request = { method: 'GET', url, headers: {} };
    await send(request, options);
    await send(request, options);
    expect(trace).toEqual([
      `${url.host}: UNABLE_TO_VERIFY_LEAF_SIGNATURE; what the system trusts is looked at, too`,
    ]);
  });
});

describe('a bundle of no use is an error that names it, before anything is sent:', () => {
  test.each([
    [
      'one that is not there',
      '/nowhere/ca.pem',
      /^AWS_CA_BUNDLE names \/nowhere\/ca\.pem, which cannot be read \(ENOENT\)$/,
    ],
    ['a directory', directory, /, which cannot be read \(EISDIR\)$/],
    ['an empty file', file('empty.pem'), /\/empty\.pem, which holds no certificate in PEM form$/],
    ['one in DER', file('der.pem', '0\x82\x01\x00'), /holds no certificate in PEM form$/],
    [
      'one with a certificate that is none',
      file('bad.pem', ca.pem, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
      /\/bad\.pem, whose certificate number 2 cannot be understood$/,
    ],
  ])('%s', async (_what, path, message) => {
    const { url, requests } = await serve(ca.issue(['localhost']));
    expect(await ask(url, noSystem, bundle(path))).toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringMatching(message),
    });
    expect(requests()).toBe(0);
  });
});

describe('a certificate of a trusted CA is rejected all the same', () => {
  test.each<[string, Certificate, RegExp]>([
    [
      'when it has expired',
      ca.issue(['localhost'], { from: -30, to: -1 }),
      /shows a certificate that has expired \(it is good from .+ GMT to .+ GMT\): if not, the clock of this machine is wrong \(CERT_HAS_EXPIRED\)$/,
    ],
    [
      'when it is not valid yet',
      ca.issue(['localhost'], { from: 1, to: 30 }),
      /shows a certificate that is not valid yet \(it is good from .+\): if it is, the clock of this machine is wrong \(CERT_NOT_YET_VALID\)$/,
    ],
    [
      'when it is for another name',
      ca.issue(['elsewhere.test']),
      /shows a certificate for other names: is the endpoint right, .+ \(ERR_TLS_CERT_ALTNAME_INVALID\)$/,
    ],
  ])('%s', async (_when, certificate, message) => {
    const { url, requests } = await serve(certificate);
    expect(await ask(url, noSystem, bundle(caFile))).toMatchObject({
      code: 'CertificateRejected',
      message: expect.stringMatching(message),
    });
    expect(requests()).toBe(0);
  });
});

test('the name of a CA cannot break the line of a message', async () => {
  const { url } = await serve(createCa('Evil\r\n\u001b[31mCA').issue(['localhost']));
  const { message } = (await ask(url)) as Error;
  expect(message).toContain('signed by "Evil [31mCA"');
});
