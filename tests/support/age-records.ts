import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The members of a file in JSON. */
type Members = Readonly<Record<string, unknown>>;

/** Lets time pass for the cached roles. @param ms milliseconds */
export function ageRoles(
  { cacheDirectory }: { readonly cacheDirectory: string },
  ms: number,
): void {
  rewriteAll(join(cacheDirectory, 'roles'), (record) => {
    const output: Members = JSON.parse(String(record['output']));
    const Expiration = earlier(output['Expiration'], ms);
    return {
      ...record,
      obtainedAt: Number(record['obtainedAt']) - ms,
      expiresAt: Number(record['expiresAt']) - ms,
      output: JSON.stringify({ ...output, Expiration }),
    };
  });
}

/** Lets time pass for the failures that are remembered. @param ms milliseconds */
export function ageFailures(
  { cacheDirectory }: { readonly cacheDirectory: string },
  ms: number,
): void {
  rewriteAll(join(cacheDirectory, 'failures'), (record) => ({
    ...record,
    failedAt: Number(record['failedAt']) - ms,
    notBefore: Math.max(0, Number(record['notBefore']) - ms),
  }));
}

/** Lets time pass for the sign-ins that are pending. @param ms milliseconds */
export function agePending(
  { cacheDirectory }: { readonly cacheDirectory: string },
  ms: number,
): void {
  rewriteAll(join(cacheDirectory, 'pending'), (record) => ({
    ...record,
    startedAt: Number(record['startedAt']) - ms,
  }));
}

/** How long holdFailures makes a failure stand; milliseconds. */
export const heldMs = 60_000;

/** Makes what is remembered stand for a minute: the first pauses are shorter than a busy machine is slow. */
export function holdFailures({ cacheDirectory }: { readonly cacheDirectory: string }): void {
  const notBefore = Date.now() + heldMs;
  rewriteAll(join(cacheDirectory, 'failures'), (record) => ({ ...record, notBefore }));
}

/** Lets time pass for a token file, as if it had been written so long ago. @param ms milliseconds */
export function ageToken({ tokenFile }: { readonly tokenFile: string }, ms: number): void {
  const writtenAt = statSync(tokenFile).mtimeMs - ms;
  rewrite(tokenFile, (token) => ({ ...token, expiresAt: earlier(token['expiresAt'], ms) }));
  utimesSync(tokenFile, writtenAt / 1000, writtenAt / 1000);
}

function rewriteAll(folder: string, change: (members: Members) => Members): void {
  for (const name of readdirSync(folder))
    if (name.endsWith('.json')) rewrite(join(folder, name), change);
}

function rewrite(file: string, change: (members: Members) => Members): void {
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')))));
}

/** YYYY-MM-DDTHH:MM:SSZ */
function earlier(timestamp: unknown, ms: number): string {
  return new Date(Date.parse(String(timestamp)) - ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
