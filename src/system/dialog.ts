import { openSync } from 'node:fs';
import { type ReadStream, WriteStream } from 'node:tty';
import { checkbox, confirm, input, password, search } from '@inquirer/prompts';
import { terminalDevice } from './terminal.ts';
import { terminalInput } from './terminal-input.ts';

/** One of the answers that a person may choose from. */
export interface Choice<T> {
  readonly value: T;
  /** One line, what typing is compared with too. */
  readonly name: string;
}

/** Questions to the person at the terminal. Ctrl-C ends the process, as it does at any other time. */
export interface Dialog {
  /** @param check what is wrong with an answer; undefined for one that will do */
  text(question: {
    readonly message: string;
    readonly offered?: string | undefined;
    readonly check?: (answer: string) => string | undefined;
  }): Promise<string>;
  /** What is typed is not shown. */
  secret(message: string): Promise<string>;
  /** One of a list, long as it may be: typing narrows it down. */
  choose<T>(message: string, choices: readonly Choice<T>[]): Promise<T>;
  /** Any of a list. */
  chooseMany<T>(message: string, choices: readonly Choice<T>[]): Promise<readonly T[]>;
  confirm(message: string): Promise<boolean>;
}

/** How many lines of a list are shown at once. */
const pageSize = 12;

/** The person's terminal, for questions; undefined when there is none. */
export function openDialog(
  platform: NodeJS.Platform,
  interrupt: () => Promise<never>,
): Dialog | undefined {
  try {
    terminalInput(platform);
  } catch {
    return undefined;
  }
  const ask = async <T>(prompt: (context: Streams) => Promise<T>): Promise<T> => {
    const typed = terminalInput(platform);
    // Opened anew for each question: the library ends what it writes to.
    const output = new WriteStream(openSync(terminalDevice(platform, 'out'), 'w'));
    try {
      return await prompt({ input: typed, output });
    } catch (error) {
      if (!isClosed(error)) throw error;
    } finally {
      typed.pause();
      output.destroy();
    }
    return await interrupt();
  };

  return {
    text: ({ message, offered, check }) =>
      ask((context) =>
        input(
          {
            message,
            required: true,
            ...(offered === undefined ? {} : { default: offered }),
            validate: (answer) => check?.(answer.trim()) ?? true,
          },
          context,
        ),
      ).then((answer) => answer.trim()),
    secret: (message) => ask((context) => password({ message, mask: '*' }, context)),
    async choose(message, choices) {
      for (;;) {
        let shown = choices;
        const source = (typed: string | undefined) => {
          shown = matching(choices, typed ?? '');
          return [...shown];
        };
        const value = await ask((context) => search({ message, pageSize, source }, context));
        // What was typed in one go, as by pasting, narrows the list down only after its Enter: what
        // that chose nobody has meant.
        if (shown.some((choice) => choice.value === value)) return value;
      }
    },
    chooseMany: (message, choices) =>
      ask((context) =>
        checkbox({ message, pageSize, required: true, choices: [...choices] }, context),
      ),
    confirm: (message) => ask((context) => confirm({ message, default: false }, context)),
  };
}

interface Streams {
  readonly input: ReadStream;
  readonly output: WriteStream;
}

/** The choices whose names hold each of the words that were typed. */
function matching<T>(choices: readonly Choice<T>[], typed: string): readonly Choice<T>[] {
  const words = typed.toLowerCase().split(/\s+/);
  return choices.filter(({ name }) => {
    const lowerCase = name.toLowerCase();
    return words.every((word) => lowerCase.includes(word));
  });
}

/** Whether a prompt ended without an answer: by Ctrl-C, or with the terminal. */
function isClosed(error: unknown): boolean {
  const name = (error as { name?: unknown } | undefined)?.name;
  return name === 'ExitPromptError' || name === 'AbortPromptError';
}
