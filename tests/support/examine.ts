import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { CliSandbox } from './cli-sandbox.ts';
import type { Finished } from './run-process.ts';

/** A finding, as `doctor --json` prints it. */
export interface PrintedFinding {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'note';
  readonly message: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly affected: readonly { readonly who: string; readonly how: string }[];
  readonly advice: string | null;
  readonly command: string | null;
  readonly fix: 'possible' | 'done' | 'failed' | null;
}

/** What `doctor --json` prints. */
export interface PrintedReport {
  readonly version: string;
  readonly wrong: number;
  readonly checks: readonly {
    readonly check: string;
    readonly looked: string;
    readonly findings: readonly PrintedFinding[];
  }[];
}

/** What an examination came to. */
interface Examined {
  readonly finished: Finished;
  readonly report: PrintedReport;
  readonly findings: readonly PrintedFinding[];
  /** The codes of what is wrong, notes left out. */
  readonly wrong: readonly string[];
  readonly find: (code: string) => PrintedFinding | undefined;
}

/** Runs `sso-cred doctor --json`, and holds the result against what holds for all of them. */
export async function examine(
  sandbox: CliSandbox,
  args: readonly string[] = ['--offline'],
  variables: Readonly<Record<string, string | undefined>> = {},
): Promise<Examined> {
  const finished = await sandbox.run(['doctor', '--json', ...args], variables);
  expect(finished.stderr).toBe('');
  expectNoSecret(sandbox, finished.stdout);
  const report: PrintedReport = JSON.parse(finished.stdout);
  const findings = report.checks.flatMap((check) => check.findings);
  const isOpen = ({ severity, fix }: PrintedFinding) => severity !== 'note' && fix !== 'done';
  const wrong = findings.filter(isOpen).map(({ code }) => code);
  expect(report.wrong).toBe(wrong.length);
  expect(finished.exitStatus).toBe(wrong.length === 0 ? 0 : 2);
  const find = (code: string) => findings.find((finding) => finding.code === code);
  return { finished, report, findings, wrong, find };
}

const secretNames =
  /^(?:accessToken|refreshToken|clientSecret|webIdentityToken|output|client_secret)$/;

/** Nothing that lies in a file of secrets may stand in a text. */
export function expectNoSecret({ cacheDirectory, tokenFile }: CliSandbox, text: string): void {
  const files = [tokenFile, ...filesBelow(cacheDirectory)];
  for (const file of files) {
    for (const [name, value] of Object.entries(parsed(file))) {
      if (secretNames.test(name)) expect(text).not.toContain(String(value).slice(0, 30));
    }
  }
}

function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    );
  } catch {
    return [];
  }
}

function parsed(file: string): object {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}
