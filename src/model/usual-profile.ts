import { isMadeOf } from './is-made-of.ts';

/** Without the dash, which may begin an option. */
const plainCharacters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@+%:/';

const option = '--profile';

/**
 * The profile, where the command line is `--profile NAME` or `--profile=NAME` and the name holds
 * nothing that the full parser could read in another way.
 */
export function usualProfile(argv: readonly string[]): string | undefined {
  const [first = '', second] = argv;
  let name: string | undefined;
  if (argv.length === 2 && first === option) name = second;
  if (argv.length === 1 && first.startsWith(`${option}=`)) name = first.slice(option.length + 1);
  if (name === undefined || name === '' || name.startsWith('-')) return undefined;
  return isMadeOf(name, `${plainCharacters}-`) ? name : undefined;
}
