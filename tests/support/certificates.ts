import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate with its key, both in PEM. */
export interface Certificate {
  readonly pem: string;
  readonly key: string;
}

/** A certificate authority of a test. */
export interface TestCa extends Certificate {
  /** Signs a certificate for a host's names or addresses; good from yesterday for a month. */
  issue(names: readonly string[], validity?: Validity): Certificate;
}

interface Validity {
  /** Days from now. */
  readonly from: number;
  readonly to: number;
}

const dayMs = 24 * 3_600_000;
const month: Validity = { from: -1, to: 30 };
const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));

/** Makes a CA of this name, with a key of its own (X.509 version 3, RFC 5280). */
export function createCa(name: string): TestCa {
  const { publicKey, privateKey } = keyPair();
  const subject = nameOf(name);
  const pem = certificate(
    { subject, publicKey, isCa: true, names: [], validity: month },
    subject,
    privateKey,
  );
  return {
    pem,
    key: pemKey(privateKey),
    issue(names, validity = month) {
      const pair = keyPair();
      const leaf = {
        subject: nameOf(names[0] ?? ''),
        publicKey: pair.publicKey,
        isCa: false,
        names,
        validity,
      };
      return { pem: certificate(leaf, subject, privateKey), key: pemKey(pair.privateKey) };
    },
  };
}

function keyPair() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function pemKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

interface Subject {
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly isCa: boolean;
  readonly names: readonly string[];
  readonly validity: Validity;
}

function certificate(of: Subject, issuer: Buffer, issuerKey: KeyObject): string {
  const constraints = sequence(...(of.isCa ? [der(0x01, Buffer.of(0xff))] : []));
  const extensions = [
    extension(oid(0x55, 0x1d, 0x13), constraints, true),
    ...(of.names.length === 0
      ? []
      : [extension(oid(0x55, 0x1d, 0x11), sequence(...of.names.map(generalName)), false)]),
  ];
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ecdsaWithSha256,
    issuer,
    sequence(time(of.validity.from), time(of.validity.to)),
    of.subject,
    of.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, issuerKey);
  const whole = sequence(body, ecdsaWithSha256, der(0x03, Buffer.of(0), signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function extension(id: Buffer, value: Buffer, isCritical: boolean): Buffer {
  const critical = isCritical ? [der(0x01, Buffer.of(0xff))] : [];
  return sequence(id, ...critical, der(0x04, value));
}

function generalName(name: string): Buffer {
  const isAddress = /^\d+(\.\d+){3}$/.test(name);
  return isAddress
    ? der(0x87, Buffer.from(name.split('.').map(Number)))
    : der(0x82, Buffer.from(name));
}

/** A name that is only a common name. */
function nameOf(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(commonName)))));
}

function time(daysFromNow: number): Buffer {
  const text = new Date(Date.now() + daysFromNow * dayMs).toISOString();
  return der(0x17, Buffer.from(`${text.slice(2, 19).replace(/\D/g, '')}Z`));
}

function oid(...bytes: readonly number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

/** One element of DER: tag, length, content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}
