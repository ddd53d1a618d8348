import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type EnvFormat, renderEnvironment } from '../../src/model/render-environment.ts';

/** What a value may be: an environment holds no NUL, and what is no Unicode has no UTF-8. */
const value = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.constantFrom(
        "'",
        '"',
        '\\',
        '\\\\',
        "\\'",
        '`',
        '$(echo x)',
        '$' + '{HOME}',
        '$HOME',
        '%PATH%',
        '!x!',
        '\n',
        '\r\n',
        '\t',
        ';',
        '#',
        '&',
        '|',
        '<>',
        '*',
        '~',
        ' ',
        '‘',
        '’',
        '‚',
        '‛',
        '\u001b[31m',
      ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join('').replaceAll('\0', ''));

const shells: readonly { name: string; format: EnvFormat; args: readonly string[] }[] = [
  { name: 'sh', format: 'sh', args: ['-c'] },
  { name: 'bash', format: 'sh', args: ['--norc', '-c'] },
  { name: 'zsh', format: 'sh', args: ['-f', '-c'] },
  { name: 'fish', format: 'fish', args: ['--no-config', '-c'] },
  { name: 'pwsh', format: 'powershell', args: ['-NoProfile', '-NonInteractive', '-Command'] },
];

/** What a shell that has read this text hands on to a program, of these variables. */
function readBy(
  { name, args }: (typeof shells)[number],
  text: string,
  env: NodeJS.ProcessEnv,
): Readonly<Record<string, string>> {
  const print = `'${process.execPath}' -e 'process.stdout.write(JSON.stringify(process.env))'`;
  const call = name === 'pwsh' ? `& ${print}` : print;
  const { status, stdout, stderr } = spawnSync(name, [...args, `${text}\n${call}`], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', LC_ALL: 'C.UTF-8', ...env },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

describe.each(shells)('$name', (shell) => {
  const isThere = spawnSync(shell.name, [...shell.args, 'exit 0']).status === 0;
  const testIfThere = isThere ? test : test.skip;
  if (!isThere)
    process.stderr.write(`SKIPPED: no ${shell.name}, what is written for it is not read\n`);

  testIfThere('reads every value as it is, and unsets what is to be unset', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 20, maxLength: 20 }), (values) => {
        const set = Object.fromEntries(values.map((each, index) => [`V${index}`, each]));
        const text = renderEnvironment({ set, unset: ['GONE', 'NEVER_WAS'] }, shell.format);
        const environment = readBy(shell, text, { GONE: 'x', V1: 'before', KEPT: 'y' });
        expect(environment).toMatchObject({ ...set, KEPT: 'y' });
        expect(Object.keys(environment)).not.toContain('GONE');
      }),
      { numRuns: 10 },
    );
  });
});

test('PowerShell finds the end of a text where it is', () => {
  fc.assert(
    fc.property(value, (each) => {
      const text = renderEnvironment({ set: { V: each }, unset: ['GONE'] }, 'powershell');
      const [, inside = ''] = /^\$Env:V = '([\s\S]*)'\nRemove-Item Env:GONE /.exec(text) ?? [];
      // Its four typographic signs count as the plain one.
      const pairs = inside.replace(/(['‘’‚‛])['‘’‚‛]/g, '$1');
      expect(pairs).toBe(each);
    }),
  );
});

test.each(['cmd', 'dotenv'] as const)(
  '%s holds what AWS issues, and refuses what it cannot',
  (format) => {
    const issued = { A: 'ASIAX+/=', B: '2026-11-21T05:59:52Z', C: 'eu-west-1' };
    const lines = renderEnvironment({ set: issued, unset: ['GONE'] }, format).split('\n');
    expect(lines).toEqual(
      format === 'cmd'
        ? [
            'set "A=ASIAX+/="',
            'set "B=2026-11-21T05:59:52Z"',
            'set "C=eu-west-1"',
            'set "GONE="',
            '',
          ]
        : ['A=ASIAX+/=', 'B=2026-11-21T05:59:52Z', 'C=eu-west-1', ''],
    );
    for (const each of ['a b', '%PATH%', '"', "'", 'a\nb', '$x', '^', '!', '#', '\\', 'é']) {
      expect(() => renderEnvironment({ set: { AWS_REGION: each }, unset: [] }, format)).toThrow(
        `AWS_REGION has characters that the format ${format} cannot hold`,
      );
    }
  },
);

test('json holds every value', () => {
  fc.assert(
    fc.property(value, (each) => {
      const set = { V: each };
      expect(JSON.parse(renderEnvironment({ set, unset: ['GONE'] }, 'json'))).toEqual(set);
    }),
  );
});
