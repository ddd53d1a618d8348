import type { Lifetime } from './freshness.ts';
import { numberAt, parseJsonObject, textAt } from './json.ts';
import type { RoleCredentials } from './role-credentials.ts';
import { toProcessOutput } from './role-credentials.ts';

/** The version of the role records that we write; others count as absent. */
const roleRecordVersion = 1;

const answerKeys = [
  'AccessKeyId',
  'SecretAccessKey',
  'SessionToken',
  'Expiration',
  'AccountId',
] as const;

/** Role credentials as they lie on disk, with the sign-in that they come from. */
export interface RoleRecord extends Lifetime {
  /** The line for stdout, as toProcessOutput makes it. */
  readonly output: string;
  /** The name of its file, which is made of whose credentials they are: a copy elsewhere is of no role. */
  readonly roleFile: string;
  /** Whose credentials they are, for `status`; the account is in the line. */
  readonly roleName: string;
  /** The duration that the role allows, where it is less than the one asked for; seconds. */
  readonly cappedDurationS?: number;
  /** Which sign-in they were made with. */
  readonly signIn: string;
  /** The token file as it was, see fileStamp. */
  readonly tokenFile: string;
  readonly tokenStamp: string;
}

/** The record for credentials that were just obtained. */
export function makeRoleRecord(
  credentials: RoleCredentials,
  obtained: Omit<RoleRecord, 'expiresAt' | 'output'>,
): RoleRecord {
  return { ...obtained, expiresAt: credentials.expiration, output: toProcessOutput(credentials) };
}

/** The text of a role record. */
export function encodeRoleRecord(record: RoleRecord): string {
  return JSON.stringify({ version: roleRecordVersion, ...record });
}

/** The role record that a text holds; undefined when it is none of this version. */
export function decodeRoleRecord(text: string): RoleRecord | undefined {
  const file = parseJsonObject(text);
  if (file === undefined || numberAt(file, 'version') !== roleRecordVersion) return undefined;
  const output = textAt(file, 'output');
  const roleFile = textAt(file, 'roleFile');
  const expiresAt = numberAt(file, 'expiresAt');
  const obtainedAt = numberAt(file, 'obtainedAt');
  const skewMs = numberAt(file, 'skewMs');
  const roleName = textAt(file, 'roleName');
  const cappedDurationS = numberAt(file, 'cappedDurationS');
  const signIn = textAt(file, 'signIn');
  const tokenFile = textAt(file, 'tokenFile');
  const tokenStamp = textAt(file, 'tokenStamp');
  if (output === undefined || !isProcessOutput(output)) return undefined;
  if (roleFile === undefined) return undefined;
  if (expiresAt === undefined || obtainedAt === undefined || skewMs === undefined) return undefined;
  if (roleName === undefined || signIn === undefined) return undefined;
  if (tokenFile === undefined || tokenStamp === undefined) return undefined;
  return {
    output,
    roleFile,
    expiresAt,
    obtainedAt,
    skewMs,
    roleName,
    ...(cappedDurationS === undefined ? {} : { cappedDurationS }),
    signIn,
    tokenFile,
    tokenStamp,
  };
}

/** Whether a line is a complete answer: a damaged record must never reach stdout. */
function isProcessOutput(line: string): boolean {
  const answer = parseJsonObject(line);
  if (answer === undefined || line.includes('\n') || numberAt(answer, 'Version') !== 1)
    return false;
  for (const key of answerKeys) if (textAt(answer, key) === undefined) return false;
  return true;
}

/** The parts of an answer that may be shown: never the two secrets. */
export function publicParts(output: string) {
  const answer = parseJsonObject(output) ?? {};
  return {
    accessKeyId: textAt(answer, 'AccessKeyId') ?? '',
    expiration: textAt(answer, 'Expiration') ?? '',
    accountId: textAt(answer, 'AccountId') ?? '',
  };
}
