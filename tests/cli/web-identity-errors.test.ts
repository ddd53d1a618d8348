import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Fault } from '../stand-in/faults.ts';
import type { Tampering } from '../stand-in/tampering.ts';
import type { Fields } from '../stand-in/wire.ts';
import { ageFailures, ageRoles, heldMs, holdFailures } from '../support/age-records.ts';
import { builds } from '../support/builds.ts';
import { expectCredentials, expectFailure, expectRecordedFailure } from '../support/outcome.ts';
import { logIn, type WebSandbox, webProfile, webSandboxes } from '../support/web-sandbox.ts';

const minutes = 60_000;
const anew = ['--profile', 'web', '--refresh'];
const now = Math.floor(Date.now() / 1000);

/** What IAM knows the stand-in's provider by, as a pattern. */
const providerArn = 'arn:aws:iam::111122223333:oidc-provider/127\\.0\\.0\\.1:\\d+';

interface Refusal {
  readonly name: string;
  readonly error: string;
  readonly status?: number;
  readonly message?: string;
  readonly claims?: Fields;
  readonly advice: string;
}

const refusals: readonly Refusal[] = [
  {
    name: 'IAM does not know the provider',
    error: 'InvalidIdentityToken',
    message: 'No OpenIDConnect provider found in your account for https://acme.example',
    advice: `No OpenIDConnect provider found .*\\. IAM needs the provider ${providerArn} \\(its URL is the token's iss to the letter, slash and all\\) with the client id "sso-cred"`,
  },
  {
    name: 'IAM has another client id',
    error: 'InvalidIdentityToken',
    message: 'Incorrect token audience',
    advice: `the IAM provider ${providerArn} must have "sso-cred" among its client ids \\(the token's aud\\)`,
  },
  {
    name: 'the token has an azp',
    error: 'InvalidIdentityToken',
    message: 'Incorrect token audience',
    claims: { azp: 'another-client' },
    advice: `must have "another-client" among its client ids \\(the token's azp, which AWS compares in place of aud\\)`,
  },
  {
    name: 'the trust policy says no',
    error: 'AccessDenied',
    status: 403,
    message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity',
    claims: { amr: ['mfa', 'pwd'] },
    advice: `its trust policy must allow sts:AssumeRoleWithWebIdentity to ${providerArn} where "127\\.0\\.0\\.1:\\d+:aud" is "sso-cred" \\(the token's sub is "auth0\\|5f7c8ec7c33c6c004bbafe82", amr "mfa pwd"\\); or there is no such role`,
  },
  {
    name: 'the token has tags that the trust policy does not allow',
    error: 'AccessDenied',
    status: 403,
    claims: { 'https://aws.amazon.com/tags': { principal_tags: { team: ['a'], cost: ['b'] } } },
    advice: 'and allow sts:TagSession too, for the token has the tags team cost',
  },
  {
    name: 'tags and policies are too much',
    error: 'PackedPolicyTooLarge',
    message: 'Packed size of session tags consumes 130% of allotted space.',
    advice: `consumes 130% .* The token's session tags or amr and the session policies are too much together`,
  },
  {
    name: 'STS is off in the region',
    error: 'RegionDisabledException',
    status: 403,
    message: 'STS is not activated in this region for account:111122223333.',
    advice: 'STS is off in this region: set another region in the profile',
  },
  {
    name: 'the provider rejects a claim',
    error: 'IDPRejectedClaim',
    status: 403,
    message: 'The claim has been revoked',
    advice: 'The claim has been revoked\\. Sign in anew',
  },
  {
    name: 'AWS finds something else',
    error: 'MalformedPolicyDocument',
    message: 'The policy is not in the valid format.',
    advice: 'The policy is not in the valid format\\.',
  },
  {
    name: 'AWS repeats the token',
    error: 'ValidationError',
    message: 'TOKEN',
    advice: '…',
  },
];

interface BadToken extends Omit<Tampering, 'times'> {
  readonly name: string;
  readonly reason: RegExp;
}

const badTokens: readonly BadToken[] = [
  {
    name: 'has expired',
    claims: { iat: now - 7200, exp: now - 3600 },
    reason: /gave a token that has expired\b/,
  },
  {
    name: 'is not valid yet',
    claims: { nbf: now + 3600, exp: now + 7200 },
    reason: /gave a token that is not valid now but later\b/,
  },
  {
    name: 'was issued in the future',
    claims: { iat: now + 3600, exp: now + 7200 },
    reason: /gave a token that is not valid now but later\b/,
  },
  { name: 'is for another client', claims: { aud: 'other' }, reason: /not for us: aud is wrong/ },
  {
    name: 'is of another issuer',
    claims: { iss: 'https://other.example/' },
    reason: /not for us: iss is wrong/,
  },
  { name: 'has no end', claims: { exp: undefined }, reason: /lacks something/ },
  {
    name: 'is not signed',
    signature: 'none',
    reason: /algorithm that AWS cannot check: set it to RS256/,
  },
];

interface BadDiscovery {
  readonly name: string;
  readonly fault: Fault;
  readonly reason: RegExp;
}

const badDiscoveries: readonly BadDiscovery[] = [
  {
    name: 'names another issuer',
    fault: { transform: (reply) => ({ ...reply, issuer: 'https://other.example/' }) },
    reason: /^The discovery document of http:\S+ names another issuer/,
  },
  {
    name: 'names an endpoint off this machine without https',
    fault: { transform: (reply) => ({ ...reply, token_endpoint: 'http://192.0.2.1/token' }) },
    reason: /^The discovery document of http:\S+ names a token_endpoint that is no https URL/,
  },
  {
    name: 'is over 1 MiB',
    fault: { body: `{"issuer":"${'x'.repeat(1_200_000)}"}`, contentType: 'application/json' },
    reason: /^127\.0\.0\.1:\d+ sent a reply of over 1 MiB/,
  },
  {
    name: 'is somewhere else',
    fault: { status: 302, body: 'moved', headers: { location: '/token' } },
    reason: /^The discovery document of http:\S+ answered with status 302/,
  },
  {
    name: 'is a page',
    fault: { body: '<html>odd-page</html>' },
    reason: /^The discovery document of http:\S+ answered what is no JSON: is a proxy in between\?/,
  },
  {
    name: 'is JSON, but no object',
    fault: { body: '[]', contentType: 'application/json' },
    reason: /^The discovery document of http:\S+ gave a reply/,
  },
  {
    name: 'is not there',
    fault: { status: 404 },
    reason: /^The discovery document of http:\S+ answered with status 404/,
  },
];

describe.each(builds())('$name', (build) => {
  const open = webSandboxes(build);

  describe('a refusal of STS is status 6 and says what to change', () => {
    const openOnce = webSandboxes(build, afterAll);
    let sandbox: WebSandbox;
    beforeAll(async () => {
      sandbox = await openOnce();
    });

    test.each(refusals)('$name', async ({ error, status = 400, message, claims, advice }) => {
      await sandbox.signIn(claims);
      const { webIdentityToken } = sandbox.tokens();
      sandbox.standIn.clearFaults();
      sandbox.standIn.fault('AssumeRoleWithWebIdentity', {
        times: Infinity,
        status,
        error,
        message: message?.replace('TOKEN', webIdentityToken) ?? 'No',
      });
      const pattern = new RegExp(
        `^AWS refuses arn:aws:iam::111122223333:role/WebDeveloper \\(${error}(Exception)?\\): .*${advice}`,
      );
      const finished = await sandbox.run(anew);
      expectRecordedFailure(sandbox, finished, [6, 'RoleRefused', pattern]);
      expect(sandbox.newCalls()).toEqual({ AssumeRoleWithWebIdentity: 1 });
    });
  });

  test('a refusal is remembered, and ends with another sign-in', async () => {
    const sandbox = await open();
    await sandbox.signIn();
    sandbox.standIn.fault('AssumeRoleWithWebIdentity', {
      status: 403,
      error: 'AccessDenied',
      times: Infinity,
    });
    expectFailure(await sandbox.run(), 6, /AccessDenied/);
    holdFailures(sandbox);
    expectFailure(await sandbox.run(), 6, /AccessDenied.* next try in \d+ s/);
    expect(sandbox.newCalls()).toEqual({ AssumeRoleWithWebIdentity: 1 });
    sandbox.standIn.clearFaults();
    await logIn(sandbox, 'browser', { args: ['--force'] });
    expectCredentials(await sandbox.run());
  });

  test('a role that is not there is refused as IAM refuses it', async () => {
    const sandbox = await open({
      config: webProfile('nobody', { sso_cred_role_arn: 'arn:aws:iam::111122223333:role/x/No' }),
    });
    await sandbox.signIn();
    expectFailure(
      await sandbox.run(['--profile', 'nobody']),
      6,
      /^AWS refuses arn:aws:iam::111122223333:role\/x\/No \(AccessDenied\): /,
    );
  });

  test('a token that AWS finds expired is refreshed once', async () => {
    const sandbox = await open();
    await sandbox.signIn();
    const expired = { status: 400, error: 'ExpiredTokenException', message: 'Token expired' };
    sandbox.standIn.fault('AssumeRoleWithWebIdentity', expired);
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({ Discovery: 1, Token: 1, AssumeRoleWithWebIdentity: 2 });

    await sandbox.ageTokens(0);
    sandbox.standIn.fault('AssumeRoleWithWebIdentity', { ...expired, times: 2 });
    expectFailure(
      await sandbox.run(anew),
      3,
      /^The session "acme" has ended: AWS takes neither its token nor a new one\. Run: /,
    );
    expect(sandbox.newCalls()).toEqual({ Token: 1, AssumeRoleWithWebIdentity: 2 });
  });

  test.each([
    {
      name: 'cannot reach the provider',
      status: 400,
      error: 'IDPCommunicationError',
      least: 3,
      reason: /^AWS could not reach http:\S+ for the keys of its tokens/,
    },
    {
      name: 'limits the rate',
      status: 400,
      error: 'Throttling',
      least: 3,
      reason: /^AssumeRoleWithWebIdentity is rate limited/,
    },
    {
      name: 'fails',
      status: 500,
      error: 'InternalFailure',
      least: 3,
      reason: /^AssumeRoleWithWebIdentity failed with status 500/,
    },
  ])('when STS $name, it is asked again, a few times', async ({ status, error, least, reason }) => {
    const sandbox = await open();
    await sandbox.signIn();
    sandbox.standIn.fault('AssumeRoleWithWebIdentity', { status, error });
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({ AssumeRoleWithWebIdentity: 2 });
    sandbox.standIn.fault('AssumeRoleWithWebIdentity', { status, error, times: Infinity });
    ageRoles(sandbox, 120 * minutes);
    // How often it is when throttled depends on luck, and on the time there is.
    expectFailure(await sandbox.run(['--profile', 'web', '--timeout', '12']), 5, reason);
    const { AssumeRoleWithWebIdentity: calls, ...others } = sandbox.newCalls();
    expect(calls).toBeGreaterThanOrEqual(least);
    expect(calls).toBeLessThanOrEqual(12);
    expect(others).toEqual({});
  });

  test.each<{ name: string; fault: Fault; reason: RegExp }>([
    {
      name: 'no credentials',
      fault: { transform: ({ Credentials: _none, ...reply }) => reply },
      reason: /^The reply to AssumeRoleWithWebIdentity lacks AccessKeyId/,
    },
    {
      name: 'credentials that have expired',
      fault: {
        transform: (reply) => ({
          ...reply,
          Credentials: { ...Object(reply['Credentials']), Expiration: '2020-01-01T00:00:00Z' },
        }),
      },
      reason: /lacks an Expiration that makes sense/,
    },
    {
      name: 'a page',
      fault: { body: '<html>odd-page</html>' },
      reason: /^AssumeRoleWithWebIdentity got a reply that makes no sense|lacks/,
    },
  ])('a reply of STS with $name is status 5', async ({ fault, reason }) => {
    const sandbox = await open();
    await sandbox.signIn();
    sandbox.standIn.fault('AssumeRoleWithWebIdentity', { ...fault, times: Infinity });
    const finished = await sandbox.run();
    expectFailure(finished, 5, reason);
    expect(finished.stderr).not.toContain('odd-page');
  });

  test('a forged token is for STS to find out', async () => {
    const sandbox = await open();
    await sandbox.signIn();
    await sandbox.ageTokens(120 * minutes);
    sandbox.provider.tamper({ signature: 'forged' });
    expectFailure(
      await sandbox.run(),
      6,
      /\(InvalidIdentityToken\w*\): Couldn't verify the signature/,
    );
  });

  describe('a refresh that gives a bad id_token is status 5, and loses no refresh token', () => {
    const openOnce = webSandboxes(build, afterAll);
    let sandbox: WebSandbox;
    beforeAll(async () => {
      sandbox = await openOnce();
    });

    test.each(badTokens)('$name', async ({ claims, signature, reason }) => {
      await sandbox.signIn();
      await sandbox.ageTokens(120 * minutes);
      const before = sandbox.tokens();
      sandbox.provider.tamper({ ...(claims && { claims }), ...(signature && { signature }) });
      expectRecordedFailure(sandbox, await sandbox.run(anew), [5, 'ServiceFailed', reason]);
      expect(sandbox.newCalls()).toMatchObject({ Token: 1 });
      const after = sandbox.tokens();
      expect(after.webIdentityToken).toBe(before.webIdentityToken);
      expect(after.refreshToken).not.toBe(before.refreshToken);

      expectCredentials(await sandbox.run(anew));
      expect(sandbox.provider.refreshReuseCount()).toBe(0);
    });
  });

  test.each(['browser', 'device'] as const)(
    'a sign-in by %s that gives a bad id_token is status 5, and nothing is kept',
    async (flow) => {
      const sandbox = await open({ session: { scopes: 'openid email' } });
      sandbox.provider.tamper({ claims: { aud: 'other' }, times: Infinity });
      const { finished, page } = await logIn(sandbox, flow);
      expect(finished).toMatchObject({ exitStatus: 5, stdout: '' });
      expect(finished.stderr).toMatch(/gave a token that is not for us: aud is wrong\./);
      if (flow === 'browser') expect(page).toContain('Not signed in');
      expect(() => sandbox.tokens()).toThrow();
      expect(sandbox.newCalls()).toMatchObject({ Token: 1 });
    },
  );

  test('an id_token of another sign-in is status 5', async () => {
    const sandbox = await open();
    await sandbox.signIn();
    const before = sandbox.tokens();
    sandbox.provider.tamper({ claims: { nonce: 'of-another' } });
    const { finished } = await logIn(sandbox, 'browser', { args: ['--force'] });
    expect(finished).toMatchObject({ exitStatus: 5 });
    expect(finished.stderr).toMatch(/not for us: nonce is wrong\./);
    expect(sandbox.tokens()).toEqual(before);
  });

  test.each(['browser', 'device'] as const)(
    'an application that signs with HS256 is told to use RS256, at a sign-in by %s',
    async (flow) => {
      const sandbox = await open({ provider: { signingAlgorithm: 'HS256' } });
      const { finished } = await logIn(sandbox, flow);
      expect(finished).toMatchObject({ exitStatus: 5 });
      expect(finished.stderr).toMatch(
        /signs its tokens with HS256, which AWS cannot check: set it to RS256 \(Auth0: Advanced Settings → OAuth → JsonWebToken Signature Algorithm\)\.$/m,
      );
      expect(() => sandbox.tokens()).toThrow();
    },
  );

  describe('a discovery document that cannot be used is status 5, and the tokens are kept', () => {
    const openOnce = webSandboxes(build, afterAll);
    let sandbox: WebSandbox;
    beforeAll(async () => {
      sandbox = await openOnce();
    });

    test.each(badDiscoveries)('it $name', async ({ fault, reason }) => {
      sandbox.provider.clearFaults();
      await sandbox.signIn();
      await sandbox.ageTokens(120 * minutes);
      const before = sandbox.tokens();
      sandbox.provider.fault('Discovery', { ...fault, times: Infinity });
      const finished = await sandbox.run(anew);
      expectFailure(finished, 5, reason);
      expect(finished.stderr).not.toContain('odd-page');
      expect(sandbox.newCalls()).not.toHaveProperty('Token');
      expect(sandbox.tokens()).toEqual(before);
    });
  });

  test('a discovery document that does not come to its end is not waited for', async () => {
    const sandbox = await open();
    sandbox.provider.fault('Discovery', {
      body: `{"issuer":"${'x'.repeat(1_000)}"}`,
      slowDripMs: 100,
      times: Infinity,
    });
    expectFailure(
      await sandbox.run(['login', '--session', 'acme', '--device', '--timeout', '5']),
      5,
      /^127\.0\.0\.1:\d+ did not answer within \d+ m?s\./,
    );
  });

  test('what the provider says is shown as one plain line, without what it was sent', async () => {
    const sandbox = await open();
    await sandbox.signIn();
    await sandbox.ageTokens(120 * minutes);
    const { refreshToken = '' } = sandbox.tokens();
    sandbox.provider.fault('Token', {
      status: 400,
      error: 'invalid_request',
      message: `bad\u001b[31m\r\nred \u202e${refreshToken} end`,
    });
    const finished = await sandbox.run();
    expectFailure(finished, 5, /refuses \(invalid_request: bad \[31m red +… end\)/);
    expect(sandbox.tokens().refreshToken).toBe(refreshToken);
  });

  test.each<{ name: string; fault: Fault; reason: RegExp }>([
    {
      name: 'does not allow the Refresh Token grant',
      fault: { status: 403, error: 'unauthorized_client', message: 'Grant type not allowed' },
      reason:
        /refuses \(unauthorized_client: .*\); allow the application the grant \(Auth0: .* tick .*Refresh Token\)/,
    },
    {
      name: 'does not know the client',
      fault: { status: 401, error: 'invalid_client', headers: { 'www-authenticate': 'Basic' } },
      reason: /refuses \(invalid_client\b/,
    },
    {
      name: 'fails with an OAuth error',
      fault: { status: 503, error: 'temporarily_unavailable' },
      reason: /^The token endpoint of http:\S+ answered with status 503\b/,
    },
    {
      name: 'answers a page',
      fault: { body: '<html>odd-page</html>' },
      reason: /^The token endpoint of http:\S+ answered what is no JSON/,
    },
    {
      name: 'answers from somewhere else',
      fault: { status: 307, body: '', headers: { location: '/elsewhere' } },
      reason: /^The token endpoint of http:\S+ answered with status 307\b/,
    },
    {
      name: 'closes the connection',
      fault: { dropConnection: true },
      reason: /^127\.0\.0\.1:\d+ closed the connection/,
    },
  ])('a provider that $name is status 5 and ends no session', async ({ fault, reason }) => {
    const sandbox = await open();
    await sandbox.signIn();
    await sandbox.ageTokens(120 * minutes);
    const before = sandbox.tokens();
    sandbox.provider.fault('Token', { ...fault, times: Infinity });
    const finished = await sandbox.run();
    expectFailure(finished, 5, reason);
    expect(finished.stderr).not.toContain('odd-page');
    expect(sandbox.tokens()).toEqual(before);
    holdFailures(sandbox);
    expectFailure(await sandbox.run(), 5, /next try in \d+ s/);
    sandbox.provider.clearFaults();
    ageFailures(sandbox, heldMs);
    expectCredentials(await sandbox.run());
  });

  test('a provider that limits the rate is asked again when it says so, and ends no session', async () => {
    const sandbox = await open();
    await sandbox.signIn();
    await sandbox.ageTokens(120 * minutes);
    const tooMany = { status: 429, headers: { 'retry-after': '1' } };
    sandbox.provider.fault('Token', tooMany);
    const startedAt = Date.now();
    expectCredentials(await sandbox.run());
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1_000);
    expect(sandbox.newCalls()).toMatchObject({ Token: 2 });

    await sandbox.ageTokens(120 * minutes);
    const later = { status: 429, headers: { 'retry-after': '120' }, times: Infinity };
    sandbox.provider.fault('Token', later);
    expectFailure(await sandbox.run(anew), 5, /limits the rate of requests just now/);
    expectFailure(await sandbox.run(['token', '--session', 'acme']), 5, /next try in \d+ (s|min)/);
    expect(sandbox.newCalls()).toMatchObject({ Token: 1 });
  });

  test('while the provider is down, a valid id_token and a cached role serve', async () => {
    const sandbox = await open({
      config: webProfile('other', { sso_cred_duration_seconds: '900' }),
    });
    await sandbox.signIn();
    const cached = await sandbox.run();
    expectCredentials(cached);
    await sandbox.provider.stop();
    expectCredentials(await sandbox.run(['--profile', 'other']));
    expect(await sandbox.run()).toEqual(cached);

    await sandbox.ageTokens(120 * minutes);
    ageRoles(sandbox, 45 * minutes);
    const { AccessKeyId } = expectCredentials(await sandbox.run());
    expect(cached.stdout).toContain(AccessKeyId);
    const before = sandbox.tokens();
    expectFailure(await sandbox.run(anew), 5, /^127\.0\.0\.1:\d+ refused the connection/);
    expect(sandbox.tokens()).toEqual(before);
  });

  test.each(['browser', 'device'] as const)(
    'a sign-in by %s that the person denies is status 4, and not begun again by itself',
    async (flow) => {
      const sandbox = await open({ browser: 'deny' });
      const denied =
        /^The sign-in to the session "acme" was denied\b.* Run: sso-cred login --session acme$/m;
      const { finished } = await logIn(sandbox, flow, { decision: 'deny' });
      expect(finished).toMatchObject({ exitStatus: 4, stdout: '' });
      expect(finished.stderr).toMatch(denied);
      const call = ['--profile', 'web', '--sign-in', flow];
      expectFailure(await sandbox.run(call), 4, denied);
      sandbox.newCalls();
      expectFailure(await sandbox.run(call), 4, /was denied.* next try in (9|10) min/);
      expect(sandbox.newCalls()).toEqual({});
    },
  );

  test('a sign-in that nobody finishes in time is status 3', async () => {
    const short = await open({ provider: { deviceCodeLifetimeS: 1 } });
    const [sandbox, other] = [await open(), await open()];
    const login = ['login', '--session', 'acme', '--no-open'];
    const all = await Promise.all([
      sandbox.run([...login, '--browser', '--timeout', '6']),
      other.run([...login, '--device', '--timeout', '6']),
      short.run([...login, '--device']),
    ]);
    for (const finished of all) {
      expect(finished).toMatchObject({ exitStatus: 3, stdout: '' });
      expect(finished.stderr).toMatch(
        /^Nobody finished the sign-in to the session "acme" within \d+ s\. Run: sso-cred login --session acme$/m,
      );
    }
  });

  test('a poll that fails does not end a sign-in by device code', async () => {
    const sandbox = await open();
    sandbox.provider.fault('Token', { status: 502, body: '<html>' });
    const { finished } = await logIn(sandbox, 'device');
    expect(finished).toMatchObject({ exitStatus: 0 });
    expect(sandbox.newCalls()).toMatchObject({ Token: 2 });
  });
});
