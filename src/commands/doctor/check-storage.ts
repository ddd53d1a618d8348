import { displayPath } from '../../config/display-path.ts';
import type { CheckResult, Finding } from '../../model/finding.ts';
import { inspectLocks } from '../../store/inspect-locks.ts';
import {
  inspectConfigPath,
  inspectOwnDirectory,
  inspectTokenFile,
  unlistable,
} from '../../store/inspect-storage.ts';
import type { DoctorSession } from './check-sessions.ts';
import type { DoctorContext } from './context.ts';

/** Who may read and write what is kept, and what was left behind. */
export async function checkStorage(
  { opened, inspected, sources, world }: DoctorContext,
  sessions: readonly DoctorSession[],
): Promise<CheckResult> {
  if (opened === undefined) return { check: 'storage', looked: 'nothing', findings: [] };
  const { user, clock } = world;
  const { awsDirectory, cacheDirectory } = opened.locations;
  const findings: Finding[] = [...inspectConfigPath(awsDirectory, user, false)];
  for (const { path, kind, text } of inspected.files) {
    if (path === '') continue;
    findings.push(...inspectConfigPath(path, user, kind === 'credentials' && text !== ''));
  }
  findings.push(
    ...unlistable(cacheDirectory),
    ...inspectOwnDirectory(cacheDirectory, { user, now: clock.now() }),
    ...(await inspectLocks(opened.store, clock.now())),
  );
  for (const { tokenFile } of sessions) {
    // Those below our own directory have been looked at.
    if (!tokenFile.startsWith(cacheDirectory)) findings.push(...inspectTokenFile(tokenFile, user));
  }
  return { check: 'storage', looked: displayPath(cacheDirectory, sources.home), findings };
}
