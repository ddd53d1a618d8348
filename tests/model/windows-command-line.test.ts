import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { batchArguments, isBatchFile } from '../../src/model/windows-command-line.ts';

const path = 'C:\\Program Files\\nodejs\\npm.cmd';
const start = `/e:ON /v:OFF /d /c ""${path}"`;

test.each([
  ['npm.cmd', true],
  ['C:\\x\\A.BAT', true],
  ['aws.exe', false],
  ['cmd', false],
])('%s: a batch file is told by its name (%s)', (name, expected) => {
  expect(isBatchFile(name)).toBe(expected);
});

// The cases of Rust's own tests of 1.77.2 among them (CVE-2024-24576).
test.each([
  { args: [], line: `${start}"` },
  { args: ['run', 'a-b'], line: `${start} run a-b"` },
  { args: [''], line: `${start} """` },
  { args: ['a b'], line: `${start} "a b""` },
  { args: ['"&calc.exe'], line: `${start} """&calc.exe""` },
  { args: ['a"b'], line: `${start} "a""b""` },
  { args: ['a\\"b'], line: `${start} "a\\\\""b""` },
  { args: ['a\\'], line: `${start} "a\\\\""` },
  { args: ['a\\b'], line: `${start} a\\b"` },
  { args: ['%PATH%'], line: `${start} "%%cd:~,%PATH%%cd:~,%""` },
  { args: ['a^b', 'c|d'], line: `${start} "a^b" "c|d""` },
])('$args', ({ args, line }) => {
  expect(batchArguments(path, args)).toBe(line);
});

test.each([['a\nb'], ['a\rb']])('%j cannot be written', (arg) => {
  expect(() => batchArguments(path, [arg])).toThrow('A batch file cannot be given');
  expect(() => batchArguments(`C:\\${arg}.cmd`, [])).toThrow('A batch file cannot be given');
});

test('no argument ends its quotes, and none leaves a variable to be expanded', () => {
  const sign = fc.constantFrom('"', '\\', '%', '&', '|', '^', '<', '>', ' ', 'a', '!', '(', ')');
  const word = fc.array(sign, { maxLength: 12 }).map((signs) => signs.join(''));
  fc.assert(
    fc.property(word, (arg) => {
      const line = batchArguments(path, [arg]);
      const written = line.slice(start.length + 1, -1);
      // What stands outside of quotes, by cmd.exe's count, is plain.
      const outside = written.split('"').filter((_, index) => index % 2 === 0);
      expect(outside.join('')).not.toMatch(/[&|^<>() !]/);
      expect(written.replaceAll('%%cd:~,%', '')).not.toContain('%');
    }),
  );
});
