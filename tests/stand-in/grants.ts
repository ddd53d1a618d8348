import { createHash, randomInt } from 'node:crypto';
import { opaqueId } from './opaque.ts';
import type { StandInOptions } from './options.ts';
import type { ClientRegistration } from './sessions.ts';
import { malformed, ServiceError } from './wire.ts';

/** What a client asked of the authorization endpoint (RFC 6749, 4.1.1; RFC 7636, 4.3). */
export interface AuthorizationRequest {
  readonly client: ClientRegistration;
  readonly redirectUri: string;
  readonly state: string;
  readonly codeChallenge: string;
  readonly scopes: readonly string[];
}

/** A device authorization (RFC 8628, 3.2). Times are epoch milliseconds. */
export interface DeviceAuthorization {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly client: ClientRegistration;
  readonly startUrl: string;
  readonly expiresAt: number;
}

/** The user's part of the two flows: what waits for consent, and what consent gave. */
export interface Grants {
  /** Keeps a request until the user decides; gives the id that the page's form sends back. */
  readonly askConsent: (request: AuthorizationRequest) => string;
  /** The user's decision on it; gives the authorization code when it is allowed. */
  readonly decide: (
    id: string,
    allow: boolean,
  ) => { readonly request: AuthorizationRequest; readonly code: string | undefined };
  /** Uses up an authorization code; throws InvalidGrantException. */
  readonly redeemCode: (
    client: ClientRegistration,
    code: string,
    redirectUri: string,
    codeVerifier: string,
  ) => void;
  readonly startDevice: (client: ClientRegistration, startUrl: string) => DeviceAuthorization;
  readonly findDevice: (userCode: string) => DeviceAuthorization | undefined;
  /** The user's decision; throws when no device waits under this code. */
  readonly decideDevice: (userCode: string, allow: boolean) => void;
  /** Uses up an approved device code; throws what a poll is answered until then. */
  readonly redeemDevice: (client: ClientRegistration, deviceCode: string) => DeviceAuthorization;
}

interface CodeRecord {
  readonly request: AuthorizationRequest;
  readonly expiresAt: number;
}

interface DeviceRecord extends DeviceAuthorization {
  state: 'pending' | 'approved' | 'denied' | 'used';
  intervalMs: number;
  polledAt: number | undefined;
}

export function createGrants(options: StandInOptions): Grants {
  const requests = new Map<string, AuthorizationRequest>();
  const codes = new Map<string, CodeRecord>();
  const devices: DeviceRecord[] = [];

  const findDevice = (userCode: string): DeviceRecord | undefined =>
    devices.find((device) => device.userCode === userCode.trim().toUpperCase());

  return {
    askConsent: (request) => {
      const id = opaqueId(22);
      requests.set(id, request);
      return id;
    },

    decide: (id, allow) => {
      const request = requests.get(id);
      if (request === undefined) throw malformed('this request has been decided, or never was');
      requests.delete(id);
      if (!allow) return { request, code: undefined };
      const code = opaqueId(300);
      codes.set(code, { request, expiresAt: options.now() + 600_000 });
      return { request, code };
    },

    redeemCode: (client, code, redirectUri, codeVerifier) => {
      const record = codes.get(code);
      codes.delete(code);
      if (record === undefined || options.now() >= record.expiresAt)
        throw invalidGrant('Invalid authorization code provided', false);
      const { request } = record;
      if (request.client.clientId !== client.clientId)
        throw invalidGrant('the authorization code belongs to another client', true);
      if (request.redirectUri !== redirectUri)
        throw invalidGrant('redirectUri is not the one that the code was sent to', true);
      const challenge = createHash('sha256').update(codeVerifier).digest('base64url');
      if (challenge !== request.codeChallenge)
        throw invalidGrant('codeVerifier does not fit the code_challenge', true);
    },

    startDevice: (client, startUrl) => {
      const device: DeviceRecord = {
        deviceCode: opaqueId(86),
        userCode: `${userCodePart()}-${userCodePart()}`,
        client,
        startUrl,
        expiresAt: options.now() + options.deviceCodeLifetimeS * 1000,
        state: 'pending',
        intervalMs: options.deviceIntervalS * 1000,
        polledAt: undefined,
      };
      devices.push(device);
      return device;
    },

    findDevice,

    decideDevice: (userCode, allow) => {
      const device = findDevice(userCode);
      if (device === undefined || device.state !== 'pending')
        throw malformed(`no device waits under the code ${userCode}`);
      device.state = allow ? 'approved' : 'denied';
    },

    redeemDevice: (client, deviceCode) => {
      const now = options.now();
      const device = devices.find((candidate) => candidate.deviceCode === deviceCode);
      if (device === undefined || device.client.clientId !== client.clientId)
        throw invalidGrant('Invalid device code provided', true);
      if (device.state === 'used') throw invalidGrant('The device code has been used', false);
      if (now >= device.expiresAt)
        throw new ServiceError(400, 'ExpiredTokenException', 'The device code has expired');
      // A timer may fire a little early by the wall clock.
      const tooSoon = now + 20 < (device.polledAt ?? -Infinity) + device.intervalMs;
      device.polledAt = now;
      if (tooSoon) {
        // RFC 8628, 3.5: from here on the client has to wait five seconds more.
        device.intervalMs += 5000;
        throw new ServiceError(400, 'SlowDownException', 'The client polls too often');
      }
      if (device.state === 'denied')
        throw new ServiceError(400, 'AccessDeniedException', 'The user denied the request');
      if (device.state === 'pending')
        throw new ServiceError(
          400,
          'AuthorizationPendingException',
          'The user has not decided yet',
        );
      device.state = 'used';
      return device;
    },
  };
}

function invalidGrant(message: string, violation: boolean): ServiceError {
  return new ServiceError(400, 'InvalidGrantException', message, violation);
}

function userCodePart(): string {
  const letters = 'BCDFGHJKLMNPQRSTVWXZ';
  return Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('');
}
