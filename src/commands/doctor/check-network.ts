import { resolveProfile } from '../../config/resolve-profile.ts';
import { type ClockRecord, clockRemedy, isNotable } from '../../model/clock-record.ts';
import { describeDuration } from '../../model/duration.ts';
import type { ServiceEndpoint } from '../../model/endpoint.ts';
import { isSsoCredError } from '../../model/errors.ts';
import type { CheckResult, Finding } from '../../model/finding.ts';
import type { OidcSession, SsoProfile } from '../../model/profile.ts';
import { hearClocks } from '../../services/hear-clocks.ts';
import { type ProbedService, probeService } from '../../services/probe.ts';
import type { World } from '../../world.ts';
import { placeSession } from '../open-call.ts';
import { judgePortal } from './check-portal.ts';
import { judgeProvider } from './check-provider.ts';
import type { DoctorSession } from './check-sessions.ts';
import { type DoctorContext, servedProfiles } from './context.ts';

/** What can be seen over the network, and nothing that changes anything there. */
export async function checkNetwork(
  context: DoctorContext,
  sessions: readonly DoctorSession[],
): Promise<CheckResult> {
  const { world, heard } = hearClocks(context.world);
  const observed: DoctorContext = { ...context, world };
  const tasks = [
    ...sessions.map((each) => judgeSession(each, observed)),
    ...stsEndpoints(observed).map((sts) => reach('sts', sts, observed)),
  ];
  const findings = (await Promise.all(tasks)).flat();
  findings.push(
    ...(await busyPorts(sessions, context.world)),
    ...judgeClock(heard(), context.world),
  );
  const hosts = heard().map(({ host }) => host);
  const looked = hosts.length === 0 ? 'nobody answered' : hosts.join(', ');
  return { check: 'network', looked, findings };
}

async function judgeSession(
  { session, tokenFile, token }: DoctorSession,
  context: DoctorContext,
): Promise<readonly Finding[]> {
  if (session.kind === 'oidc') return await judgeProvider(session, token, context);
  const oidc = await reach('sso_oidc', session.endpoints.ssoOidc, context);
  if (oidc.length > 0) return oidc;
  if (token === undefined) return await reach('sso', session.endpoints.sso, context);
  const { opened, world } = context;
  const isOfSession = (profile: SsoProfile) =>
    opened !== undefined &&
    placeSession(profile.session, opened, undefined, world).session.tokenFile === tokenFile;
  const profiles = ssoProfiles(context).filter(isOfSession);
  return await judgePortal(session, token, profiles, context);
}

/** Whether a service answers at all. */
async function reach(
  service: ProbedService,
  endpoint: ServiceEndpoint,
  { deadline, world }: DoctorContext,
): Promise<readonly Finding[]> {
  try {
    await probeService(service, endpoint, deadline, world);
    return [];
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    return [{ code: 'unreachable', severity: 'error', message: error.message }];
  }
}

/** The profiles of Identity Center to look at, each role once. */
function ssoProfiles(context: DoctorContext): readonly SsoProfile[] {
  return resolvedProfiles(context).flatMap((profile) => (profile.kind === 'sso' ? profile : []));
}

function stsEndpoints(context: DoctorContext): readonly ServiceEndpoint[] {
  const endpoints = new Map<string, ServiceEndpoint>();
  for (const profile of resolvedProfiles(context)) {
    if (profile.kind !== 'sso') endpoints.set(JSON.stringify(profile.sts), profile.sts);
  }
  return [...endpoints.values()];
}

function resolvedProfiles(context: DoctorContext) {
  return servedProfiles(context).flatMap(({ name }) => {
    try {
      return resolveProfile({ profile: name }, context.sources).profile;
    } catch (error) {
      if (!isSsoCredError(error)) throw error;
      return []; // told of with the profiles
    }
  });
}

/** The callback ports of sessions that have fixed ones, one after the other: they may share some. */
async function busyPorts(
  sessions: readonly DoctorSession[],
  world: World,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { name, session } of sessions) {
    const { redirectPorts: ports } = session;
    if (ports.includes(0)) continue;
    const host = session.kind === 'oidc' ? session.redirectHost : '127.0.0.1';
    const busy: number[] = [];
    for (const port of ports) if (!(await isFree(port, host, world))) busy.push(port);
    if (busy.length === 0) continue;
    const isAll = busy.length === ports.length;
    findings.push({
      code: 'callback-port',
      severity: isAll ? 'error' : 'note',
      message: `Another program listens on ${isAll ? 'each callback port' : 'a callback port'} of the session ${name} (${busy.join(', ')})`,
      advice: isAll
        ? 'End it, or name other ports here and at the provider; or sign in by device code'
        : 'The others serve',
    });
  }
  return findings;
}

async function isFree(
  port: number,
  host: OidcSession['redirectHost'],
  world: World,
): Promise<boolean> {
  const state = world.randomHex(16);
  try {
    const listener = await world.listenForCallback({
      ports: [port],
      host,
      path: '/oauth/callback',
      state,
    });
    listener.close();
    return true;
  } catch (error) {
    if (isSsoCredError(error)) return false;
    throw error;
  }
}

/** What the servers' clocks say of ours: the most of them, so that one wrong server accuses nobody. */
function judgeClock(clocks: readonly ClockRecord[], world: World): readonly Finding[] {
  const skews = clocks.map(({ skewMs }) => skewMs).sort((a, b) => a - b);
  const skewMs = skews[Math.floor(skews.length / 2)] ?? 0;
  if (!isNotable({ skewMs })) return [];
  const off = `${describeDuration(Math.abs(skewMs))} ${skewMs > 0 ? 'behind' : 'ahead'}`;
  return [
    {
      code: 'clock',
      severity: 'error',
      message: `The clock of this machine is ${off}`,
      affected: [{ who: 'All SDKs', how: 'requests are refused from 5 minutes on' }],
      advice: clockRemedy(world.surroundings()),
    },
  ];
}
