import { describe, expect, test } from '@jest/globals';
import { resolveStartUrl } from '../../src/flow/resolve-start-url.ts';
import { SsoCredError } from '../../src/model/errors.ts';
import type { SsoSession } from '../../src/model/profile.ts';

const endpoint = { region: 'eu-west-1', fips: false, dualStack: false };

function sessionAt(startUrl: string): SsoSession {
  return {
    kind: 'sso',
    name: 'corp',
    startUrl,
    region: 'eu-west-1',
    registrationScopes: [],
    useDeviceCode: false,
    redirectPorts: [0],
    endpoints: { sso: endpoint, ssoOidc: endpoint },
    signInCommand: 'sso-cred login --session corp',
  };
}

/** What a URL answers: a status with the place it points to, if any; or nothing at all. */
type Site = Readonly<Record<string, readonly [status: number, location?: string] | undefined>>;

/** Resolves a start URL on a network of such sites; gives the result, or the error, and what was asked. */
async function resolve(startUrl: string, site: Site) {
  const asked: string[] = [];
  const world = {
    clock: { now: () => 0, monotonicMs: () => 0, sleep: async () => undefined },
    trace: () => undefined,
    async sendHttp({
      method,
      url,
      headers,
      body,
    }: Parameters<Parameters<typeof resolveStartUrl>[1]['sendHttp']>[0]) {
      expect(body).toBeUndefined();
      expect(Object.keys(headers)).toEqual(['user-agent']);
      asked.push(`${method} ${url.href}`);
      const answer = site[`${method} ${url.href}`] ?? site[url.href];
      if (answer === undefined)
        throw new SsoCredError('NetworkFailed', `${url.host} has no address`);
      const [status, location] = answer;
      const replyHeaders = location === undefined ? {} : { location };
      return { status, headers: replyHeaders, body: Buffer.alloc(0) };
    },
  };
  const resolved = await resolveStartUrl(sessionAt(startUrl), world).then(
    (session) => session.startUrl,
    (error: unknown) => error,
  );
  return { resolved, asked };
}

const vanity = 'https://aws.acme.example/';
const portal = 'https://ssoins-1.portal.eu-west-1.app.aws';

describe('a start URL', () => {
  test.each([
    'https://corp.awsapps.com/start#/',
    'https://start.home.awsapps.cn/directory/d-1',
    'https://identitycenter.us-gov.amazonaws.com/ssoins-1',
    portal,
    'http://127.0.0.1:4566/start',
  ])('of AWS, or of this machine, is used as it is, and nobody is asked: %s', async (url) => {
    expect(await resolve(url, {})).toEqual({ resolved: url, asked: [] });
  });

  test.each<[string, Site, string, number]>([
    ['at once', { [vanity]: [302, `${portal}/`] }, portal, 1],
    [
      'for good',
      { [vanity]: [308, 'https://corp.awsapps.com/start'] },
      'https://corp.awsapps.com/start',
      1,
    ],
    [
      'without fragment and query',
      { [vanity]: [301, 'https://corp.awsapps.com/start/?a=b#/c'] },
      'https://corp.awsapps.com/start',
      1,
    ],
    [
      'by way of its own',
      { [vanity]: [302, '/to-aws'], 'https://aws.acme.example/to-aws': [302, portal] },
      portal,
      2,
    ],
    [
      'where HEAD is not known',
      { [`HEAD ${vanity}`]: [405], [`GET ${vanity}`]: [302, portal] },
      portal,
      2,
    ],
  ])('of a company leads to AWS’s: %s', async (_how, site, resolved, requests) => {
    const outcome = await resolve(vanity, site);
    expect(outcome.resolved).toBe(resolved);
    expect(outcome.asked).toHaveLength(requests);
  });

  test.each<[string, Site]>([
    ['nobody answers', {}],
    ['it leads nowhere', { [vanity]: [200] }],
    ['it is not found', { [vanity]: [404] }],
    [
      'it leads elsewhere',
      { [vanity]: [302, 'https://sso.acme.example/'], 'https://sso.acme.example/': [200] },
    ],
    ['it leads in a circle', { [vanity]: [302, vanity] }],
    ['it leads to plain http', { [vanity]: [302, 'http://corp.awsapps.com/start'] }],
    ['it leads to nonsense', { [vanity]: [302, 'https://'] }],
    [
      'it leads to what only looks like AWS',
      {
        [vanity]: [302, 'https://awsapps.com.evil.test/'],
        'https://awsapps.com.evil.test/': [200],
      },
    ],
  ])('of a company is used as it is where %s', async (_why, site) => {
    const { resolved, asked } = await resolve(vanity, site);
    expect(resolved).toBe(vanity);
    expect(asked.length).toBeLessThanOrEqual(3);
  });

  test('that leads to another region is an error that names it', async () => {
    const { resolved } = await resolve(vanity, {
      [vanity]: [302, 'https://ssoins-1.us-east-1.portal.amazonaws.com/'],
    });
    expect(resolved).toMatchObject({
      code: 'ServiceFailed',
      message: `${vanity} leads to the access portal of us-east-1 now, and the session "corp" has the region eu-west-1: set sso_region = us-east-1`,
    });
  });
});
