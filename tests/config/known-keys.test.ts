import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { knownKeys } from '../../src/config/known-keys.ts';

const page = readFileSync('docs/configuration.md', 'utf8');

test.each(
  Object.entries(knownKeys).map(([type, keys]) => [type, keys.filter((key) => !isOfLater(key))]),
)('docs/configuration.md has each key of %s', (_type, keys) => {
  for (const key of keys) expect(page).toContain(`\`${key}\``);
});

/** What configure will note in the profiles that it wrote. */
function isOfLater(key: string): boolean {
  return key === 'sso_cred_populated_by';
}
