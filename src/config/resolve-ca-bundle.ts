import type { CaBundle } from '../model/ca-bundle.ts';
import type { ConfigSection } from './config-section.ts';
import { findKey, type NamedSetting } from './find-key.ts';
import { place } from './place.ts';

/** Where a CA bundle may be named. */
export interface CaBundleSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly profile: ConfigSection | undefined;
  readonly home: string | undefined;
}

/**
 * The CA bundle of a call: AWS_CA_BUNDLE, else `ca_bundle` of the profile, as for the AWS CLI. A
 * leading `~/` is expanded.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html
 */
export function resolveCaBundle(sources: CaBundleSources): CaBundle | undefined {
  const found = caBundleSetting(sources);
  if (found === undefined) return undefined;
  const { name, value, origin } = found;
  const { home } = sources;
  const path = home !== undefined && value.startsWith('~/') ? home + value.slice(1) : value;
  const where = place(origin, home);
  return { path, setting: origin.kind === 'file' ? `${name} at ${where}` : name };
}

/** The same as a setting, to be told of. */
export function caBundleSetting({ env, profile }: CaBundleSources): NamedSetting | undefined {
  const variable = 'AWS_CA_BUNDLE';
  const value = env[variable];
  if (value) return { name: variable, value, origin: { kind: 'environment', variable } };
  return profile && findKey(profile, ['ca_bundle']);
}
