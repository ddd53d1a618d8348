import { describeDuration } from './duration.ts';
import { numberAt, parseJsonObject, textAt } from './json.ts';
import type { Surroundings } from './sign-in-policy.ts';

const version = 1;

/** More than this is worth a word: signatures fail from five minutes on; milliseconds. */
const notableSkewMs = 120_000;

/** How a server's clock differed from ours when we last heard of it. */
export interface ClockRecord {
  /** With its port, if that is unusual. */
  readonly host: string;
  /** The server's clock less ours; milliseconds. */
  readonly skewMs: number;
  /** Epoch milliseconds by our clock. */
  readonly seenAt: number;
}

/** Whether a clock is so wrong that somebody should know. */
export function isNotable({ skewMs }: Pick<ClockRecord, 'skewMs'>): boolean {
  return Math.abs(skewMs) > notableSkewMs;
}

/** How wrong our clock is, as the beginning of a sentence. @param whose as in "that of example.com" */
export function describeSkew(skewMs: number, whose: string): string {
  const direction = skewMs > 0 ? 'behind' : 'ahead of';
  return `the clock of this machine is ${describeDuration(Math.abs(skewMs))} ${direction} ${whose}`;
}

/** What sets a clock right, as a person would type or do it. */
export function clockRemedy({ platform, isWsl, isContainer }: Surroundings): string {
  // A Linux in Windows sleeps with it, and its clock goes on from where it stood.
  if (isWsl) return 'Run: sudo hwclock -s';
  if (isContainer) return 'A container has the clock of its host: set it there';
  switch (platform) {
    case 'linux':
      return 'Run: sudo timedatectl set-ntp true';
    case 'darwin':
      return 'Run: sudo sntp -sS time.apple.com';
    case 'win32':
      return 'Run: w32tm /resync';
    default:
      return 'Set it by NTP';
  }
}

/** The text of a clock record. */
export function encodeClockRecord(record: ClockRecord): string {
  return JSON.stringify({ version, ...record });
}

/** The clock record that a text holds; undefined when it is none of this version. */
export function decodeClockRecord(text: string): ClockRecord | undefined {
  const file = parseJsonObject(text);
  if (file === undefined || numberAt(file, 'version') !== version) return undefined;
  const host = textAt(file, 'host');
  const skewMs = numberAt(file, 'skewMs');
  const seenAt = numberAt(file, 'seenAt');
  if (host === undefined || skewMs === undefined || seenAt === undefined) return undefined;
  return { host, skewMs, seenAt };
}
