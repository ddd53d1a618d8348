import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describeDuration } from '../model/duration.ts';
import type { Finding } from '../model/finding.ts';
import { lockStaleMs, starvedMs } from '../model/lock-age.ts';
import { decodeOwner, describeOwner } from '../model/owner.ts';
import { quoted } from '../model/shell-word.ts';
import { type LockHolder, readLock } from './lock-directory.ts';
import type { Store } from './store.ts';

/** A holder of which nothing is known, another host's say, is gone when it was not seen for so long. */
const unknownForMs = 120_000;

/** What processes that are gone, or do not get on, have left among locks and claims. @param now epoch milliseconds */
export async function inspectLocks(store: Store, now: number): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const name of namesIn(join(store.directory, 'locks'))) {
    const path = store.path('locks', name);
    const found = name.endsWith('.lock')
      ? await judgeLock(path, store, now)
      : name.endsWith('.sock') && (await store.livenessOfSocket(name)) === 'dead'
        ? leftBehind('stale-lock', path, `The socket ${path}`)
        : undefined;
    if (found !== undefined) findings.push(found);
  }
  for (const name of namesIn(join(store.directory, 'claims'))) {
    const path = store.path('claims', name);
    const owner = decodeOwner(textOf(path));
    if (owner !== undefined && (await store.liveness(owner)) === 'dead') {
      findings.push(leftBehind('stale-claim', path, `The claim ${path}`));
    }
  }
  return findings;
}

async function judgeLock(path: string, store: Store, now: number): Promise<Finding | undefined> {
  const state = readLock(path);
  if (state.kind === 'free') return undefined;
  if (state.kind === 'squatted') {
    return {
      code: 'squatted-lock',
      severity: 'error',
      message: `${path} is in the way of a lock: ${state.reason}`,
      file: path,
      affected: [{ who: 'sso-cred', how: 'calls that need the lock end with exit status 7' }],
      command: state.remedy.replace(path, () => quoted(path)),
    };
  }
  return await judgeHold(path, state.holder, store, now);
}

async function judgeHold(
  path: string,
  { file, owner, touchedAt }: LockHolder,
  store: Store,
  now: number,
): Promise<Finding | undefined> {
  const liveness = owner === undefined ? 'unknown' : await store.liveness(owner);
  const idleMs = now - touchedAt;
  if (liveness === 'dead' || (liveness === 'unknown' && idleMs > unknownForMs)) {
    const whose = owner === undefined ? 'a process' : describeOwner(owner);
    return {
      code: 'stale-lock',
      severity: 'note',
      message: `The lock ${path} was left behind by ${whose}, which is gone; the next call takes it over`,
      file: path,
      command: 'sso-cred doctor --fix',
      fix: { kind: 'end-hold', path, file },
    };
  }
  // What is of another machine may be at work, and its clock be wrong.
  if (owner === undefined || liveness !== 'alive' || idleMs <= lockStaleMs) return undefined;
  // It may only get no turn, on a machine with too much to do.
  if (store.isRunning(owner) && idleMs <= starvedMs) return undefined;
  return {
    code: 'stuck-process',
    severity: 'warning',
    message: `The lock ${path} is held by ${describeOwner(owner)}, which has not moved for ${describeDuration(idleMs)}: it is stopped, or hangs`,
    file: path,
    affected: [{ who: 'sso-cred', how: 'calls may have to wait for it' }],
    command: `kill ${owner.pid}`,
  };
}

function leftBehind(code: string, path: string, what: string): Finding {
  return {
    code,
    severity: 'note',
    message: `${what} was left behind by a process that is gone`,
    file: path,
    command: 'sso-cred doctor --fix',
    fix: { kind: 'remove-file', path },
  };
}

function textOf(path: string): string {
  try {
    return statSync(path).isFile() ? readFileSync(path, 'utf8') : '';
  } catch {
    return ''; // It has ended meanwhile.
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
