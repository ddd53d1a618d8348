import { realpathSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { displayPath } from '../../config/display-path.ts';
import type { ServedProfile } from '../../config/find-profile-problems.ts';
import { isSsoCredError } from '../../model/errors.ts';
import type { CheckResult, Finding } from '../../model/finding.ts';
import { nameSdks } from '../../model/sdks.ts';
import { findProgram } from '../../system/find-program.ts';
import type { Environment } from '../../world.ts';
import { type DoctorContext, servedProfiles } from './context.ts';

/** Directories that programs started from a desktop have on their PATH too. */
const systemDirectories = ['/usr/bin', '/bin', '/usr/local/bin', '/opt/homebrew/bin', '/snap/bin'];

/** Whether the commands of profiles find a program, and whether it is this one. */
export async function checkProgram(context: DoctorContext): Promise<CheckResult> {
  const { world, version, sources } = context;
  const self = world.ownProgram();
  const looked = displayPath(self, sources.home);
  const byProgram = new Map<string, ServedProfile[]>();
  for (const served of servedProfiles(context)) {
    // What npx or a script makes of it is theirs.
    if (served.runner !== undefined) continue;
    const known = byProgram.get(served.program);
    if (known === undefined) byProgram.set(served.program, [served]);
    else known.push(served);
  }
  const findings: Finding[] = [];
  for (const [program, [first, ...others]] of byProgram) {
    if (first === undefined) continue;
    const finding = await judge(program, first, others.length, { ...context, self, version });
    if (finding !== undefined) findings.push(finding);
  }
  return { check: 'program', looked, findings };
}

async function judge(
  program: string,
  { name, setting }: ServedProfile,
  others: number,
  { world, version, self, sources }: DoctorContext & { readonly self: string },
): Promise<Finding | undefined> {
  const { env, platform } = world;
  const { origin } = setting;
  const place = origin.kind === 'file' ? { file: origin.path, line: origin.line } : {};
  const more = others === 0 ? '' : ` and ${others} more`;
  const asRun = `profile "${name}"${more}`;
  const found = findOnPath(program, env, platform);
  if (found === undefined) {
    return {
      code: 'program-not-found',
      severity: 'error',
      message: `${program}, which ${asRun} would run, ${isAbsolute(program) ? 'is no program' : 'is not on the PATH'}`,
      ...place,
      affected: [{ who: 'All SDKs', how: 'it cannot be run' }],
      advice: `Write the path of this program, ${self}`,
    };
  }
  if (resolved(found) !== self) {
    const theirs = await world.askVersion(found);
    const path = displayPath(found, sources.home);
    if (theirs === undefined) {
      return {
        code: 'program-fails',
        severity: 'error',
        message: `${path}, which ${asRun} would run, cannot be run`,
        ...place,
        affected: [{ who: 'All SDKs', how: 'no credentials' }],
        command: `${found} --version`,
      };
    }
    if (theirs !== version) {
      return {
        code: 'other-program',
        severity: 'warning',
        message: `${path}, which ${asRun} would run, is not this program but ${firstLine(theirs)}`,
        ...place,
        advice: 'Remove one of the two, or look with that one',
      };
    }
  }
  if (platform === 'win32' && /\.(?:cmd|bat)$/i.test(found) && !/\.(?:cmd|bat)$/i.test(program)) {
    return {
      code: 'cmd-not-spelled-out',
      severity: 'warning',
      message: `The command of ${asRun} leaves out the ending of ${found}`,
      ...place,
      affected: [{ who: nameSdks(['boto']), how: 'it is not found' }],
      advice: `Write ${found}`,
    };
  }
  const isBare = !isAbsolute(program) && !/[/\\]/.test(program);
  if (isBare && platform !== 'win32' && !systemDirectories.includes(dirname(found))) {
    return {
      code: 'terminal-path',
      severity: 'note',
      message: `${program} is found in ${displayPath(dirname(found), sources.home)}, which programs started from a desktop may not have on their PATH`,
      ...place,
      advice: `If one of them fails to run it, write ${found}`,
    };
  }
  return undefined;
}

function findOnPath(name: string, env: Environment, platform: NodeJS.Platform): string | undefined {
  try {
    return findProgram(name, env, platform);
  } catch (error) {
    if (isSsoCredError(error)) return undefined;
    throw error;
  }
}

function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // It is gone by now; asking it shows that.
  }
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n');
  return line.slice(0, 80);
}
