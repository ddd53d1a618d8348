import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hasValidSignature, signAdHoc } from '../../scripts/macho-signature.ts';

/** A Mach-O file with this code, and room for a signature of so many bytes after it. */
function machO(code: Uint8Array, room: number): Buffer {
  const segment = (name: string, offset: number, size: number): Buffer => {
    const command = Buffer.alloc(72);
    command.writeUInt32LE(0x19, 0);
    command.writeUInt32LE(72, 4);
    command.write(name, 8, 'latin1');
    command.writeBigUInt64LE(BigInt(offset), 40);
    command.writeBigUInt64LE(BigInt(size), 48);
    return command;
  };
  const header = Buffer.alloc(32);
  const signature = Buffer.alloc(16);
  const codeOffset = 32 + 72 + 72 + 16;
  const signatureOffset = codeOffset + code.length;
  header.writeUInt32LE(0xfeedfacf, 0);
  header.writeUInt32LE(3, 16);
  signature.writeUInt32LE(0x1d, 0);
  signature.writeUInt32LE(16, 4);
  signature.writeUInt32LE(signatureOffset, 8);
  signature.writeUInt32LE(room, 12);
  return Buffer.concat([
    header,
    segment('__TEXT', 0, signatureOffset),
    segment('__LINKEDIT', signatureOffset, room),
    signature,
    code,
    Buffer.alloc(room),
  ]);
}

const file = fc
  .tuple(fc.uint8Array({ maxLength: 10_000 }), fc.integer({ min: 0, max: 400 }))
  .map(([code, room]) => machO(code, room));

test('a file that was signed has a valid signature, and keeps its code', () => {
  fc.assert(
    fc.property(file, (unsigned) => {
      expect(hasValidSignature(unsigned)).toBe(false);
      const signed = signAdHoc(unsigned);
      expect(hasValidSignature(signed)).toBe(true);
      expect(signAdHoc(signed)).toEqual(signed);
      const end = unsigned.readUInt32LE(32 + 72 + 72 + 8);
      expect(signed.subarray(192, end)).toEqual(unsigned.subarray(192, end));
    }),
  );
});

test('a byte that was changed afterwards makes the signature invalid', () => {
  fc.assert(
    fc.property(file, fc.nat(), (unsigned, place) => {
      const signed = signAdHoc(unsigned);
      const end = signed.readUInt32LE(32 + 72 + 72 + 8);
      const code = end - 192;
      fc.pre(code > 0);
      const at = 192 + (place % code);
      signed.writeUInt8((signed.readUInt8(at) + 1) % 256, at);
      expect(hasValidSignature(signed)).toBe(false);
    }),
  );
});

test('what is no such file is refused', () => {
  expect(() => hasValidSignature(Buffer.alloc(64))).toThrow('no 64-bit Mach-O');
});
