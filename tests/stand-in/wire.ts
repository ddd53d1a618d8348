import type { IncomingHttpHeaders } from 'node:http';

/**
 * The operations that the stand-in and the identity provider know; pages that a browser sees count as
 * operations too.
 */
export const operationNames = [
  'Probe',
  'RegisterClient',
  'StartDeviceAuthorization',
  'CreateToken',
  'Authorize',
  'AuthorizeDecision',
  'DevicePage',
  'DeviceDecision',
  'GetRoleCredentials',
  'ListAccounts',
  'ListAccountRoles',
  'Logout',
  'GetCallerIdentity',
  'AssumeRoleWithWebIdentity',
  'GetSigninToken',
  'Login',
  'Discovery',
  'Jwks',
  'DeviceAuthorization',
  'Token',
  'Revocation',
] as const;

export type OperationName = (typeof operationNames)[number];

/** A request as it came over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface WireReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** Names and values of a request or a reply, free of how a protocol writes them. */
export type Fields = Readonly<Record<string, unknown>>;

/** How one service writes requests, replies and errors. */
export interface Protocol {
  /** Throws a ServiceError for a request that this protocol does not allow. */
  readonly decode: (request: WireRequest) => Fields;
  readonly encode: (result: Fields, operation: OperationName, requestId: string) => WireReply;
  readonly encodeError: (error: ServiceError, requestId: string) => WireReply;
}

/** One operation of a service. */
export interface Operation {
  readonly name: OperationName;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** The Action parameter, where several operations share a path. */
  readonly action?: string;
  /** Whether AWS expects a signature; all others must come without one. */
  readonly signed?: boolean;
  readonly protocol: Protocol;
  readonly perform: (input: Fields, request: WireRequest) => Fields | Promise<Fields>;
}

/** An error as a service answers it. A violation is a request that no correct client sends. */
export class ServiceError extends Error {
  readonly status: number;
  readonly code: string;
  readonly violation: boolean;

  constructor(status: number, code: string, message: string, violation = false) {
    super(message);
    this.status = status;
    this.code = code;
    this.violation = violation;
  }
}

/** Not instanceof: a test may run in another realm than the stand-in. */
export function isServiceError(error: unknown): error is ServiceError {
  return typeof error === 'object' && error !== null && 'violation' in error && 'status' in error;
}

/** A request that no correct client sends. */
export function malformed(message: string): ServiceError {
  return new ServiceError(400, 'InvalidRequestException', message, true);
}

type Kind = 'string' | 'string?' | 'strings?';
type Values<S extends Readonly<Record<string, Kind>>> = {
  readonly [K in keyof S]: S[K] extends 'string'
    ? string
    : S[K] extends 'string?'
      ? string | undefined
      : readonly string[] | undefined;
};

/** The fields of a request, checked: none missing, none unknown, each of its type and not empty. */
export function readFields<const S extends Readonly<Record<string, Kind>>>(
  input: Fields,
  shape: S,
): Values<S> {
  for (const name of Object.keys(input)) {
    if (!Object.hasOwn(shape, name)) throw malformed(`unknown parameter ${name}`);
  }
  for (const [name, kind] of Object.entries(shape)) {
    const value = input[name];
    if (value === undefined) {
      if (kind === 'string') throw malformed(`missing parameter ${name}`);
    } else if (kind === 'strings?') {
      if (!Array.isArray(value) || !value.every((item) => typeof item === 'string' && item !== ''))
        throw malformed(`${name} must be a list of strings`);
    } else if (typeof value !== 'string' || value === '') {
      throw malformed(`${name} must be a string that is not empty`);
    }
  }
  return input as Values<S>;
}

/** The query or form as fields; a name that comes twice is refused. */
export function fieldsOf(parameters: URLSearchParams): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of parameters) {
    if (Object.hasOwn(fields, name)) throw malformed(`parameter ${name} comes twice`);
    fields[name] = value;
  }
  return fields;
}

/** Refuses a request whose content type is not the one of its protocol. */
export function requireContentType(request: WireRequest, expected: string): void {
  const actual = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (actual !== expected)
    throw malformed(`content-type is ${actual ?? 'absent'}, not ${expected}`);
}

/** A reply in JSON. */
export function jsonReply(
  status: number,
  value: Fields,
  headers: Readonly<Record<string, string>> = {},
): WireReply {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value),
  };
}

/** Text made safe for HTML and XML. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
