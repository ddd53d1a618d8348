import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An AWS that gives whatever is asked for and tells by which access key it was asked. */
export interface KeyTeller {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** The access key ids that it gives itself; the second for a role assumed. */
const keyOfSso = 'ASIASSO';
export const keyOfRole = 'ASIAASSUMED';

/** Starts it on 127.0.0.1: STS, where the ARN ends in the access key id, and the portal's role call. */
export async function startKeyTeller(): Promise<KeyTeller> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const [, key = ''] = /Credential=(\w+)\//.exec(request.headers.authorization ?? '') ?? [];
      const expiration = new Date(Date.now() + 3_600_000);
      if (request.url?.startsWith('/federation/credentials')) {
        const secrets = { secretAccessKey: 'sso', sessionToken: 'sso' };
        const given = { accessKeyId: keyOfSso, ...secrets, expiration: expiration.getTime() };
        response.end(JSON.stringify({ roleCredentials: given }));
        return;
      }
      const action = new URLSearchParams(body).get('Action') ?? '';
      const user = 'arn:aws:sts::111122223333:assumed-role/Other';
      const result =
        action === 'GetCallerIdentity'
          ? `<Arn>${user}/${key}</Arn><UserId>A:x</UserId><Account>111122223333</Account>`
          : `<Credentials><AccessKeyId>${keyOfRole}</AccessKeyId>
            <SecretAccessKey>assumed</SecretAccessKey><SessionToken>assumed</SessionToken>
            <Expiration>${expiration.toISOString()}</Expiration></Credentials>
            <AssumedRoleUser><Arn>${user}/x</Arn><AssumedRoleId>A:x</AssumedRoleId></AssumedRoleUser>`;
      response.setHeader('content-type', 'text/xml');
      response.end(`<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
        <${action}Result>${result}</${action}Result>
        <ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></${action}Response>`);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
