import {
  type DialectBehaviour,
  type DialectTrapId,
  dialectBehaviours,
} from '../model/dialect-behaviour.ts';
import type { Affected, Finding } from '../model/finding.ts';
import { nameSdks } from '../model/sdks.ts';
import { quoted } from '../model/shell-word.ts';
import { findDialectTraps } from './find-dialect-traps.ts';
import type { InspectedFile } from './inspect-config.ts';
import { indentedProblem } from './parse-aws-config.ts';

/** What is wrong with a config file as text: for us, or for SDKs that read it otherwise. */
export function findConfigProblems(file: InspectedFile): readonly Finding[] {
  const { path, text, kind, unreadable, malformed } = file;
  if (unreadable !== undefined) {
    const affected = [{ who: 'sso-cred and all SDKs', how: 'it cannot be read' }];
    const at = { message: unreadable, file: path, affected };
    return [{ code: 'unreadable', severity: 'error', ...at, command: `ls -ld ${quoted(path)}` }];
  }
  const lines = malformed.map(({ line, problem }): Finding => {
    const id = problem === indentedProblem ? 'indented-first-key' : 'malformed-line';
    const affected = [{ who: 'sso-cred', how: 'the whole file is refused' }, ...affectedBy(id)];
    const { advice } = dialectBehaviours[id];
    const message = `The line ${problem}`;
    return { code: id, severity: 'error', message, file: path, line, affected, advice };
  });
  const traps = findDialectTraps(text, kind).map(({ id, line, subject, firstLine }): Finding => {
    const { what, breaksFile, advice }: DialectBehaviour = dialectBehaviours[id];
    const first = firstLine === undefined ? '' : ` (first at line ${firstLine})`;
    return {
      code: id,
      severity: breaksFile ? 'error' : 'warning',
      message: `${subject || 'The file'} ${what}${first}`,
      file: path,
      line,
      affected: affectedBy(id),
      advice,
    };
  });
  return [...lines, ...traps].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function affectedBy(id: DialectTrapId): readonly Affected[] {
  const { groups }: DialectBehaviour = dialectBehaviours[id];
  return groups.map(({ how, sdks }) => ({ who: nameSdks(sdks), how }));
}
