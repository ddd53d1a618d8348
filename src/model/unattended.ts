/** Whether a machine, not a person, started us: CI systems set it, with any value. */
export function isUnattended(env: Readonly<Record<string, string | undefined>>): boolean {
  const value = env['CI'];
  return value !== undefined && value !== '' && value !== 'false' && value !== '0';
}
