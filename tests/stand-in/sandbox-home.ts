import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import type { IdentityProvider } from './identity-provider.ts';
import { endProcessesOf } from './processes-of.ts';
import type { IssueTokenOptions, StandIn } from './stand-in.ts';
import type { Decision } from './visit.ts';

export interface SandboxHomeOptions {
  /** What `sso-cred` on the PATH is: a .js file, run by this node, or an executable. */
  readonly ssoCred: string;
  /** The account and role of the profile dev; the stand-in's first by default. */
  readonly accountId?: string;
  readonly roleName?: string;
  /** How many profiles role-1, role-2 … to add, going round the accounts and their roles. */
  readonly extraProfiles?: number;
  /** Appended to the config as it is. */
  readonly config?: string;
  /** The sign-in to begin with; false for none. */
  readonly token?: IssueTokenOptions | false;
  /** Adds [profile web] and its [oidc-session acme]; the stand-in must have been given it too. */
  readonly identityProvider?: Pick<IdentityProvider, 'sessionKeys'>;
  /** Makes BROWSER a program that decides on sign-in pages by itself. */
  readonly browser?: Decision;
}

/** A throw-away home in which the stand-in is AWS. */
export interface SandboxHome {
  readonly home: string;
  /** The caller's environment with HOME and PATH of the sandbox and without AWS's variables. */
  readonly env: Readonly<Record<string, string>>;
  /** The directory that holds sso-cred, first on the PATH. */
  readonly bin: string;
  readonly configFile: string;
  readonly tokenFile: string;
  /** Removes it, once nobody is left who could write in it. */
  readonly remove: () => Promise<void>;
}

/**
 * Makes a home with [profile dev], the session corp signed in as `aws sso login` leaves it, and
 * endpoints from a services section, so that no program in it needs a variable to find the stand-in.
 */
export function createSandboxHome(
  standIn: Pick<StandIn, 'url' | 'endpoints' | 'startUrl' | 'region' | 'accounts' | 'issueToken'>,
  options: SandboxHomeOptions,
): SandboxHome {
  const home = mkdtempSync(join(tmpdir(), 'sso-cred-sandbox-'));
  const bin = join(home, 'bin');
  const cache = join(home, '.aws', 'sso', 'cache');
  const configFile = join(home, '.aws', 'config');
  const tokenFile = join(cache, `${createHash('sha1').update('corp').digest('hex')}.json`);
  mkdirSync(bin);
  mkdirSync(cache, { recursive: true, mode: 0o700 });

  writeFileSync(configFile, configOf(standIn, options), { mode: 0o600 });
  if (options.token !== false) {
    const token = standIn.issueToken(options.token);
    writeFileSync(tokenFile, JSON.stringify(token), { mode: 0o600 });
  }
  const ssoCred = resolve(options.ssoCred);
  if (!ssoCred.endsWith('.js') && process.platform !== 'win32') {
    symlinkSync(ssoCred, join(bin, 'sso-cred'));
  } else {
    const command = ssoCred.endsWith('.js') ? [process.execPath, ssoCred] : [ssoCred];
    writeCommand(bin, 'sso-cred', command);
  }

  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && !/^(_?AWS_.*|SSO_CRED_.*|CI|BROWSER)$/i.test(name))
      env[name] = value;
  const pathName = Object.keys(env).find((name) => /^path$/i.test(name)) ?? 'PATH';
  env[pathName] = [bin, env[pathName]].filter(Boolean).join(delimiter);
  env['HOME'] = home;
  env['USERPROFILE'] = home;
  // A proxy of the caller's must not be asked for the loopback, an instance's role never.
  env['NO_PROXY'] = [env['NO_PROXY'] ?? env['no_proxy'], '127.0.0.1'].filter(Boolean).join(',');
  env['no_proxy'] = env['NO_PROXY'];
  env['AWS_EC2_METADATA_DISABLED'] = 'true';
  // Without a browser nobody is there to sign in, and no call should wait for it.
  if (options.browser === undefined) env['SSO_CRED_SIGN_IN'] = 'never';
  else {
    const script = join(bin, 'browser.mjs');
    writeFileSync(script, browserScript(standIn.url, options.browser));
    env['BROWSER'] = writeCommand(bin, 'sandbox-browser', [process.execPath, script]);
  }

  return {
    home,
    env,
    bin,
    configFile,
    tokenFile,
    async remove() {
      await endProcessesOf(home);
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function configOf(
  {
    endpoints,
    startUrl,
    region,
    accounts,
  }: Pick<StandIn, 'endpoints' | 'startUrl' | 'region' | 'accounts'>,
  options: SandboxHomeOptions,
): string {
  const roles = accounts.flatMap(({ accountId, roles: names }) =>
    names.map((roleName) => ({ accountId, roleName })),
  );
  const profiles = ['dev'];
  for (let n = 1; n <= (options.extraProfiles ?? 0); n += 1) profiles.push(`role-${n}`);
  const sections = profiles.map((profile, index) => {
    const role = roles[index % roles.length];
    const isDev = index === 0;
    return `[profile ${profile}]
credential_process = sso-cred --profile ${profile}
region = ${region}
sso_cred_session = corp
sso_cred_account_id = ${(isDev ? options.accountId : undefined) ?? role?.accountId}
sso_cred_role_name = ${(isDev ? options.roleName : undefined) ?? role?.roleName}
services = sandbox
`;
  });
  const services = Object.entries({
    sso: endpoints.sso,
    sso_oidc: endpoints.ssoOidc,
    sts: endpoints.sts,
    signin: endpoints.signin,
  }).map(([service, endpoint]) => `${service} =\n  endpoint_url = ${endpoint}\n`);
  return `${sections.join('\n')}
[sso-session corp]
sso_start_url = ${startUrl}
sso_region = ${region}
sso_registration_scopes = sso:account:access
${webProfileOf(region, options)}
[services sandbox]
${services.join('')}${options.config === undefined ? '' : `\n${options.config}`}`;
}

function webProfileOf(region: string, { identityProvider }: SandboxHomeOptions): string {
  if (identityProvider === undefined) return '';
  const keys = Object.entries(identityProvider.sessionKeys);
  return `
[profile web]
credential_process = sso-cred --profile web
region = ${region}
sso_cred_oidc_session = acme
sso_cred_role_arn = arn:aws:iam::111122223333:role/WebDeveloper
services = sandbox

[oidc-session acme]
${keys.map(([name, value]) => `${name} = ${value}\n`).join('')}`;
}

/** Writes a command that runs these words and what follows them; gives its path. */
function writeCommand(bin: string, name: string, words: readonly string[]): string {
  if (process.platform === 'win32') {
    const file = join(bin, `${name}.cmd`);
    writeFileSync(file, `@${words.map((word) => `"${word}"`).join(' ')} %*\r\n`);
    return file;
  }
  const file = join(bin, name);
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  writeFileSync(file, `#!/bin/sh\nexec ${quoted.join(' ')} "$@"\n`);
  chmodSync(file, 0o755);
  return file;
}

function browserScript(url: string, decision: Decision): string {
  return `const response = await fetch('${url}/_control/visit', {
  method: 'POST',
  body: JSON.stringify({ url: process.argv[2], decision: '${decision}' }),
});
if (!response.ok) console.error(await response.text());
`;
}
