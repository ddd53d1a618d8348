import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { ageRoles, ageToken } from '../support/age-records.ts';
import type { FaultWorld } from './fault-world.ts';

/** Lets time pass for the token and the cached roles; milliseconds. */
export function letPass(
  world: FaultWorld,
  { tokenMs = 0, roleMs = 0 }: { readonly tokenMs?: number; readonly roleMs?: number },
): void {
  if (roleMs > 0) ageRoles(world, roleMs);
  if (tokenMs === 0) return;
  if (world.kind === 'Identity Center') {
    ageToken(world, tokenMs);
    return;
  }
  const { expiresAt, obtainedAt, ...rest } = JSON.parse(readFileSync(world.tokenFile, 'utf8'));
  const aged = { ...rest, expiresAt: expiresAt - tokenMs, obtainedAt: obtainedAt - tokenMs };
  writeFileSync(world.tokenFile, JSON.stringify(aged));
  const writtenAt = (Date.now() - tokenMs) / 1000;
  utimesSync(world.tokenFile, writtenAt, writtenAt);
}
