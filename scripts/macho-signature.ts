import { createHash } from 'node:crypto';

// The layout of Mach-O files and of code signatures: <mach-o/loader.h>, and cs_blobs.h of Apple's XNU.
const loadSegment64 = 0x19;
const loadCodeSignature = 0x1d;
const superBlobMagic = 0xfade0cc0;
const codeDirectoryMagic = 0xfade0c02;
const codeDirectoryVersion = 0x20400;
const codeDirectoryBytes = 88;
const superBlobBytes = 20;
const sha256 = 2;
const adHoc = 0x2;
const mainBinary = 0x1;
const pageShift = 12;
const identifier = 'sso-cred\0';

interface Layout {
  /** Where in the file the load command of the signature is. */
  readonly signatureCommand: number;
  readonly signatureOffset: number;
  readonly signatureSize: number;
  /** Where in the file the load command of `__LINKEDIT` is, which ends with the signature. */
  readonly linkEditCommand: number;
  readonly textOffset: number;
  readonly textSize: number;
}

/**
 * Whether the signature of a 64-bit Mach-O executable is of its present bytes. macOS ends a process at
 * its start whose is not.
 */
export function hasValidSignature(file: Buffer): boolean {
  const { signatureOffset, signatureSize } = readLayout(file);
  const blob = file.subarray(signatureOffset, signatureOffset + signatureSize);
  if (blob.length < superBlobBytes || blob.readUInt32BE(0) !== superBlobMagic) return false;
  const directory = blob.subarray(blob.readUInt32BE(16));
  if (directory.readUInt32BE(0) !== codeDirectoryMagic) return false;
  const hashes = directory.readUInt32BE(16);
  const slots = directory.readUInt32BE(28);
  if (directory.readUInt32BE(32) !== signatureOffset || directory[37] !== sha256) return false;
  const found = pageHashes(file.subarray(0, signatureOffset), directory[39] ?? 0);
  return (
    found.length === slots * 32 && found.equals(directory.subarray(hashes, hashes + found.length))
  );
}

/**
 * Signs a 64-bit Mach-O executable without an identity, in place of the signature that it has.
 * @returns the file with its new signature, which may be shorter
 */
export function signAdHoc(original: Buffer): Buffer {
  const layout = readLayout(original);
  const { signatureOffset, signatureCommand, linkEditCommand } = layout;
  const slots = Math.ceil(signatureOffset / (1 << pageShift));
  const directorySize = codeDirectoryBytes + identifier.length + slots * 32;
  const signatureSize = superBlobBytes + directorySize;
  const file = Buffer.alloc(signatureOffset + signatureSize);
  original.copy(file, 0, 0, signatureOffset);

  file.writeUInt32LE(signatureSize, signatureCommand + 12);
  const linkEditOffset = Number(file.readBigUInt64LE(linkEditCommand + 40));
  const linkEditSize = file.length - linkEditOffset;
  const page = 1 << 14;
  file.writeBigUInt64LE(BigInt(Math.ceil(linkEditSize / page) * page), linkEditCommand + 32);
  file.writeBigUInt64LE(BigInt(linkEditSize), linkEditCommand + 48);

  const blob = file.subarray(signatureOffset);
  for (const [index, word] of [superBlobMagic, signatureSize, 1, 0, superBlobBytes].entries()) {
    blob.writeUInt32BE(word, index * 4);
  }
  const directory = blob.subarray(superBlobBytes);
  const hashes = codeDirectoryBytes + identifier.length;
  const head = [
    codeDirectoryMagic,
    directorySize,
    codeDirectoryVersion,
    adHoc,
    hashes,
    codeDirectoryBytes,
    0,
    slots,
    signatureOffset,
  ];
  for (const [index, word] of head.entries()) directory.writeUInt32BE(word, index * 4);
  // Size and kind of the hashes, the platform, and the size of a page.
  directory.set([32, sha256, 0, pageShift], 36);
  directory.writeBigUInt64BE(BigInt(layout.textOffset), 64);
  directory.writeBigUInt64BE(BigInt(layout.textSize), 72);
  directory.writeBigUInt64BE(BigInt(mainBinary), 80);
  directory.write(identifier, codeDirectoryBytes, 'latin1');
  // Last, since the load commands are hashed too.
  pageHashes(file.subarray(0, signatureOffset), pageShift).copy(directory, hashes);
  return file;
}

function pageHashes(code: Buffer, shift: number): Buffer {
  const hashes: Buffer[] = [];
  for (let start = 0; start < code.length; start += 1 << shift) {
    const page = code.subarray(start, start + (1 << shift));
    hashes.push(createHash('sha256').update(page).digest());
  }
  return Buffer.concat(hashes);
}

/** @throws for what is no 64-bit Mach-O file, or has no signature */
function readLayout(file: Buffer): Layout {
  if (file.readUInt32LE(0) !== 0xfeedfacf) throw new Error('This is no 64-bit Mach-O file');
  let command = 32;
  let signatureCommand: number | undefined;
  let linkEditCommand: number | undefined;
  let text = { offset: 0, size: 0 };
  for (let left = file.readUInt32LE(16); left > 0; left -= 1) {
    const kind = file.readUInt32LE(command);
    const segment = file.toString('latin1', command + 8, command + 24).replace(/\0+$/, '');
    if (kind === loadCodeSignature) signatureCommand = command;
    if (kind === loadSegment64 && segment === '__LINKEDIT') linkEditCommand = command;
    if (kind === loadSegment64 && segment === '__TEXT') {
      const [offset, size] = [40, 48].map((at) => Number(file.readBigUInt64LE(command + at)));
      text = { offset: offset ?? 0, size: size ?? 0 };
    }
    command += file.readUInt32LE(command + 4);
  }
  if (signatureCommand === undefined || linkEditCommand === undefined) {
    throw new Error('This Mach-O file has no place for a signature');
  }
  return {
    signatureCommand,
    signatureOffset: file.readUInt32LE(signatureCommand + 8),
    signatureSize: file.readUInt32LE(signatureCommand + 12),
    linkEditCommand,
    textOffset: text.offset,
    textSize: text.size,
  };
}
