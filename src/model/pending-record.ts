import type { SignInFlow } from './client-registration.ts';
import { isTrueAt, numberAt, objectAt, parseJsonObject, textAt } from './json.ts';
import { type Owner, ownerIn } from './owner.ts';

const version = 1;

/** What a person must know to finish a sign-in, and what a worker must know to go on with it. */
export type SignInShown =
  | {
      readonly kind: 'browser';
      readonly url: string;
      readonly isOpened: boolean;
    }
  | {
      readonly kind: 'device';
      readonly verificationUri: string;
      readonly verificationUriComplete: string;
      readonly userCode: string;
      readonly isOpened: boolean;
      /** What is polled with: a secret. */
      readonly deviceCode: string;
      readonly intervalMs: number;
      /** Epoch milliseconds. */
      readonly expiresAt: number;
    };

/** Work on a session that goes on in a process of its own, while others wait for what it gives. */
export interface PendingRecord {
  /** Names this piece of work; whoever finds another here, or none, is to leave off. */
  readonly id: string;
  readonly task: 'refresh' | 'sign-in';
  /** Whose work it is: of the process that began it until the worker takes it over. */
  readonly owner: Owner;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** How many processes have tried. */
  readonly starts: number;
  /** How the person signs in. */
  readonly flow?: SignInFlow;
  /** Undefined until the person can go on. */
  readonly shown?: SignInShown;
}

/** The text of a pending record. */
export function encodePendingRecord(record: PendingRecord): string {
  return JSON.stringify({ version, ...record });
}

/** The pending record that a text holds; undefined when it is none of this version. */
export function decodePendingRecord(text: string): PendingRecord | undefined {
  const file = parseJsonObject(text);
  if (file === undefined || numberAt(file, 'version') !== version) return undefined;
  const id = textAt(file, 'id');
  const task = textAt(file, 'task');
  const owner = ownerIn(objectAt(file, 'owner') ?? {});
  const startedAt = numberAt(file, 'startedAt');
  const starts = numberAt(file, 'starts');
  const flow = textAt(file, 'flow');
  const shown = shownIn(objectAt(file, 'shown') ?? {});
  if (id === undefined || owner === undefined) return undefined;
  if (startedAt === undefined || starts === undefined) return undefined;
  if (task !== 'refresh' && task !== 'sign-in') return undefined;
  return {
    id,
    task,
    owner,
    startedAt,
    starts,
    ...(flow === 'browser' || flow === 'device' ? { flow } : {}),
    ...(shown === undefined ? {} : { shown }),
  };
}

function shownIn(file: Readonly<Record<string, unknown>>): SignInShown | undefined {
  const isOpened = isTrueAt(file, 'isOpened');
  const url = textAt(file, 'url');
  if (textAt(file, 'kind') === 'browser') {
    return url === undefined ? undefined : { kind: 'browser', url, isOpened };
  }
  const verificationUri = textAt(file, 'verificationUri');
  const verificationUriComplete = textAt(file, 'verificationUriComplete');
  const userCode = textAt(file, 'userCode');
  const deviceCode = textAt(file, 'deviceCode');
  const intervalMs = numberAt(file, 'intervalMs');
  const expiresAt = numberAt(file, 'expiresAt');
  if (verificationUri === undefined || verificationUriComplete === undefined) return undefined;
  if (userCode === undefined || deviceCode === undefined) return undefined;
  if (intervalMs === undefined || expiresAt === undefined) return undefined;
  return {
    kind: 'device',
    verificationUri,
    verificationUriComplete,
    userCode,
    isOpened,
    deviceCode,
    intervalMs,
    expiresAt,
  };
}
