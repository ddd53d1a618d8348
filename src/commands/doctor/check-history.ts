import { describeDuration } from '../../model/duration.ts';
import { isSsoCredError } from '../../model/errors.ts';
import { decodeFailureRecord, nextTryAt } from '../../model/failure-record.ts';
import type { CheckResult, Finding } from '../../model/finding.ts';
import { totalMs } from '../../model/freshness.ts';
import { decodeRoleRecord, publicParts } from '../../model/role-record.ts';
import { readLastErrors } from '../../store/last-errors.ts';
import { listRecords } from '../../store/list-records.ts';
import type { Store } from '../../store/store.ts';
import type { World } from '../../world.ts';
import type { DoctorContext } from './context.ts';

/** How many of the last errors are told. */
const toldErrors = 3;

/** Below this SDKs ask for new credentials again and again; milliseconds. */
const shortLifeMs = 15 * 60_000;

/** What went wrong before: the last errors, failures that are remembered, roles that live too short. */
export function checkHistory({ opened, world }: DoctorContext): CheckResult {
  if (opened === undefined) return { check: 'history', looked: 'nothing', findings: [] };
  const { store } = opened;
  const errors = readLastErrors(store.directory, world);
  const findings = [
    ...errors.slice(-toldErrors).map(({ time, profile, message }): Finding => {
      const of = profile === '' ? '' : `, of ${profile}`;
      return { code: 'last-error', severity: 'note', message: `At ${time}${of}: ${message}` };
    }),
    ...remembered(store, world),
    ...shortRoles(store),
  ];
  const count = errors.length;
  const looked = `${count === 0 ? 'no' : count} error${count === 1 ? '' : 's'} on record`;
  return { check: 'history', looked, findings };
}

function remembered(store: Store, world: World): readonly Finding[] {
  const now = world.clock.now();
  return readAll(store, 'failures', decodeFailureRecord).flatMap((failure): readonly Finding[] => {
    const pauseMs = nextTryAt(failure, false) - now;
    // An ended session is told of with the sessions.
    if (pauseMs <= 0 || !Number.isFinite(pauseMs)) return [];
    const { message, remedy, code } = failure;
    return [
      {
        code: 'remembered-failure',
        severity: code === 'RoleRefused' ? 'warning' : 'note',
        message: `${message} (not asked again for ${describeDuration(pauseMs)})`,
        ...(remedy === undefined ? {} : { command: remedy }),
      },
    ];
  });
}

function shortRoles(store: Store): readonly Finding[] {
  return readAll(store, 'roles', decodeRoleRecord).flatMap((record): readonly Finding[] => {
    const lifeMs = totalMs(record);
    if (lifeMs > shortLifeMs) return [];
    const { accountId } = publicParts(record.output);
    return [
      {
        code: 'short-role',
        severity: 'note',
        message: `Credentials of the role ${record.roleName} in account ${accountId} live ${describeDuration(lifeMs)}: most SDKs ask for new ones before each request then`,
        advice: 'Allow the role longer, in its permission set or by its maximum session duration',
      },
    ];
  });
}

/** None where they cannot be read: the check of the storage tells why. */
function readAll<T>(
  store: Store,
  folder: 'failures' | 'roles',
  decode: (text: string) => T | undefined,
): readonly T[] {
  try {
    return listRecords(store, folder, decode).map(({ record }) => record);
  } catch (error) {
    if (isSsoCredError(error)) return [];
    throw error;
  }
}
