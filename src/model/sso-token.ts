import { parseJsonObject, textAt } from './json.ts';
import { formatTimestamp } from './role-credentials.ts';

/**
 * A token file of ~/.aws/sso/cache as the AWS CLI and the SDKs share it; names as in the file,
 * times as epoch milliseconds.
 */
export interface SsoToken {
  readonly accessToken: string;
  readonly expiresAt: number;
  readonly startUrl?: string;
  readonly region?: string;
  readonly refreshToken?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly registrationExpiresAt?: number;
}

/** What a refresh needs of a token. */
export interface RefreshableSsoToken extends SsoToken {
  readonly refreshToken: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The token that a file's text holds; undefined when it is none (a client registration, say, or torn). */
export function decodeSsoToken(text: string): SsoToken | undefined {
  const file = parseJsonObject(text);
  if (file === undefined) return undefined;
  const accessToken = textAt(file, 'accessToken');
  const expiresAt = parseTimestamp(textAt(file, 'expiresAt'));
  if (accessToken === undefined || expiresAt === undefined) return undefined;
  return withoutUndefined({
    accessToken,
    expiresAt,
    startUrl: textAt(file, 'startUrl'),
    region: textAt(file, 'region'),
    refreshToken: textAt(file, 'refreshToken'),
    clientId: textAt(file, 'clientId'),
    clientSecret: textAt(file, 'clientSecret'),
    registrationExpiresAt: parseTimestamp(textAt(file, 'registrationExpiresAt')),
  });
}

/**
 * The text of a token file: those of the AWS CLI's eight keys that exist, all strings, never empty,
 * in the CLI's order. Other keys break or are dropped by some SDK.
 */
export function encodeSsoToken(token: SsoToken): string {
  const { registrationExpiresAt } = token;
  return JSON.stringify({
    startUrl: token.startUrl,
    region: token.region,
    accessToken: token.accessToken,
    expiresAt: formatTimestamp(token.expiresAt),
    clientId: token.clientId,
    clientSecret: token.clientSecret,
    registrationExpiresAt:
      registrationExpiresAt === undefined ? undefined : formatTimestamp(registrationExpiresAt),
    refreshToken: token.refreshToken,
  });
}

/** Whether the token can be refreshed; if not, why, as the end of a sentence. */
export function refreshability(
  token: SsoToken,
  now: number,
): { readonly refreshable: RefreshableSsoToken } | { readonly reason: string } {
  const { refreshToken, clientId, clientSecret, registrationExpiresAt } = token;
  if (refreshToken === undefined) return { reason: 'it has no refresh token' };
  if (clientId === undefined || clientSecret === undefined) {
    return { reason: 'its client registration is not in the token file' };
  }
  if (registrationExpiresAt !== undefined && registrationExpiresAt <= now) {
    return {
      reason: `its client registration expired at ${formatTimestamp(registrationExpiresAt)}`,
    };
  }
  return { refreshable: { ...token, refreshToken, clientId, clientSecret } };
}

/**
 * Epoch milliseconds of a timestamp as AWS's tools write it: RFC 3339, or with `UTC` at the end as
 * old versions did. A time without a zone is nobody's time: undefined.
 */
function parseTimestamp(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?)(Z|UTC|[+-]\d\d:?\d\d)$/i.exec(
    text,
  );
  if (match === null) return undefined;
  const [, time = '', zone = ''] = match;
  const epochMs = Date.parse(time + (zone.toUpperCase() === 'UTC' ? 'Z' : zone.toUpperCase()));
  return Number.isNaN(epochMs) ? undefined : epochMs;
}

function withoutUndefined<T extends object>(
  value: T,
): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
