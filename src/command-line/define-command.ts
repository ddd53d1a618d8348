import type { World } from '../world.ts';
import type { CommonOptions } from './common-options.ts';
import type { Flag } from './flags.ts';
import type { Given } from './given.ts';

/** Ends the watch over `--timeout`: for a command whose own part is done, and what follows is not. */
type EndGuard = () => void;

/** What a command is called, says of itself, and takes. */
interface CommandShape {
  /** One or two words, as they are typed. */
  readonly name: string;
  /** For the list of commands; one line. */
  readonly description: string;
  /** What `--help` begins with; `$0` is the program. */
  readonly usage: string;
  /** In the order of `--help`. Each command has `explain`, `timeout` and `places` among them. */
  readonly flags: Readonly<Record<string, Flag>>;
  /** Words that may follow beside the options, in their order; what each is for. */
  readonly operands?: readonly string[];
  /** Whether only sso-cred itself runs it: `--help` does not list it. */
  readonly isInternal?: true;
  /** The values of the first of them, where they are few. */
  readonly operandValues?: readonly string[];
  /** Whether the words after a `--` are the command's own, handed to it as they are. */
  readonly takesRest?: true;
  /** What its exit statuses mean, where that is not what they mean elsewhere. */
  readonly exitStatus?: string;
}

interface CommandSpec<CommandOptions> extends CommandShape {
  /** @throws InvalidUsage */
  readonly understand: (given: Given) => CommandOptions & CommonOptions;
  /** Imports the command when it is called for, and gives the exit status. @throws SsoCredError */
  readonly run: (options: CommandOptions, world: World, endGuard: EndGuard) => Promise<number>;
}

/** A command, whatever its options. */
export interface Command extends CommandShape {
  /** @throws InvalidUsage */
  readonly understand: (given: Given) => UnderstoodCommand;
}

/** A command line that has been understood, ready to run. */
export interface UnderstoodCommand {
  readonly kind: 'command';
  readonly name: string;
  readonly options: CommonOptions;
  /** Gives the exit status. @throws SsoCredError */
  readonly run: (world: World, endGuard: EndGuard) => Promise<number>;
}

/** Ties what a command understands to what it runs with; outside nobody needs its options' type. */
export function defineCommand<CommandOptions>({
  understand,
  run,
  ...shape
}: CommandSpec<CommandOptions>): Command {
  return {
    ...shape,
    understand: (given) => {
      const options = understand(given);
      return {
        kind: 'command',
        name: shape.name,
        options,
        run: (world, endGuard) => run(options, world, endGuard),
      };
    },
  };
}
