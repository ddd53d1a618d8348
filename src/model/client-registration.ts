import { numberAt, parseJsonObject, textAt } from './json.ts';

const version = 1;

/** The grants that a client is registered for. */
export type SignInFlow = 'browser' | 'device';

/** A client of Identity Center's OIDC service, as RegisterClient gave it. */
export interface ClientRegistration {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** The text of a registration's record. */
export function encodeClientRegistration(registration: ClientRegistration): string {
  return JSON.stringify({ version, ...registration });
}

/** The registration that a text holds; undefined when it is none of this version. */
export function decodeClientRegistration(text: string): ClientRegistration | undefined {
  const file = parseJsonObject(text);
  if (file === undefined || numberAt(file, 'version') !== version) return undefined;
  const clientId = textAt(file, 'clientId');
  const clientSecret = textAt(file, 'clientSecret');
  const expiresAt = numberAt(file, 'expiresAt');
  if (clientId === undefined || clientSecret === undefined || expiresAt === undefined) {
    return undefined;
  }
  return { clientId, clientSecret, expiresAt };
}
