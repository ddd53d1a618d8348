import type { Argv } from 'yargs';
import { nearestName } from '../config/nearest-name.ts';
import { cleanText } from '../model/clean-text.ts';
import { SsoCredError } from '../model/errors.ts';
import { usualProfile } from '../model/usual-profile.ts';
import type { Command, UnderstoodCommand } from './define-command.ts';
import { findCommand } from './find-command.ts';
import { Given } from './given.ts';
import { type Commands, registry } from './registry.ts';
import { versionText } from './version-text.ts';

/** A command line, understood; or the text that it asks for (`--help`, `--version`). */
export type CommandLine = UnderstoodCommand | { readonly kind: 'text'; readonly text: string };

const exitStatusText = `Exit status: 0 done, 1 a bug, 2 usage or configuration, 3 a sign-in is needed, 4 the sign-in was
denied, 5 network or service, 6 AWS refuses the role, 7 local storage, 8 time is up.`;

/**
 * Understands a command line.
 * @param argv without the runtime and the script
 * @throws InvalidUsage naming the option, with the nearest name
 */
export async function parseCommandLine(
  argv: readonly string[],
  commands: Commands = registry,
): Promise<CommandLine> {
  const profile = usualProfile(argv);
  if (profile === undefined) return await parseWithYargs(argv, commands);
  const [unnamed] = commands;
  return unnamed.understand(new Given({ ...defaultsOf(unnamed), profile }, [], []));
}

/**
 * The same for every command line. Nearly all are of the usual kind, for which it is only slower: to
 * load yargs takes as long as all else of a call.
 * @throws InvalidUsage naming the option, with the nearest name
 */
export async function parseWithYargs(
  argv: readonly string[],
  commands: Commands = registry,
): Promise<CommandLine> {
  const { default: yargs } = await import('yargs');
  const [unnamed, ...named] = commands;
  const { command = unnamed, words, rest } = splitWords(argv, named);
  const remedy = command === unnamed ? 'sso-cred --help' : `sso-cred ${command.name} --help`;
  const wrong = (message: string) => usageError(message, command, remedy);
  let shown = '';
  const parser = (yargs() as Argv)
    .scriptName('sso-cred')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'short-option-groups': false,
    })
    .detectLocale(false)
    .usage('')
    .help('help', 'Show this text')
    .version('version', 'Show the version and build', versionText())
    .exitProcess(false)
    .wrap(100)
    .fail((message, error) => {
      // yargs reports some mistakes of the user as errors of its own.
      throw error === undefined || error.name === 'YError' ? wrong(message) : error;
    });
  if (command === unnamed) {
    for (const { name, description, isInternal } of named) {
      if (isInternal !== true) parser.command(name, description);
    }
  }
  // Strict about all words, yargs knows of none beside the options.
  if (command.operands === undefined) parser.strict();
  else parser.strictOptions();
  parser.options(command.flags);
  // yargs takes `-profile` for `--profile`; nobody else does, and here it is a mistake.
  const mistaken = words.find((word) => /^-[^-\d]/.test(word));
  if (mistaken !== undefined) throw wrong(`Unknown argument: ${mistaken}`);
  const parsed = await parser.parseAsync(
    [...words],
    {},
    (_error: unknown, _parsed: unknown, output: string) => {
      shown = output;
    },
  );
  if (parsed['help'] === true) return { kind: 'text', text: helpText(command, shown) };
  if (shown !== '') return { kind: 'text', text: shown };
  const operands = parsed._.map(String);
  const surplus = operands[command.operands?.length ?? 0];
  if (surplus !== undefined) throw wrong(`Unknown argument: ${surplus || '""'}`);
  return command.understand(new Given(parsed, operands, rest));
}

/** What the options of a command are where they are not given. */
function defaultsOf({ flags }: Command): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, flag.default]));
}

/** Our own texts as they are, which yargs would wrap and align; and between them its list of options. */
function helpText({ usage, exitStatus = exitStatusText }: Command, options: string): string {
  return `${usage.replaceAll('$0', 'sso-cred')}\n\n${options.trim()}\n\n${exitStatus}`;
}

/** What a command line is made of. */
interface SplitWords {
  /** Undefined where no command is named. */
  readonly command: Command | undefined;
  /** For yargs. */
  readonly words: readonly string[];
  /** What follows the `--` of a command whose own these words are. */
  readonly rest: readonly string[];
}

/** A command is the words before the first option, one or two; what each takes is its own. */
function splitWords(argv: readonly string[], named: readonly Command[]): SplitWords {
  const end = argv.findIndex((word) => word.startsWith('-'));
  const given = argv.slice(0, end === -1 ? argv.length : end);
  const command = commandOf(given, named);
  const words = argv.slice(command?.name.split(' ').length ?? 0);
  const restAt = command?.takesRest === true ? words.indexOf('--') : -1;
  if (restAt === -1) return { command, words, rest: [] };
  return { command, words: words.slice(0, restAt), rest: words.slice(restAt + 1) };
}

/** Undefined where none is named. @throws InvalidUsage where there is no such command */
function commandOf(given: readonly string[], named: readonly Command[]): Command | undefined {
  const command = findCommand(given, named);
  if (command !== undefined || given.length === 0) return command;
  const shown = given.slice(0, 2).join(' ');
  const names = named.filter(({ isInternal }) => isInternal !== true).map(({ name }) => name);
  const nearest = nearestName(shown, names) ?? nearestName(given[0] ?? '', names);
  const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
  throw new SsoCredError('InvalidUsage', `Unknown command: ${cleanText(shown, 60)}${hint}`, {
    remedy: 'sso-cred --help',
  });
}

/** What yargs says, in our words. */
function usageError(message: string, { flags }: Command, remedy: string): SsoCredError {
  const invalid = (what: string) => new SsoCredError('InvalidUsage', what, { remedy });
  const missing = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  if (missing !== undefined) return invalid(`--${missing} needs a value`);
  const unknown = /^Unknown (?:arguments?|commands?): ([^\s,]+)/.exec(message)?.[1];
  if (unknown === undefined) return invalid(cleanText(message));
  const name = unknown.replace(/^-+(?=.)/, '');
  const nearest = nearestName(name, [...Object.keys(flags), 'help', 'version']);
  const hint = nearest === undefined ? '' : ` (did you mean --${nearest}?)`;
  return invalid(`Unknown option: ${cleanText(name, 60)}${hint}`);
}
