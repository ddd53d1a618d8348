import type { JsonWebKey } from 'node:crypto';
import { compactVerify, createLocalJWKSet, decodeProtectedHeader } from 'jose';
import type { WebIdentityClaims } from './options.ts';
import { ServiceError } from './wire.ts';

/** The algorithms that STS takes: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
const algorithms = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'];

/** An IAM OIDC identity provider: which issuer is trusted, for which client ids, by which key. */
export interface TrustedIssuer {
  readonly issuer: string;
  readonly clientIds: readonly string[];
  readonly publicJwk: JsonWebKey;
}

/**
 * Checks a token as STS does, but for its expiry, which is the stand-in's to judge.
 * @throws ServiceError InvalidIdentityToken
 */
export async function verifyWebIdentity(
  token: string,
  { issuer, clientIds, publicJwk }: TrustedIssuer,
): Promise<WebIdentityClaims> {
  let algorithm: string | undefined;
  try {
    algorithm = decodeProtectedHeader(token).alg;
  } catch {
    throw invalid('The ID Token provided is not a valid JWT');
  }
  if (algorithm === undefined || !algorithms.includes(algorithm))
    throw invalid(`Unsupported signature algorithm ${algorithm}`);
  const claims = claimsOf(await verifiedText(token, publicJwk));

  const { iss, aud, azp, iat, nbf } = claims;
  if (iss !== issuer) throw invalid(`No OpenIDConnect provider found in your account for ${iss}`);
  const audiences = azp === undefined ? [aud].flat() : [azp];
  if (!audiences.some((audience) => clientIds.includes(audience)))
    throw invalid('Incorrect token audience');
  const latest = Date.now() / 1000 + 300;
  if (iat > latest || (nbf ?? 0) > latest)
    throw invalid('The ID Token provided is not valid yet. Check the clock of the issuer');
  return claims;
}

async function verifiedText(token: string, publicJwk: JsonWebKey): Promise<string> {
  const keys = createLocalJWKSet({ keys: [{ ...publicJwk, kty: 'RSA' }] });
  try {
    const { payload } = await compactVerify(token, keys, { algorithms });
    return new TextDecoder().decode(payload);
  } catch {
    throw invalid("Couldn't verify the signature of the ID Token");
  }
}

type RequiredClaims = WebIdentityClaims & { readonly iat: number; readonly nbf?: number };

function claimsOf(text: string): RequiredClaims {
  const claims = JSON.parse(text);
  for (const name of ['iss', 'sub', 'aud', 'exp', 'iat'])
    if (claims[name] === undefined) throw invalid(`Missing a required claim: ${name}`);
  for (const name of ['exp', 'iat', 'nbf'])
    if (claims[name] !== undefined && !Number.isInteger(claims[name]))
      throw invalid(`The claim ${name} is not a whole number`);
  return claims;
}

function invalid(message: string): ServiceError {
  return new ServiceError(400, 'InvalidIdentityToken', message);
}
