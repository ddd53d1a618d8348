/** What stands behind `credential_process`, taken apart. */
export interface CredentialCommand {
  /** The words, as a POSIX shell and botocore split them; quotes are gone. */
  readonly words: readonly string[];
  /** What of it only a shell understands, which AWS CLI and boto3 do not use; undefined without. */
  readonly shellSyntax: string | undefined;
  /** Whether a word has single quotes, which Windows does not know. */
  readonly hasSingleQuotes: boolean;
  /** Whether a quote is never closed. */
  readonly isOpen: boolean;
}

/** Where our program stands in a command, and what it is told. */
export interface OwnCommand {
  /** The word that names it. */
  readonly program: string;
  /** What runs it, such as `node` or `npx`; undefined for none. */
  readonly runner: string | undefined;
  readonly args: readonly string[];
}

/** Takes a command line apart by what POSIX shells, shlex and cmd.exe have in common, and says what is not. */
export function readCredentialCommand(value: string, platform: NodeJS.Platform): CredentialCommand {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  let shellSyntax: string | undefined;
  let hasSingleQuotes = false;
  const add = (text: string) => {
    word = (word ?? '') + text;
  };
  for (let at = 0; at < value.length; at += 1) {
    const character = value[at] ?? '';
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else {
        if (quote === '"' && /[$`]/.test(character)) shellSyntax ??= character;
        add(character);
      }
    } else if (character === '"' || character === "'") {
      quote = character;
      if (character === "'") hasSingleQuotes = true;
      add('');
    } else if (character === '\\' && platform !== 'win32') {
      at += 1;
      add(value[at] ?? '');
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      const isHome = character === '~' && word === undefined;
      if (isHome || /[$`|;&<>()*?]/.test(character)) shellSyntax ??= character;
      add(character);
    }
  }
  if (word !== undefined) words.push(word);
  // What is meant is words all the same.
  if (quote !== undefined) words.splice(0, words.length, ...value.split(/[\s"']+/).filter(Boolean));
  const [first = ''] = words;
  if (/^\w+=/.test(first)) shellSyntax ??= first.slice(0, first.indexOf('=') + 1);
  return { words, shellSyntax, hasSingleQuotes, isOpen: quote !== undefined };
}

/** Our program in a command, by its name or by the file that the Node build is; undefined for others. */
export function ownCommand(words: readonly string[]): OwnCommand | undefined {
  const at = words.findIndex((word) =>
    /(?:^|[/\\])sso-cred(?:\.(?:exe|cmd|js))?$|[/\\]dist[/\\]main\.js$/i.test(word),
  );
  const program = words[at];
  if (program === undefined) return undefined;
  return { program, runner: at === 0 ? undefined : words[0], args: words.slice(at + 1) };
}

/** The profile that a command names with `--profile`; undefined when it names none. */
export function profileOfCommand(args: readonly string[]): string | undefined {
  for (const [at, word] of args.entries()) {
    if (word === '--profile') return args[at + 1];
    if (word.startsWith('--profile=')) return word.slice('--profile='.length);
  }
  return undefined;
}
