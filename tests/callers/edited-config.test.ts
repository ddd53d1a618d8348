import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { editAwsConfig, type SectionEdit } from '../../src/config/edit-aws-config.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import {
  hasBotocore,
  readByBotocore,
  readByJavaScript,
  readByUs,
} from '../support/read-by-sdks.ts';

const keys = ['region', 'credential_process', 'sso_cred_session', 'output'] as const;
const names = ['a', 'my.dev', 'a+b@c/d:e', 'UPPER', '7'] as const;

/** Lines of a section, as people write them and all SDKs read them. */
const sectionLines = fc
  .uniqueArray(
    fc.oneof(
      fc.tuple(fc.constantFrom(...keys), fc.constantFrom(' = v', '=v', ' = a=b#c;d', '\t=  "q"')),
      fc.constantFrom(
        ['s3', ' =\n  max = 1\n  min = 2'],
        ['sts', ' =\n    endpoint_url = http://x'],
      ),
    ),
    { selector: ([key]) => key, maxLength: 4 },
  )
  .map((properties) => properties.map((each) => each.join('')));

const anyText = fc
  .record({
    sections: fc.uniqueArray(
      fc.record({
        header: fc.oneof(
          fc.constantFrom(...names).map((name) => `profile ${name}`),
          fc.constantFrom('default', 'sso-session a', 'sso-session corp', 'services s', 'plugins'),
          fc.constantFrom('oidc-session a', 'oidc-session acme', 'sso-cred settings'),
        ),
        lines: sectionLines,
        filler: fc.constantFrom('', '\n', '# comment\n', '\n\n; = x\n', '#[profile a]\n'),
      }),
      { selector: ({ header }) => header, maxLength: 6 },
    ),
    lineEnd: fc.constantFrom('\n', '\n', '\r\n'),
    isEnded: fc.boolean(),
  })
  .map(({ sections, lineEnd, isEnded }) => {
    const text = sections
      .map(({ header, lines, filler }) => `${[`[${header}]`, ...lines].join('\n')}\n${filler}`)
      .join('');
    return (isEnded ? text : text.replace(/\n$/, '')).replaceAll('\n', lineEnd);
  });

const anyEdits: fc.Arbitrary<readonly SectionEdit[]> = fc.uniqueArray(
  fc.record({
    type: fc.constantFrom('profile', 'profile', 'sso-session', 'oidc-session'),
    name: fc.constantFrom(...names, 'default', 'corp', 'new'),
    properties: fc.oneof(
      { weight: 1, arbitrary: fc.constant<'remove'>('remove') },
      {
        weight: 4,
        arbitrary: fc.dictionary(
          fc.constantFrom(...keys, 's3'),
          fc.option(
            fc.constantFrom(
              'w',
              'https://x/start#/',
              '"/a b/sso-cred" --profile a',
              'C:\\x.exe -y',
            ),
            { nil: undefined },
          ),
          { maxKeys: 4, noNullPrototype: true },
        ),
      },
    ),
  }),
  { selector: ({ type, name }) => `${type} ${name}`, maxLength: 5 },
);

test('botocore and the JavaScript SDK read of thousands of edited configs what we read', async () => {
  const folder = freshDirectory();
  mkdirSync(join(folder, 'configs'));
  const cases = fc.sample(fc.tuple(anyText, anyEdits), 3_000);
  const paths = cases.map(([text, edits], index) => {
    const path = join(folder, 'configs', String(index));
    writeFileSync(path, editAwsConfig(text, edits).text);
    return path;
  });
  const byBotocore = hasBotocore ? readByBotocore(paths) : [];
  for (const [index, path] of paths.entries()) {
    const ours = readByUs(path);
    const told = { text: cases[index]?.[0], edits: cases[index]?.[1] };
    expect({ ...told, read: await readByJavaScript(path) }).toEqual({ ...told, read: ours });
    if (hasBotocore) {
      expect({ ...told, read: byBotocore[index] }).toEqual({ ...told, read: ours });
    }
  }
}, 120_000);
