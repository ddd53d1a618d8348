/**
 * The profile, where the command line is `--profile NAME` or `--profile=NAME` and the name holds
 * nothing that the full parser could read in another way.
 */
export function usualProfile(argv: readonly string[]): string | undefined {
  const [first, second] = argv;
  let name: string | undefined;
  if (argv.length === 2 && first === '--profile') name = second;
  if (argv.length === 1 && first?.startsWith('--profile=')) name = first.slice('--profile='.length);
  return name !== undefined && /^[A-Za-z0-9_.@+%:/][A-Za-z0-9_.@+%:/-]*$/.test(name)
    ? name
    : undefined;
}
