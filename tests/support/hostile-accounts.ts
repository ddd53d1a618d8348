import type { Account } from '../stand-in/accounts.ts';

/** Accounts as nobody should name them, and somebody does. */
export const hostileAccounts: readonly Account[] = [
  'Prod]\n[profile evil]\ncredential_process = /bin/false',
  'x'.repeat(300),
  'München Straße',
  '株式会社アクメ',
  '\u001b[31mred\u001b[0m \u202etxt.exe',
  '"quoted" \'name\' $(id) `id` %PATH% ; # no',
  '  blanks   everywhere\t',
  '../../etc/passwd',
  '--force',
  'Dev',
  'dev',
  'DEV',
  '__proto__',
  'default',
  '',
].map((accountName, index) => ({
  accountId: String(100_000_000_001 + index),
  accountName,
  emailAddress: `aws+${index}@example.com`,
  roles: ['ReadOnly', 'Power+User=,.@-_'],
}));

/** As many accounts as one likes, of five roles each. */
export function manyAccounts(count: number): readonly Account[] {
  return Array.from({ length: count }, (_, index) => ({
    accountId: String(200_000_000_000 + index),
    accountName: `Team ${index % 40} ${['Development', 'Production'][index % 2]} ${index}`,
    emailAddress: `aws+${index}@example.com`,
    roles: ['AdministratorAccess', 'Auditor', 'Billing', 'Developer', 'ReadOnly'],
  }));
}
