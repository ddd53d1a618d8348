import { SsoCredError } from '../../../src/model/errors.ts';
import type { HttpReply, HttpRequest, SendHttp } from '../../../src/system/http.ts';
import type { SimulatedProcess } from './simulation.ts';

/** One token of a sign-in: the first, and each that a refresh gave, in their order. */
export interface TokenName {
  /** Counted over all sign-ins. */
  readonly signIn: number;
  readonly index: number;
}

/** A refresh token as it was sent. */
export interface Sent {
  readonly token: TokenName;
  readonly sender: SimulatedProcess;
  /** Whether its sender has the reply, or will never have it. */
  state: 'in flight' | 'delivered' | 'lost';
}

/**
 * Identity Center with refresh tokens that are good once, and none of them twice: one that comes again
 * ends the session, as providers without leeway do.
 */
export interface IdentityCenter {
  readonly sendHttp: (sender: SimulatedProcess) => SendHttp;
  /** Signs somebody in: a token of a new sign-in. @param by who gets it */
  readonly signIn: (by: SimulatedProcess | undefined) => TokenName;
  /** Refresh tokens that came, in their order. */
  readonly sent: readonly Sent[];
  /** Who got the first token of a sign-in. */
  readonly signedInBy: (signIn: number) => SimulatedProcess | undefined;
  /** How many sign-ins there were. */
  readonly signIns: () => number;
  readonly hasEnded: (signIn: number) => boolean;
  readonly isSpent: (token: TokenName) => boolean;
  /** The reply to the next refresh does not come. */
  readonly loseNextReply: () => void;
}

export const accessTokenOf = ({ signIn, index }: TokenName) => `secret-access-${signIn}-${index}`;
export const refreshTokenOf = ({ signIn, index }: TokenName) => `secret-refresh-${signIn}-${index}`;
const tokenLifetimeMs = 10 * 60_000;

const hourMs = 3_600_000;

/** Which token a text is, or which sign-in a key of credentials belongs to. */
export function nameIn(text: string): TokenName {
  const [, signIn, index] = /-(\d+)-(\d+)$/.exec(text) ?? [];
  return { signIn: Number(signIn), index: Number(index) };
}

export function identityCenter(): IdentityCenter {
  const owners: (SimulatedProcess | undefined)[] = [];
  const sent: Sent[] = [];
  const spent = new Set<string>();
  const ended = new Set<number>();
  let isNextLost = false;

  const signIn = (by: SimulatedProcess | undefined): TokenName => {
    owners.push(by);
    return { signIn: owners.length, index: 0 };
  };

  const tokenReply = (token: TokenName) => ({
    accessToken: accessTokenOf(token),
    refreshToken: refreshTokenOf(token),
    expiresIn: tokenLifetimeMs / 1000,
    tokenType: 'Bearer',
  });

  const createToken = (sender: SimulatedProcess, input: Readonly<Record<string, unknown>>) => {
    if (input['deviceCode'] !== undefined) return ok(tokenReply(signIn(sender)));
    const refreshToken = String(input['refreshToken']);
    const token = nameIn(refreshToken);
    if (spent.has(refreshToken)) ended.add(token.signIn);
    if (ended.has(token.signIn)) return refused('InvalidGrantException', 'invalid_grant');
    spent.add(refreshToken);
    return ok(tokenReply({ ...token, index: token.index + 1 }));
  };

  const answer = (sender: SimulatedProcess, request: HttpRequest): Answer => {
    const { method, url, headers } = request;
    const bearer = nameIn(headers['x-amz-sso_bearer_token'] ?? '');
    switch (`${method} ${url.pathname}`) {
      case 'POST /token':
        return createToken(sender, inputOf(request));
      case 'POST /client/register':
        return ok({
          clientId: 'client',
          clientSecret: 'secret-client',
          clientSecretExpiresAt: Math.floor((sender.world.clock.now() + 90 * 24 * hourMs) / 1000),
        });
      case 'POST /device_authorization':
        return ok({
          deviceCode: 'secret-device-code',
          userCode: 'ABCD-EFGH',
          verificationUri: 'https://device.example.com/',
          verificationUriComplete: 'https://device.example.com/?user_code=ABCD-EFGH',
          expiresIn: 600,
          interval: 5,
        });
      case 'POST /logout':
        ended.add(bearer.signIn);
        return ok({});
      case 'GET /federation/credentials':
        if (ended.has(bearer.signIn)) return refused('UnauthorizedException', 'unauthorized', 401);
        return ok({
          roleCredentials: {
            accessKeyId: `ASIA${String(bearer.signIn).padStart(16, '0')}`,
            secretAccessKey: 'secret-key',
            sessionToken: 'secret-session',
            expiration: sender.world.clock.now() + hourMs,
          },
        });
      default:
        throw new Error(`no operation of AWS: ${method} ${url.pathname}`);
    }
  };

  return {
    signIn,
    sent,
    signedInBy: (number) => owners[number - 1],
    signIns: () => owners.length,
    hasEnded: (number) => ended.has(number),
    isSpent: (token) => spent.has(refreshTokenOf(token)),
    loseNextReply() {
      isNextLost = true;
    },
    sendHttp: (sender) => async (request) => {
      const { pathname } = request.url;
      await sender.pause(`sends ${pathname}`);
      const { refreshToken } = inputOf(request);
      const one: Sent | undefined =
        typeof refreshToken === 'string'
          ? { token: nameIn(refreshToken), sender, state: 'in flight' }
          : undefined;
      if (one !== undefined) sent.push(one);
      const { status, body, error } = answer(sender, request);
      const isLost = one !== undefined && isNextLost;
      if (isLost) isNextLost = false;
      await sender.pause(`gets the reply to ${pathname}`);
      if (one !== undefined) one.state = isLost ? 'lost' : 'delivered';
      if (isLost) throw new SsoCredError('NetworkFailed', 'no reply came');
      return replyOf(sender, status, body, error);
    },
  };
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly error?: string;
}

const ok = (body: unknown): Answer => ({ status: 200, body });

function refused(name: string, error: string, status = 400): Answer {
  return { status, body: { message: 'No', error, error_description: 'No' }, error: name };
}

function replyOf(
  sender: SimulatedProcess,
  status: number,
  body: unknown,
  error: string | undefined,
): HttpReply {
  return {
    status,
    headers: {
      'content-type': 'application/json',
      date: new Date(sender.world.clock.now()).toUTCString(),
      'x-amzn-requestid': '00000000-0000-4000-8000-000000000000',
      ...(error === undefined ? {} : { 'x-amzn-errortype': error }),
    },
    body: Buffer.from(JSON.stringify(body)),
  };
}

function inputOf({ body }: HttpRequest): Readonly<Record<string, unknown>> {
  if (body === undefined) return {};
  return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body));
}
