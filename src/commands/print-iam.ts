import type { LocationOptions } from '../config/locate.ts';
import {
  type ProfileRequest,
  resolveProfile,
  resolveProfileOfPerson,
  type SessionRequest,
} from '../config/resolve-profile.ts';
import { getProviderMetadata } from '../flow/provider-metadata.ts';
import { SsoCredError } from '../model/errors.ts';
import { type IamForm, renderIamSetup } from '../model/iam-setup.ts';
import type { World } from '../world.ts';
import { explainSettings, openCall } from './open-call.ts';

/** What `sso-cred configure oidc --print-iam` may say. */
export interface PrintIamOptions extends ProfileRequest, SessionRequest, LocationOptions {
  readonly printIam: IamForm;
  /** How long it may take; seconds. */
  readonly timeoutS: number;
}

/** What a role allows at least; seconds. */
const defaultDurationS = 3600;

/**
 * Prints what has to be set up in IAM for a profile at an OpenID provider, ready to paste; the
 * issuer is written as the provider itself writes it.
 * @throws SsoCredError
 */
export async function runPrintIam(options: PrintIamOptions, world: World): Promise<void> {
  const opened = openCall(options, world);
  const resolve = options.session === undefined ? resolveProfile : resolveProfileOfPerson;
  const { profile, settings } = resolve(options, opened.sources);
  explainSettings(settings, opened, world);
  if (profile.kind !== 'web-identity') {
    throw new SsoCredError(
      'InvalidUsage',
      'That is a profile of IAM Identity Center, which needs nothing in IAM',
    );
  }
  const { session, roleArn, durationSeconds } = profile;
  const deadline = world.clock.monotonicMs() + options.timeoutS * 1000;
  const { issuer } = await getProviderMetadata(session, opened.store, deadline, world);
  const setup = {
    issuer,
    audience:
      session.token === 'access_token' ? (session.audience ?? session.clientId) : session.clientId,
    roleArn,
    maxSessionDurationS: Math.max(defaultDurationS, durationSeconds ?? defaultDurationS),
  };
  world.print(1, renderIamSetup(setup, options.printIam));
}
