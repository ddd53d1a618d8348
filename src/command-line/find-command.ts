import type { Command } from './define-command.ts';

/** The command that the first one or two words name; the longest name counts. */
export function findCommand(
  words: readonly string[],
  named: readonly Command[],
): Command | undefined {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ');
    const command = named.find((each) => each.name === name);
    if (command !== undefined) return command;
  }
  return undefined;
}
