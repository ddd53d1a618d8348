import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  RegisterClientCommand,
  SSOOIDCClient,
  StartDeviceAuthorizationCommand,
} from '@aws-sdk/client-sso-oidc';
import { expect, test } from '@jest/globals';
import { startIdentityProvider } from './identity-provider.ts';
import { createSandboxHome } from './sandbox-home.ts';
import { startStandIn } from './stand-in.ts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const run = promisify(execFile);

test('a sandbox home has a session, profiles, a command and a browser that agrees', async () => {
  process.env['AWS_PROFILE'] = 'of the caller';
  const standIn = await startStandIn();
  const sandbox = createSandboxHome(standIn, {
    ssoCred: process.execPath,
    extraProfiles: 6,
    browser: 'allow',
  });
  try {
    const token = JSON.parse(readFileSync(sandbox.tokenFile, 'utf8'));
    expect(standIn.liveSessions()).toHaveLength(1);
    expect(token).toMatchObject({ startUrl: standIn.startUrl, refreshToken: expect.any(String) });
    const config = readFileSync(sandbox.configFile, 'utf8');
    expect(config.match(/^\[profile .*\]$/gm)).toHaveLength(7);
    expect(config).toContain(`sts =\n  endpoint_url = ${standIn.endpoints.sts}\n`);
    expect(sandbox.env).toMatchObject({ HOME: sandbox.home });
    expect(sandbox.env).not.toHaveProperty('AWS_PROFILE');

    const script = join(sandbox.home, 'script.cjs');
    writeFileSync(script, 'console.log(process.argv.slice(2).join());');
    const { env } = sandbox;
    const { stdout } = await run('sso-cred', [script, '--profile', 'dev'], { env });
    expect(stdout).toBe('--profile,dev\n');

    const client = new SSOOIDCClient({
      region: standIn.region,
      endpoint: standIn.endpoints.ssoOidc,
    });
    const registration = await client.send(
      new RegisterClientCommand({ clientName: 'x', clientType: 'public' }),
    );
    const { clientId, clientSecret } = registration;
    const { verificationUriComplete = '' } = await client.send(
      new StartDeviceAuthorizationCommand({ clientId, clientSecret, startUrl: standIn.startUrl }),
    );
    await run(env['BROWSER'] ?? '', [verificationUriComplete], { env });
    expect(standIn.calls('DeviceDecision')).toMatchObject([
      { status: 200, input: { decision: 'allow' } },
    ]);
    expect(standIn.violations()).toEqual([]);
  } finally {
    delete process.env['AWS_PROFILE'];
    await sandbox.remove();
    await standIn.stop();
  }
  expect(existsSync(dirname(sandbox.bin))).toBe(false);
});

test('with an identity provider there is a profile for it, and the browser knows its pages', async () => {
  const identityProvider = await startIdentityProvider({
    localhostOnly: true,
    exactRedirectUris: ['http://localhost:8400/oauth/callback'],
  });
  const standIn = await startStandIn({ identityProvider });
  const sandbox = createSandboxHome(standIn, {
    ssoCred: process.execPath,
    identityProvider,
    browser: 'deny',
  });
  try {
    const config = readFileSync(sandbox.configFile, 'utf8');
    expect(config).toContain('\nsso_cred_oidc_session = acme\n');
    expect(config).toContain(`
[oidc-session acme]
issuer = ${identityProvider.issuer}
client_id = sso-cred
redirect_host = localhost
redirect_ports = 8400
`);
    const { issuer, clientId } = identityProvider;
    const reply = await fetch(`${issuer}/device/auth`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: clientId, scope: 'openid' }),
    });
    const device = (await reply.json()) as { verification_uri_complete: string };
    const { env } = sandbox;
    const { stderr } = await run(env['BROWSER'] ?? '', [device.verification_uri_complete], { env });
    expect(stderr).toBe('');
    expect(identityProvider.calls('AuthorizeDecision')).toMatchObject([
      { status: 303, input: { decision: 'deny' } },
    ]);
  } finally {
    await sandbox.remove();
    await standIn.stop();
    await identityProvider.stop();
  }
});
