import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ClashId, clashBehaviours, clashEffect } from '../../src/model/clash-behaviour.ts';
import { clashCases, writeClashHome } from '../support/clash-cases.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import {
  fakeProgram,
  keyOfProcess,
  type Resolved,
  resolvingSdks,
} from '../support/resolve-by-sdks.ts';

/** Answers for STS and for the portal of Identity Center. */
const aws = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => {
    body += text;
  });
  request.on('end', () => {
    const expiration = new Date(Date.now() + 3_600_000).toISOString();
    if (request.url?.startsWith('/federation/credentials')) {
      const roleCredentials = {
        accessKeyId: 'ASIASSO',
        secretAccessKey: 'sso',
        sessionToken: 'sso',
        expiration: Date.parse(expiration),
      };
      response.end(JSON.stringify({ roleCredentials }));
      return;
    }
    const action = new URLSearchParams(body).get('Action');
    response.end(`<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <${action}Result><Credentials><AccessKeyId>ASIAASSUMED</AccessKeyId>
      <SecretAccessKey>assumed</SecretAccessKey><SessionToken>assumed</SessionToken>
      <Expiration>${expiration}</Expiration></Credentials>
      <AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/Other/x</Arn>
      <AssumedRoleId>A:x</AssumedRoleId></AssumedRoleUser></${action}Result></${action}Response>`);
  });
});

beforeAll(async () => {
  await new Promise<void>((listening) => aws.listen(0, '127.0.0.1', listening));
});
afterAll(async () => {
  aws.closeAllConnections();
  await new Promise((closed) => aws.close(closed));
});

function effectOf({ accessKeyId }: Resolved): 'runs' | 'bypasses' | 'fails' {
  if (accessKeyId === undefined) return 'fails';
  return accessKeyId === keyOfProcess ? 'runs' : 'bypasses';
}

const ids = Object.keys(clashBehaviours) as readonly ClashId[];

describe.each(resolvingSdks)('$sdk', ({ sdk, resolve }) => {
  const outcomes = new Map<ClashId, Resolved>();

  beforeAll(async () => {
    const root = freshDirectory();
    const endpoint = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
    const env = {
      ...fakeProgram(root),
      AWS_ENDPOINT_URL_SSO: endpoint,
      AWS_ENDPOINT_URL_STS: endpoint,
    };
    // The tokens are looked for in the one home.
    writeClashHome(root, 'full-sso');
    const files = ids.map((id) => ({ profile: 'dev', ...writeClashHome(join(root, id), id) }));
    for (const [index, outcome] of (await resolve(files, env)).entries()) {
      const id = ids[index];
      if (id !== undefined) outcomes.set(id, outcome);
    }
  });

  test.each(ids)('does with %s what our data says', (id) => {
    const outcome = outcomes.get(id) ?? {};
    if (id === 'login-session' && sdk === 'boto') {
      // It takes the other, and lacks what it needs for it.
      expect(outcome.error).toMatch(/botocore\[crt\]/);
      return;
    }
    expect({ beside: clashCases[id], outcome, effect: effectOf(outcome) }).toMatchObject({
      effect: clashEffect(id, sdk),
    });
  });
});
