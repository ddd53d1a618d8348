import { SsoCredError } from '../model/errors.ts';
import type { ShownCertificate } from './peer-certificate.ts';

/** The codes of OpenSSL, and so of both runtimes, for a certificate that is nobody's we know. */
const unknownIssuer = [
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
];

/** Whether a code says that a certificate was signed by a CA that is not trusted. */
export function isUnknownIssuer(code: string): boolean {
  return unknownIssuer.includes(code);
}

/** Whether a code is about the certificate that a server showed. */
export function isCertificateCode(code: string | undefined): code is string {
  return (
    code !== undefined &&
    (isUnknownIssuer(code) || /^CERT_|^INVALID_(CA|PURPOSE)$|^ERR_TLS_CERT_/.test(code))
  );
}

/** What is known of a certificate that was not accepted. */
export interface RejectedCertificate {
  readonly code: string;
  /** Who showed it, as a message begins: a host, or `The proxy …`. */
  readonly shownBy: string;
  readonly shown: ShownCertificate | undefined;
  /** The setting that names a CA bundle, if one does. */
  readonly caBundle: { readonly setting: string; readonly path: string } | undefined;
  readonly cause: unknown;
}

/** The error for it, with what to set. */
export function certificateError(rejected: RejectedCertificate): SsoCredError {
  const text = `${rejected.shownBy} shows a certificate ${describe(rejected)} (${rejected.code})`;
  return new SsoCredError('CertificateRejected', text, { cause: rejected.cause });
}

function describe({ code, shown, caBundle }: RejectedCertificate): string {
  if (isUnknownIssuer(code)) {
    const issuer = shown === undefined || shown.issuer === '' ? 'a CA' : `"${shown.issuer}"`;
    const advice =
      caBundle === undefined
        ? 'name a PEM file with that CA in AWS_CA_BUNDLE or in ca_bundle of the profile'
        : `${caBundle.setting} (${caBundle.path}) lacks that CA`;
    return `signed by ${issuer}, which is not trusted here. If a proxy or gateway of yours inspects TLS, ${advice}`;
  }
  const range =
    shown === undefined ? '' : ` (it is good from ${shown.validFrom} to ${shown.validTo})`;
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return `that has expired${range}: if not, the clock of this machine is wrong`;
    case 'CERT_NOT_YET_VALID':
      return `that is not valid yet${range}: if it is, the clock of this machine is wrong`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'for other names: is the endpoint right, or does something in between answer in its place?';
    default:
      return 'that cannot be accepted';
  }
}
