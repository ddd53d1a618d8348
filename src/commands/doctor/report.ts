import { displayPath } from '../../config/display-path.ts';
import { cleanText } from '../../model/clean-text.ts';
import {
  type CheckName,
  type CheckResult,
  type Finding,
  isWrong,
  type Severity,
} from '../../model/finding.ts';
import type { Palette } from '../palette.ts';
import { wrapText } from '../wrap-text.ts';

/** What became of a finding that could be mended, where that was asked for. */
export type FixOutcome = 'done' | { readonly failed: string };

/** All that was found. */
export interface DoctorReport {
  readonly version: string;
  readonly results: readonly CheckResult[];
  /** By finding; empty where nothing was to be mended. */
  readonly fixes: ReadonlyMap<Finding, FixOutcome>;
}

/** How a report is shown. */
interface Look {
  readonly palette: Palette;
  readonly columns: number | undefined;
  readonly home: string | undefined;
}

/** A check has no more to say on a screen; JSON has all of it. */
const shownFindings = 20;

const titles: Readonly<Record<CheckName, string>> = {
  program: 'Program',
  environment: 'Environment',
  config: 'Config files',
  profiles: 'Profiles',
  sessions: 'Sessions',
  network: 'Network',
  storage: 'Storage',
  history: 'History',
};

const titleWidth = 14;
const indent = 13;

/** Whether something is wrong that was not mended. */
export function isStillWrong(finding: Finding, { fixes }: DoctorReport): boolean {
  return isWrong(finding) && fixes.get(finding) !== 'done';
}

/** The report for a person. */
export function reportInWords(report: DoctorReport, look: Look): string {
  const { palette } = look;
  const parts = report.results.map((result) => {
    const { findings } = result;
    const shown = [...findings].sort((a, b) => weight(a) - weight(b)).slice(0, shownFindings);
    const left = findings.length - shown.length;
    const more = left === 0 ? '' : `    … and ${left} more, which --json shows\n`;
    return `${titleLine(result, report, look)}${shown.map((each) => inWords(each, report, look)).join('')}${more}`;
  });
  return `${palette.bold(report.version)}\n\n${parts.join('')}\n${summary(report)}\n`;
}

function weight({ severity }: Finding): number {
  return ['error', 'warning', 'note'].indexOf(severity);
}

function titleLine(
  { check, looked, findings }: CheckResult,
  report: DoctorReport,
  { palette, columns }: Look,
): string {
  const isFine = !findings.some((finding) => isStillWrong(finding, report));
  const mark = isFine ? palette.green('✓') : palette.red('✗');
  const title = titles[check].padEnd(titleWidth);
  const text = wrapText(cleanText(looked, 1000), titleWidth + 2, columns);
  return `${mark} ${palette.bold(title)}${text}\n`;
}

function inWords(finding: Finding, report: DoctorReport, look: Look): string {
  const { severity, message, affected = [], advice, command } = finding;
  const { palette, columns } = look;
  const place = placeOf(finding, look.home);
  const { file = '' } = finding;
  const told = file === '' ? message : message.replaceAll(file, displayPath(file, look.home));
  const lines = [
    ...(place === undefined ? [] : [palette.cyan(place)]),
    wrapText(sentence(told), indent, columns),
    ...affected.map(({ who, how }) => wrapText(`${who}: ${how}.`, indent, columns)),
    ...(advice === undefined ? [] : [wrapText(`→ ${sentence(advice)}`, indent, columns)]),
    ...(command === undefined ? [] : [`Run: ${palette.bold(cleanText(command, 1000))}`]),
    ...fixLine(finding, report),
  ];
  const label = colored(severity, palette)(severity.padEnd(indent - 5));
  return `    ${label} ${lines.join(`\n${' '.repeat(indent)}`)}\n`;
}

function fixLine(finding: Finding, { fixes }: DoctorReport): readonly string[] {
  const outcome = fixes.get(finding);
  if (outcome === undefined) return [];
  return [outcome === 'done' ? 'Mended.' : `Not mended: ${outcome.failed}`];
}

/** Where it is, in a config file; other files are named by the message. */
function placeOf({ file, line }: Finding, home: string | undefined): string | undefined {
  if (file === undefined || line === undefined) return undefined;
  return `${displayPath(file, home)}:${line}`;
}

function sentence(text: string): string {
  const clean = cleanText(text, 2000);
  return /[.?!]$/.test(clean) ? clean : `${clean}.`;
}

function colored(severity: Severity, palette: Palette): (text: string) => string {
  if (severity === 'error') return palette.red;
  return severity === 'warning' ? palette.yellow : palette.dim;
}

function summary(report: DoctorReport): string {
  const findings = report.results.flatMap((result) => result.findings);
  const mended = findings.filter((each) => report.fixes.get(each) === 'done').length;
  const open = findings.filter((each) => report.fixes.get(each) !== 'done');
  const count = (severity: Severity) => open.filter((each) => each.severity === severity).length;
  const parts = (['error', 'warning', 'note'] as const)
    .map((severity) => ({ severity, number: count(severity) }))
    .filter(({ number }) => number > 0)
    .map(({ severity, number }) => `${number} ${severity}${number === 1 ? '' : 's'}`);
  const isFine = !open.some(isWrong);
  const wrong = isFine ? 'Nothing is wrong' : '';
  const told = [wrong, parts.join(', ')].filter(Boolean).join('; ');
  const done = mended === 0 ? '' : ` ${mended} mended.`;
  const canFix = open.filter(({ fix }) => fix !== undefined).length;
  const hint =
    canFix === 0 || report.fixes.size > 0
      ? ''
      : ` sso-cred doctor --fix mends ${canFix === open.length ? '' : `${canFix} of `}them.`;
  return `${told}.${done}${hint}`;
}

/** The report for programs; docs/command-line.md describes it. */
export function reportAsJson(report: DoctorReport): string {
  const checks = report.results.map(({ check, looked, findings }) => ({
    check,
    looked,
    findings: findings.map((finding) => {
      const { code, severity, message, file, line, affected, advice, command, fix } = finding;
      const outcome = report.fixes.get(finding);
      return {
        code,
        severity,
        message,
        file: file ?? null,
        line: line ?? null,
        affected: affected ?? [],
        advice: advice ?? null,
        command: command ?? null,
        fix:
          fix === undefined
            ? null
            : outcome === undefined
              ? 'possible'
              : outcome === 'done'
                ? 'done'
                : 'failed',
      };
    }),
  }));
  const findings = report.results.flatMap((result) => result.findings);
  const wrong = findings.filter((finding) => isStillWrong(finding, report)).length;
  return `${JSON.stringify({ version: report.version, wrong, checks }, undefined, 2)}\n`;
}
