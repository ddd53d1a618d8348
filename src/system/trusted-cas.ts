import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { SecureContext } from 'node:tls';
import type { CaBundle } from '../model/ca-bundle.ts';
import { codeOf, SsoCredError } from '../model/errors.ts';
import type { World } from '../world.ts';

/** Which CAs are trusted besides those that the runtime brings along. */
export interface TrustChoice {
  readonly caBundle: CaBundle | undefined;
  /** Also what the system trusts. */
  readonly withSystem: boolean;
}

/** Where systems keep their CAs as one file; the first that is there counts. */
const systemFiles = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Ubuntu, Arch, Alpine
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', // Fedora, RHEL, Amazon Linux
  '/etc/pki/tls/certs/ca-bundle.crt', // older ones
  '/etc/ssl/ca-bundle.pem', // openSUSE
  '/etc/ssl/cert.pem', // BSD, macOS
] as const;

/** What newer versions of node:tls can do, and the types of the oldest do not know. */
interface NewerTls {
  readonly getCACertificates?: (kind: 'default' | 'system') => readonly string[];
}

/**
 * A TLS context that trusts the runtime's own roots and NODE_EXTRA_CA_CERTS and, in addition to them,
 * what is chosen. Undefined when that is nothing: then the runtime's own context will do.
 * @throws InvalidConfig when the bundle cannot be read or holds no certificate
 */
export async function trustedCas(
  { caBundle, withSystem }: TrustChoice,
  env: World['env'],
): Promise<SecureContext | undefined> {
  if (caBundle === undefined && !withSystem) return undefined;
  const tls = await import('node:tls');
  const { getCACertificates } = tls as NewerTls;
  const usual = new Set([
    ...(getCACertificates?.('default') ?? tls.rootCertificates),
    ...readableIn(env['NODE_EXTRA_CA_CERTS']),
  ]);
  const bundled = caBundle === undefined ? [] : readBundle(caBundle, usual);
  const system = withSystem ? systemCas(env, getCACertificates) : [];
  return tls.createSecureContext({ ca: [...new Set([...usual, ...bundled, ...system])] });
}

/** The certificates of a bundle that is not known to be good. @throws InvalidConfig */
function readBundle({ path, setting }: CaBundle, known: ReadonlySet<string>): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (cause) {
    const code = codeOf(cause) ?? 'unknown error';
    const message = `${setting} names ${path}, which cannot be read (${code})`;
    throw new SsoCredError('InvalidConfig', message, { cause });
  }
  const certificates = certificatesIn(text);
  if (certificates.length === 0) {
    const message = `${setting} names ${path}, which holds no certificate in PEM form`;
    throw new SsoCredError('InvalidConfig', message);
  }
  const bad = certificates.findIndex((pem) => !known.has(pem) && !isCertificate(pem));
  if (bad === -1) return certificates;
  throw new SsoCredError(
    'InvalidConfig',
    `${setting} names ${path}, whose certificate number ${bad + 1} cannot be understood`,
  );
}

/** SSL_CERT_FILE takes the place of the system's file, as for OpenSSL. */
function systemCas(
  env: World['env'],
  getCACertificates: NewerTls['getCACertificates'],
): readonly string[] {
  const files = env['SSL_CERT_FILE'] ? [env['SSL_CERT_FILE']] : systemFiles;
  const found = files.map(readableIn).find((certificates) => certificates.length > 0) ?? [];
  return [...found, ...(getCACertificates?.('system') ?? [])];
}

/** The certificates of a file that may be absent, or hold others that are no use. */
function readableIn(path: string | undefined): readonly string[] {
  if (!path) return [];
  try {
    return certificatesIn(readFileSync(path, 'latin1')).filter(isCertificate);
  } catch {
    return [];
  }
}

function certificatesIn(text: string): readonly string[] {
  const pattern = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
  return (text.match(pattern) ?? []).map((pem) => pem.replaceAll('\r', ''));
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
