import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isExempt } from '../../src/model/no-proxy.ts';

/** Host (with a port, if any), list, and whether the host is exempt. */
type Case = readonly [host: string, list: string, exempt: boolean];

const names: readonly Case[] = [
  ['example.com', 'example.com', true],
  ['www.example.com', 'example.com', true],
  ['a.b.example.com', 'example.com', true],
  ['nonexample.com', 'example.com', false],
  ['example.com.evil.test', 'example.com', false],
  ['com', 'example.com', false],
  ['example.com', '.example.com', true],
  ['www.example.com', '.example.com', true],
  ['www.example.com', '*.example.com', true],
  ['EXAMPLE.com', 'Example.COM', true],
  ['example.com.', 'example.com', true],
  ['example.com', 'example.com.', true],
  ['example.com', 'other.test,example.com', true],
  ['example.com', 'other.test , example.com', true],
  ['example.com', 'other.test example.com', true],
  ['example.com', ',,example.com,,', true],
  ['example.com', '*', true],
  ['10.0.0.1', '*', true],
  ['example.com', 'a,*', true],
  ['example.com', '', false],
  ['example.com', ' , ', false],
  ['example.com', '.', false],
  ['example.com', 'exam*', false],
  ['example.com', 'https://example.com', false],
];

const ports: readonly Case[] = [
  ['example.com', 'example.com:443', true],
  ['example.com', 'example.com:8443', false],
  ['example.com:8443', 'example.com:8443', true],
  ['example.com:8443', 'example.com', true],
  ['www.example.com:8443', '.example.com:8443', true],
  ['10.0.0.1:8443', '10.0.0.1:8443', true],
  ['10.0.0.1', '10.0.0.1:8443', false],
  ['[fd00::1]:8443', '[fd00::1]:8443', true],
  ['[fd00::1]', '[fd00::1]:8443', false],
];

const addresses: readonly Case[] = [
  ['10.1.2.3', '10.1.2.3', true],
  ['10.1.2.3', '10.1.2.4', false],
  ['10.1.2.3', '10.0.0.0/8', true],
  ['11.1.2.3', '10.0.0.0/8', false],
  ['192.168.130.9', '192.168.128.0/17', true],
  ['192.168.127.9', '192.168.128.0/17', false],
  ['10.1.2.3', '10.1.2.3/32', true],
  ['10.1.2.4', '10.1.2.3/32', false],
  ['10.1.2.3', '0.0.0.0/0', true],
  ['10.1.2.3', '10.0.0.0/33', false],
  ['10.1.2.3', '10.0.0.0/x', false],
  ['10.1.2.3', '10.0.0.0/', false],
  ['10.1.2.3', '10.1.2', false],
  ['10.1.2.3', '2.3', false],
  ['10.1.2.3', '.2.3', false],
  ['10.example.com', '10.0.0.0/8', false],
  ['[fd00::1]', 'fd00::1', true],
  ['[fd00::1]', '[fd00::1]', true],
  ['[fd00::1]', 'FD00:0:0:0:0:0:0:1', true],
  ['[fd00::1]', 'fd00::2', false],
  ['[fd00:1::9]', 'fd00::/8', true],
  ['[fe00:1::9]', 'fd00::/8', false],
  ['[2001:db8:8000::1]', '2001:db8:8000::/33', true],
  ['[2001:db8::1]', '2001:db8:8000::/33', false],
  ['[fd00::1]', '[fd00::]/8', true],
  ['[fd00::1]', '0.0.0.0/0', false],
  ['10.0.0.1', '::/0', false],
  ['[::ffff:10.0.0.1]', '::ffff:a00:1', true],
];

describe.each([
  ['names', names],
  ['ports', ports],
  ['addresses', addresses],
] as const)('%s', (_kind, cases) => {
  test.each(cases)('%s against "%s": %s', (host, list, exempt) => {
    expect(isExempt(new URL(`https://${host}/`), list)).toBe(exempt);
  });
});

test('an address is in the block of each of its prefixes, and in no block of another one', () => {
  const byte = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(
      fc.tuple(byte, byte, byte, byte),
      fc.integer({ min: 1, max: 32 }),
      (bytes, bits) => {
        const target = new URL(`https://${bytes.join('.')}`);
        expect(isExempt(target, `${bytes.join('.')}/${bits}`)).toBe(true);
        const at = Math.floor((bits - 1) / 8);
        const other = bytes.map((value, index) =>
          index === at ? value ^ (0x80 >> ((bits - 1) % 8)) : value,
        );
        expect(isExempt(target, `${other.join('.')}/${bits}`)).toBe(false);
      },
    ),
  );
});

test('no list whatever makes it fail', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('a.test', '10.0.0.1', '[::1]'), (list, host) => {
      expect(typeof isExempt(new URL(`https://${host}`), list)).toBe('boolean');
    }),
  );
});
