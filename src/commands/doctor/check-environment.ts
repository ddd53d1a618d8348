import { readFileSync } from 'node:fs';
import { caBundleSetting, resolveCaBundle } from '../../config/resolve-ca-bundle.ts';
import type { CaBundle } from '../../model/ca-bundle.ts';
import { endpointVariables } from '../../model/endpoint.ts';
import { describeErrno } from '../../model/errno.ts';
import { isSsoCredError } from '../../model/errors.ts';
import type { CheckResult, Finding } from '../../model/finding.ts';
import type { Origin } from '../../model/origin.ts';
import { httpOnlyProxy, proxyFor } from '../../model/proxy.ts';
import { nameSdks } from '../../model/sdks.ts';
import { signInPolicies } from '../../model/sign-in-policies.ts';
import { trustedCas } from '../../system/trusted-cas.ts';
import type { Environment } from '../../world.ts';
import type { DoctorContext } from './context.ts';

/** Files of CA certificates that a runtime reads. */
const extraCaVariables = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'];

/** Variables that make a build of ours load other code, or be another program. */
const runtimeVariables = ['NODE_OPTIONS', 'BUN_OPTIONS', 'BUN_BE_BUN'];

/** What variables change, or keep from working. */
export async function checkEnvironment(context: DoctorContext): Promise<CheckResult> {
  const { sources } = context;
  const { env } = sources;
  const isSet = (name: string) => Boolean(env[name]);
  const findings = [
    ...staticKeys(env),
    ...profileVariables(env, (name) => sources.config.profile(name) !== undefined),
    ...endpointVariables.filter(isSet).map(endpointNote),
    ...(await caBundles(context)),
    ...extraCaVariables.filter(isSet).flatMap((name) => extraCas(name, env[name] ?? '')),
    ...proxyFindings(env),
    ...runtimeVariables.filter(isSet).map(runtimeNote),
  ];
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    findings.push({
      code: 'no-certificate-checks',
      severity: 'error',
      message:
        'NODE_TLS_REJECT_UNAUTHORIZED=0 turns certificate checks off: sso-cred sends nothing that way',
      command: 'unset NODE_TLS_REJECT_UNAUTHORIZED',
    });
  }
  const policy = env['SSO_CRED_SIGN_IN'];
  if (policy && !signInPolicies.some((each) => each === policy)) {
    findings.push({
      code: 'sign-in-policy',
      severity: 'error',
      message: `SSO_CRED_SIGN_IN is none of ${signInPolicies.join(', ')}`,
      affected: [{ who: 'sso-cred', how: 'every call fails' }],
      command: 'unset SSO_CRED_SIGN_IN',
    });
  }
  const names = Object.keys(env).filter((name) => isSet(name) && /^(?:AWS|SSO_CRED)_/.test(name));
  const looked = names.sort().join(', ') || 'no variable of AWS';
  return { check: 'environment', looked, findings };
}

function staticKeys(env: Environment): readonly Finding[] {
  if (!env['AWS_ACCESS_KEY_ID']) return [];
  const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];
  return [
    {
      code: 'keys-in-environment',
      severity: 'warning',
      message: 'AWS_ACCESS_KEY_ID is set',
      affected: [
        {
          who: nameSdks(['boto', 'go2', 'go1', 'cpp']),
          how: 'it is used, and not the profile of AWS_PROFILE',
        },
      ],
      command: `unset ${names.filter((name) => env[name]).join(' ')}`,
    },
  ];
}

function profileVariables(
  env: Environment,
  isThere: (profile: string) => boolean,
): readonly Finding[] {
  return ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE'].flatMap((name): readonly Finding[] => {
    const profile = env[name];
    if (!profile || isThere(profile)) return [];
    return [
      {
        code: 'profile-variable',
        severity: 'warning',
        message: `${name} names profile "${profile}", which is not there`,
        affected: [{ who: 'All SDKs', how: 'no credentials, or others than you think' }],
        command: `unset ${name}`,
      },
    ];
  });
}

function endpointNote(name: string): Finding {
  return {
    code: 'endpoint-variable',
    severity: 'note',
    message: `${name} is set: it counts for sso-cred as for the SDKs`,
  };
}

function runtimeNote(name: string): Finding {
  return {
    code: 'runtime-variable',
    severity: 'note',
    message: `${name} is set: it can make sso-cred load other code`,
  };
}

/** The CA bundles of the environment and of profiles, each once: a call fails by one that is no use. */
async function caBundles({
  profiles,
  sources: { config, env, home },
}: DoctorContext): Promise<readonly Finding[]> {
  const bundles = new Map<string, { readonly bundle: CaBundle; readonly origin: Origin }>();
  for (const profile of [undefined, ...profiles.map(config.profile)]) {
    const at = { env, profile, home };
    const bundle = resolveCaBundle(at);
    const setting = caBundleSetting(at);
    if (bundle !== undefined && setting !== undefined && !bundles.has(bundle.path)) {
      bundles.set(bundle.path, { bundle, origin: setting.origin });
    }
  }
  const findings: Finding[] = [];
  for (const { bundle, origin } of bundles.values()) {
    try {
      await trustedCas({ caBundle: bundle, withSystem: false }, env);
    } catch (error) {
      if (!isSsoCredError(error)) throw error;
      const place = origin.kind === 'file' ? { file: origin.path, line: origin.line } : {};
      const affected = [{ who: 'sso-cred and whoever reads the setting', how: 'every call fails' }];
      const { message } = error;
      findings.push({ code: 'ca-file', severity: 'error', message, ...place, affected });
    }
  }
  return findings;
}

/** One that the runtime reads, and passes over where it is no use. */
function extraCas(name: string, path: string): readonly Finding[] {
  const problem = (what: string): readonly Finding[] => [
    {
      code: 'ca-file',
      severity: 'warning',
      message: `${name} names ${path}, ${what}`,
      affected: [{ who: 'Whoever reads the variable', how: 'no certificate of it is trusted' }],
      command: `unset ${name}`,
    },
  ];
  try {
    const text = readFileSync(path, 'latin1');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return [];
    return problem('which holds no certificate in PEM form');
  } catch (error) {
    return problem(`which cannot be read: ${describeErrno(error)}`);
  }
}

/** By which way AWS's hosts are asked. A password is not told. */
function proxyFindings(env: Environment): readonly Finding[] {
  const code = 'proxy';
  try {
    const everywhere = { ...env, NO_PROXY: undefined, no_proxy: undefined };
    const proxy = proxyFor(new URL('https://sts.amazonaws.com/'), everywhere);
    if (proxy !== undefined) {
      const exempt = env['no_proxy'] || env['NO_PROXY'];
      const except = exempt ? `, but for ${exempt}` : '';
      const message = `Requests go through the proxy ${proxy.url.host} (${proxy.variable})${except}`;
      return [{ code, severity: 'note', message }];
    }
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    const affected = [{ who: 'sso-cred', how: 'every request fails' }];
    return [{ code, severity: 'error', message: error.message, affected }];
  }
  const variable = httpOnlyProxy(env);
  if (variable === undefined) return [];
  const message = `${variable} is for plain http only, and HTTPS_PROXY is not set: requests go through no proxy`;
  return [{ code, severity: 'note', message }];
}
