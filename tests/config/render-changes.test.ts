import { expect, test } from '@jest/globals';
import { editAwsConfig, type SectionEdit } from '../../src/config/edit-aws-config.ts';
import { renderChanges } from '../../src/config/render-changes.ts';

function diff(text: string, ...edits: readonly SectionEdit[]): string {
  return renderChanges(text, editAwsConfig(text, edits).changes, '~/.aws/config');
}

test('what changes is shown line by line, with its places before and after', () => {
  const text = `[profile a]
region = eu-west-1 # near
role_arn = x
output = json

[profile b]
k = v

[profile c]
region = x
`;
  expect(
    diff(
      text,
      { type: 'profile', name: 'a', properties: { region: 'us-east-1', role_arn: undefined } },
      { type: 'profile', name: 'b', properties: 'remove' },
      { type: 'profile', name: 'c', properties: { output: 'text' } },
      { type: 'profile', name: 'd', properties: { sso_cred_session: 'corp' } },
    ),
  ).toBe(`--- ~/.aws/config
+++ ~/.aws/config
@@ -2,1 +2,2 @@ [profile a]
-region = eu-west-1 # near
+# near
+region = us-east-1
@@ -3,1 +3,0 @@ [profile a]
-role_arn = x
@@ -6,3 +5,0 @@ [profile b]
-[profile b]
-k = (hidden)
-
@@ -10,0 +8,1 @@ [profile c]
+output = text
@@ -10,0 +9,3 @@ [profile d]
+
+[profile d]
+sso_cred_session = corp
`);
});

test('nothing is shown where nothing changes', () => {
  expect(diff('[profile a]\nk = v\n', { type: 'profile', name: 'a', properties: {} })).toBe('');
});

test('what might be secret is hidden, and what a terminal would obey is not sent to it', () => {
  const text = `[profile a]
aws_secret_access_key = s3cret
Client_Secret=s3cret
x_token = s3cret
# aws_session_token = s3cret
region = \u001b[31m\u202ered
credential_process = one
  --token s3cret
s3 =
  password = s3cret
sso_start_url = https://corp.example/start
`;
  const shown = diff(text, { type: 'profile', name: 'a', properties: 'remove' });
  expect(shown).not.toContain('s3cret');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(shown).not.toMatch(/[\u001b\u202e]/);
  expect(shown).toContain('-aws_secret_access_key = (hidden)\n');
  expect(shown).toContain('-sso_start_url = https://corp.example/start\n');
});
