import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ageRoles } from '../support/age-records.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import {
  type CorporateNetwork,
  noNetworkVariables,
  providerOrigin,
  startCorporateNetwork,
} from '../support/corporate-network.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';
import { signInPage, webSandboxes } from '../support/web-sandbox.ts';

const portal = 'portal.sso.eu-west-1.amazonaws.com';
const oidc = 'oidc.eu-west-1.amazonaws.com';
const sts = 'sts.eu-west-1.amazonaws.com';
const dev = ['--profile', 'dev'];

function setStartUrl({ configFile }: CliSandbox, url: string): void {
  const config = readFileSync(configFile, 'utf8');
  writeFileSync(configFile, config.replace(/sso_start_url = .*/, `sso_start_url = ${url}`));
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);
  const openWeb = webSandboxes(build);
  const networks: CorporateNetwork[] = [];

  afterEach(async () => {
    const violations: string[] = [];
    for (const network of networks.splice(0)) {
      violations.push(...network.proxy.violations());
      await network.stop();
    }
    expect(violations).toEqual([]);
  });

  async function network(
    sandbox: CliSandbox,
    options: Parameters<typeof startCorporateNetwork>[1] = {},
  ): Promise<CorporateNetwork> {
    const started = await startCorporateNetwork(sandbox, options);
    networks.push(started);
    return started;
  }

  describe('behind a proxy', () => {
    test('token and role come by tunnels to AWS’s own hosts, silently', async () => {
      const sandbox = await open({ token: { expiresInS: -60 } });
      const { proxy, front, variables } = await network(sandbox);
      expectCredentials(await sandbox.run(dev, variables));
      expect(proxy.asked()).toEqual([`${oidc}:443`, `${portal}:443`]);
      expect(front.names()).toEqual([oidc, portal]);
      expect(sandbox.newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 1 });
    });

    test.each([
      { name: 'AWS_USE_FIPS_ENDPOINT', host: 'portal.sso-fips.eu-west-1.amazonaws.com' },
      { name: 'AWS_USE_DUALSTACK_ENDPOINT', host: 'portal.sso.eu-west-1.api.aws' },
    ])('$name is asked at $host', async ({ name, host }) => {
      const sandbox = await open();
      const { proxy, variables } = await network(sandbox);
      expectCredentials(await sandbox.run(dev, { ...variables, [name]: 'true' }));
      expect(proxy.asked()).toEqual([`${host}:443`]);
    });

    test('signing in and out goes the same way, for Identity Center', async () => {
      const sandbox = await open({
        token: false,
        aws: { startUrls: ['https://corp.awsapps.com/start'] },
      });
      setStartUrl(sandbox, 'https://corp.awsapps.com/start');
      const { proxy, variables } = await network(sandbox);
      const login = sandbox.start(
        ['login', '--session', 'corp', '--device', '--no-open'],
        variables,
      );
      const [, page = '', code] = await login.says(
        /go to\n {2}(\S+)\nand enter the code\n {2}(\S+)\n/,
      );
      expect(code).toMatch(/\w/);
      sandbox.standIn.approveDevice(code ?? '');
      expect(page).toMatch(/^http/);
      expect(await login.finished).toMatchObject({ exitStatus: 0 });
      expectCredentials(await sandbox.run(dev, variables));
      expect(await sandbox.run(['logout', '--session', 'corp'], variables)).toMatchObject({
        exitStatus: 0,
      });
      expect(new Set(proxy.asked())).toEqual(new Set([`${oidc}:443`, `${portal}:443`]));
      expect(sandbox.newCalls()).toMatchObject({
        RegisterClient: 1,
        StartDeviceAuthorization: 1,
        CreateToken: expect.any(Number),
        GetRoleCredentials: 1,
        Logout: 1,
      });
    });

    test('what a call starts behind itself goes the same way: a sign-in', async () => {
      const sandbox = await open({ token: false, browser: 'allow' });
      const { proxy, variables } = await network(sandbox);
      expectCredentials(await sandbox.run([...dev, '--sign-in', 'device'], variables));
      expect(new Set(proxy.asked())).toEqual(new Set([`${oidc}:443`, `${portal}:443`]));
    });

    test('a start URL under the company’s own name leads to AWS’s, by which one signs in', async () => {
      const vanity = 'https://aws.acme.example.test';
      const portalUrl = 'https://ssoins-1234.portal.eu-west-1.app.aws';
      const sandbox = await open({ token: false, aws: { startUrls: [portalUrl] } });
      setStartUrl(sandbox, vanity);
      const redirects = { 'aws.acme.example.test': `${portalUrl}/` };
      const { proxy, variables } = await network(sandbox, { redirects });
      const login = sandbox.start(
        ['login', '--session', 'corp', '--device', '--no-open'],
        variables,
      );
      const [, code = ''] = await login.says(/and enter the code\n {2}(\S+)\n/);
      sandbox.standIn.approveDevice(code);
      expect(await login.finished).toMatchObject({ exitStatus: 0 });
      const [started] = sandbox.standIn.calls('StartDeviceAuthorization');
      expect(started?.input).toMatchObject({ startUrl: portalUrl });
      // The token stays that of the session as the config has it.
      expect(JSON.parse(readFileSync(sandbox.tokenFile, 'utf8'))).toMatchObject({
        startUrl: vanity,
      });
      expectCredentials(await sandbox.run(dev, variables));
      expect(proxy.asked()[0]).toBe('aws.acme.example.test:443');
    });

    test('one that leads to another region says which, and begins no sign-in', async () => {
      const sandbox = await open({ token: false });
      setStartUrl(sandbox, 'https://aws.acme.example.test/start');
      const redirects = {
        'aws.acme.example.test': 'https://ssoins-1234.us-east-1.portal.amazonaws.com/',
      };
      const { variables } = await network(sandbox, { redirects });
      expectFailure(
        await sandbox.run(['login', '--session', 'corp', '--device', '--no-open'], variables),
        5,
        /^https:\/\/aws\.acme\.example\.test\/start leads to the access portal of us-east-1 now, and the session "corp" has the region eu-west-1: set sso_region = us-east-1\.$/,
      );
      expect(sandbox.newCalls()).toEqual({});
    });

    test('signing in and out goes the same way, for an OpenID provider and STS', async () => {
      const sandbox = await openWeb({ provider: { publicOrigin: providerOrigin } });
      const { provider } = sandbox;
      const { proxy, variables } = await network(sandbox, { providerUrl: provider.url });
      const login = sandbox.start(
        ['login', '--session', 'acme', '--device', '--no-open'],
        variables,
      );
      await provider.visit(await signInPage(login));
      expect(await login.finished).toMatchObject({ exitStatus: 0 });
      expectCredentials(await sandbox.run(['--profile', 'web'], variables));
      await sandbox.ageTokens(3_600_000);
      expectCredentials(await sandbox.run(['--profile', 'web', '--refresh'], variables));
      expect(await sandbox.run(['logout', '--session', 'acme'], variables)).toMatchObject({
        exitStatus: 0,
      });
      const host = `${new URL(providerOrigin).hostname}:443`;
      expect(new Set(proxy.asked())).toEqual(new Set([host, `${sts}:443`]));
      expect(sandbox.newCalls()).toMatchObject({
        Discovery: 1,
        DeviceAuthorization: 1,
        Revocation: 1,
        AssumeRoleWithWebIdentity: 2,
      });
    });

    test('user and password are for the proxy alone, and told nobody', async () => {
      const sandbox = await open();
      const { proxy, variables } = await network(sandbox, { credentials: 'jane:p@ss:w/rd' });
      const url = proxy.url.replace('://', '://jane:p%40ss%3Aw%2Frd@');
      const finished = await sandbox.run([...dev, '--explain'], { ...variables, HTTPS_PROXY: url });
      expect(finished.exitStatus).toBe(0);
      expect(finished.stderr).toMatch(
        new RegExp(
          `^network +The proxy ${new URL(proxy.url).host} \\(HTTPS_PROXY\\) is the way to ${portal}$`,
          'm',
        ),
      );
      expect(finished.stderr).not.toMatch(/jane|p@ss|p%40ss/);
      expect(sandbox.standIn.calls()[0]?.headers).not.toHaveProperty('proxy-authorization');
    });

    test('that speaks TLS itself, all is well, and silent', async () => {
      const sandbox = await open();
      const { variables } = await network(sandbox, { isProxySecure: true });
      expectCredentials(await sandbox.run(dev, variables));
    });

    test.each([
      {
        name: 'that wants a password',
        user: '',
        message:
          /^The proxy 127\.0\.0\.1:\d+ \(HTTPS_PROXY\) wants a user and a password \(407\): put them into HTTPS_PROXY as http:\/\/USER:PASSWORD@127\.0\.0\.1:\d+\.$/,
      },
      {
        name: 'that does not take the password',
        user: 'jane:wr0ng@',
        message:
          /^The proxy 127\.0\.0\.1:\d+ \(HTTPS_PROXY\) does not take the user and the password of HTTPS_PROXY \(407\)\.$/,
      },
    ])('$name is asked once, and status 5 tells so', async ({ user, message }) => {
      const sandbox = await open();
      const { proxy, variables } = await network(sandbox, { credentials: 'jane:s3cret' });
      const url = proxy.url.replace('://', `://${user}`);
      const failed = await sandbox.run(dev, { ...variables, HTTPS_PROXY: url });
      expectFailure(failed, 5, message);
      // An account is locked soon where a wrong password is sent again and again.
      expect(proxy.asked()).toHaveLength(1);
      expect(failed.stderr).not.toMatch(/jane|wr0ng|s3cret/);
      const right = { ...variables, HTTPS_PROXY: proxy.url.replace('://', '://jane:s3cret@') };
      expectCredentials(await sandbox.run([...dev, '--refresh'], right));
    });

    test.each([
      { name: 'NO_PROXY names the host', variables: { NO_PROXY: '.example.test' } },
      { name: 'no_proxy names its port', variables: { no_proxy: 'portal.example.test:8443' } },
    ])('a host is reached directly where $name', async ({ variables }) => {
      const sandbox = await open();
      const { proxy, variables: inside } = await network(sandbox);
      const finished = await sandbox.run(dev, {
        ...inside,
        AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: undefined,
        AWS_ENDPOINT_URL_SSO: 'https://portal.example.test:8443',
        ...variables,
      });
      expectFailure(
        finished,
        5,
        /^portal\.example\.test:8443 has no address\b.*\((ENOTFOUND|EAI_AGAIN)\)/,
      );
      expect(proxy.asked()).toEqual([]);
    });

    test('this machine is never asked for through one', async () => {
      const sandbox = await open();
      const { proxy, front, variables } = await network(sandbox, {
        certificate: (_name, ca) => ca.issue(['localhost', portal]),
      });
      const direct = { ...variables, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: undefined };
      const plain = { http_proxy: proxy.url, HTTP_PROXY: proxy.url, https_proxy: proxy.url };
      // Plain http, by the endpoints of the config …
      expectCredentials(await sandbox.run(dev, { ...direct, ...plain }));
      // … and TLS, though nothing is behind that name.
      const tls = { AWS_ENDPOINT_URL_SSO: `https://localhost:${front.port}` };
      expectFailure(
        await sandbox.run([...dev, '--refresh'], { ...direct, ...plain, ...tls }),
        6,
        /./,
      );
      expect(proxy.asked()).toEqual([]);
    });

    test.each([
      [
        'socks5://jane:s3cret@proxy:1080',
        /^HTTPS_PROXY names a proxy of the kind socks5: only http and https proxies can be used\.$/,
      ],
      [
        'http://jane:s3cret#@proxy:3128',
        /^HTTPS_PROXY is no URL of a proxy, such as http:\/\/USER:PASSWORD@HOST:PORT\b/,
      ],
    ])('that cannot be one the call ends with status 2: %s', async (url, message) => {
      const sandbox = await open();
      const { variables } = await network(sandbox);
      const failed = await sandbox.run(dev, { ...variables, HTTPS_PROXY: url });
      expectFailure(failed, 2, message);
      expect(failed.stderr).not.toContain('s3cret');
    });
  });

  describe('behind an inspection of TLS', () => {
    test('an unknown certificate is named by its issuer, with what to set; nothing is lost', async () => {
      const sandbox = await open();
      const { variables } = await network(sandbox);
      const finished = await sandbox.run(dev, {
        ...variables,
        AWS_CA_BUNDLE: undefined,
        SSL_CERT_FILE: '/dev/null',
      });
      expectFailure(
        finished,
        5,
        new RegExp(
          `^${portal} shows a certificate signed by "Acme Inspection CA", which is not trusted here\\. .* AWS_CA_BUNDLE or in ca_bundle of the profile \\(\\w+\\)\\.$`,
        ),
      );
      expect(sandbox.newCalls()).toEqual({});
      expectCredentials(await sandbox.run([...dev, '--refresh'], variables));
    });

    test.each([
      { name: 'AWS_CA_BUNDLE', variables: (path: string) => ({ AWS_CA_BUNDLE: path }) },
      { name: 'NODE_EXTRA_CA_CERTS', variables: (path: string) => ({ NODE_EXTRA_CA_CERTS: path }) },
      {
        name: 'SSL_CERT_FILE, as the system’s store',
        variables: (path: string) => ({ SSL_CERT_FILE: path }),
      },
      {
        name: 'NODE_EXTRA_CA_CERTS beside an AWS_CA_BUNDLE without it',
        variables: (path: string, other: string) => ({
          NODE_EXTRA_CA_CERTS: path,
          AWS_CA_BUNDLE: other,
        }),
      },
      {
        name: 'AWS_CA_BUNDLE beside a NODE_EXTRA_CA_CERTS without it',
        variables: (path: string, other: string) => ({
          NODE_EXTRA_CA_CERTS: other,
          AWS_CA_BUNDLE: path,
        }),
      },
    ])('$name makes it known', async ({ variables }) => {
      const sandbox = await open();
      const { caFile, ca, variables: inside } = await network(sandbox);
      const other = join(sandbox.home, 'other.pem');
      writeFileSync(other, ca.issue(['unrelated.test']).pem);
      const finished = await sandbox.run(dev, {
        ...inside,
        AWS_CA_BUNDLE: undefined,
        SSL_CERT_FILE: '/dev/null',
        ...variables(caFile, other),
      });
      expectCredentials(finished);
    });

    test('ca_bundle of the profile makes it known, also for login, logout and a provider', async () => {
      const sandbox = await openWeb({ provider: { publicOrigin: providerOrigin } });
      const { variables, caFile } = await network(sandbox, { providerUrl: sandbox.provider.url });
      const home = sandbox.home;
      writeFileSync(
        sandbox.configFile,
        readFileSync(sandbox.configFile, 'utf8').replaceAll(
          'services = sandbox',
          'services = sandbox\nca_bundle = ~/ca.pem',
        ),
      );
      expect(caFile).toBe(join(home, 'ca.pem'));
      const inside = { ...variables, AWS_CA_BUNDLE: undefined, SSL_CERT_FILE: '/dev/null' };
      const login = sandbox.start(['login', '--session', 'acme', '--device', '--no-open'], inside);
      await sandbox.provider.visit(await signInPage(login));
      expect(await login.finished).toMatchObject({ exitStatus: 0 });
      const explained = await sandbox.run(['--profile', 'web', '--explain'], inside);
      expect(explained.exitStatus).toBe(0);
      expect(explained.stderr).toMatch(
        /^setting +ca_bundle = ~\/ca\.pem \(~\/\.aws\/config:\d+\)$/m,
      );
      expect(await sandbox.run(['logout', '--session', 'acme'], inside)).toMatchObject({
        exitStatus: 0,
      });
    });

    test('AWS_CA_BUNDLE wins over ca_bundle; one of no use is status 2 and named', async () => {
      const sandbox = await open();
      const { variables } = await network(sandbox);
      const config = readFileSync(sandbox.configFile, 'utf8');
      const [before = ''] = config.split('services = sandbox');
      const line = before.split('\n').length;
      writeFileSync(
        sandbox.configFile,
        config.replace('services = sandbox', 'ca_bundle = /nowhere/ca.pem\nservices = sandbox'),
      );
      expectCredentials(await sandbox.run(dev, variables));
      const failed = await sandbox.run([...dev, '--refresh'], {
        ...variables,
        AWS_CA_BUNDLE: undefined,
      });
      expectFailure(
        failed,
        2,
        new RegExp(
          `^ca_bundle at ~/\\.aws/config:${line} names /nowhere/ca\\.pem, which cannot be read \\(ENOENT\\)\\.$`,
        ),
      );
    });

    test('checks are never turned off by NODE_TLS_REJECT_UNAUTHORIZED', async () => {
      const sandbox = await open();
      const { variables, front } = await network(sandbox);
      const failed = await sandbox.run(dev, { ...variables, NODE_TLS_REJECT_UNAUTHORIZED: '0' });
      expectFailure(
        failed,
        2,
        /^NODE_TLS_REJECT_UNAUTHORIZED=0 turns certificate checks off\b.* Run: unset NODE_TLS_REJECT_UNAUTHORIZED$/,
      );
      expect(front.names()).toEqual([]);
    });

    test.each([
      {
        name: 'for another name',
        names: () => ['elsewhere.test'],
        validity: { from: -1, to: 1 },
        message: /shows a certificate for other names\b.*\(ERR_TLS_CERT_ALTNAME_INVALID\)\.$/,
      },
      {
        name: 'that has expired',
        names: (name: string) => [name],
        validity: { from: -9, to: -1 },
        message:
          /shows a certificate that has expired\b.* the clock of this machine is wrong \(CERT_HAS_EXPIRED\)\.$/,
      },
    ])(
      'a certificate $name is rejected though its CA is trusted',
      async ({ names, validity, message }) => {
        const sandbox = await open();
        const { variables } = await network(sandbox, {
          certificate: (name, ca) => ca.issue(names(name), validity),
        });
        expectFailure(await sandbox.run(dev, variables), 5, message);
        expect(sandbox.newCalls()).toEqual({});
      },
    );
  });

  test('credentials that are still good are served while the proxy is down', async () => {
    const sandbox = await open();
    const { variables, proxy } = await network(sandbox);
    const { AccessKeyId } = expectCredentials(await sandbox.run(dev, variables));
    ageRoles(sandbox, 45 * 60_000);
    const down = { ...variables, HTTPS_PROXY: 'http://127.0.0.1:9' };
    expect(expectCredentials(await sandbox.run(dev, down))).toMatchObject({ AccessKeyId });
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
    expect(proxy.asked()).toHaveLength(1);
  });

  test('the network variables of others do not matter for what is cached', async () => {
    const sandbox = await open();
    expectCredentials(await sandbox.run(dev));
    const broken = {
      ...noNetworkVariables,
      HTTPS_PROXY: 'nonsense://',
      AWS_CA_BUNDLE: '/nowhere',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
    };
    expectCredentials(await sandbox.run(dev, broken));
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });
});
