import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { federatedPrincipal, type IamSetup, renderIamSetup } from '../../src/model/iam-setup.ts';

const auth0: IamSetup = {
  issuer: 'https://acme.eu.auth0.com/',
  audience: 'abc123',
  roleArn: 'arn:aws:iam::111122223333:role/team/WebDeveloper',
  maxSessionDurationS: 7200,
};

const trustPolicy = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/acme.eu.auth0.com/' },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: { 'acme.eu.auth0.com/:aud': 'abc123' } },
    },
  ],
};

test("the slash at the end of Auth0's issuer stays, in the URL, the ARN and the condition", () => {
  expect(JSON.parse(renderIamSetup(auth0, 'json'))).toEqual({
    OpenIDConnectProvider: {
      Arn: 'arn:aws:iam::111122223333:oidc-provider/acme.eu.auth0.com/',
      Url: 'https://acme.eu.auth0.com/',
      ClientIDList: ['abc123'],
    },
    Role: {
      Arn: auth0.roleArn,
      RoleName: 'WebDeveloper',
      Path: '/team/',
      MaxSessionDuration: 7200,
      AssumeRolePolicyDocument: trustPolicy,
    },
  });
});

test('the commands hold the same policy, quoted for a shell', () => {
  const commands = renderIamSetup(auth0, 'cli');
  expect(commands).toContain("--url 'https://acme.eu.auth0.com/'");
  expect(commands).toContain("--role-name 'WebDeveloper' \\\n  --path '/team/'");
  const [, policy = ''] = /--assume-role-policy-document '(.+)'/.exec(commands) ?? [];
  expect(JSON.parse(policy)).toEqual(trustPolicy);
});

describe('Google, which IAM knows by itself', () => {
  const google = { ...auth0, issuer: 'https://accounts.google.com' };

  test('gets no provider, and is the principal by its host', () => {
    const { Role, ...others } = JSON.parse(renderIamSetup(google, 'json'));
    expect(others).toEqual({});
    expect(Role.AssumeRolePolicyDocument.Statement[0]).toMatchObject({
      Principal: { Federated: 'accounts.google.com' },
      Condition: { StringEquals: { 'accounts.google.com:aud': 'abc123' } },
    });
    expect(renderIamSetup(google, 'cli')).not.toContain('create-open-id-connect-provider');
    const terraform = renderIamSetup(google, 'terraform');
    expect(terraform).not.toContain('aws_iam_openid_connect_provider');
    expect(terraform).toContain('identifiers = ["accounts.google.com"]');
  });
});

test.each([
  ['arn:aws-cn:iam::111122223333:role/x', 'arn:aws-cn:iam::111122223333:oidc-provider/idp.example'],
  [
    'arn:aws-us-gov:iam::111122223333:role/x',
    'arn:aws-us-gov:iam::111122223333:oidc-provider/idp.example',
  ],
])('the provider of %s is in its partition', (roleArn, expected) => {
  expect(federatedPrincipal('https://idp.example', roleArn)).toBe(expected);
});

test('whatever the audience holds, it ends neither a word of the shell nor a text of Terraform', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (audience) => {
      const setup = { ...auth0, audience };
      const word = `'${audience.replaceAll("'", "'\\''")}'`;
      expect(renderIamSetup(setup, 'cli')).toContain(`--client-id-list ${word}\n`);
      const [, text = ''] =
        /client_id_list = \[(".*")\]\n/.exec(renderIamSetup(setup, 'terraform')) ?? [];
      const unescaped = text.replaceAll('$${', '${').replaceAll('%%{', '%{');
      expect(JSON.parse(unescaped)).toBe(audience);
      expect(text).not.toMatch(/(^|[^$])\$\{|(^|[^%])%\{/);
    }),
    { examples: [['${ '], ['%{ if true }']] },
  );
});
