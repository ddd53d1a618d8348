import { SsoCredError } from './errors.ts';

/** A `credential_process` line, and which SDKs will not be able to run it, if any. */
export interface CommandLine {
  readonly text: string;
  readonly warning: string | undefined;
}

/**
 * Words as one line that every SDK runs alike: some hand it to sh or cmd.exe, others split it
 * themselves. So nothing but plain words, with double quotes round those with blanks.
 * @throws InvalidConfig for a word that means something else to one of them
 */
export function commandLine(words: readonly string[], platform: NodeJS.Platform): CommandLine {
  const isWindows = platform === 'win32';
  const plain = isWindows ? /^[\p{L}\p{N}_.:@+=,/\\-]+$/u : /^[\p{L}\p{N}_.:@+=,/%-]+$/u;
  const quoted: string[] = [];
  let warning: string | undefined;
  for (const word of words) {
    if (!plain.test(word.replaceAll(' ', '')) || word.startsWith(' ') || word.endsWith(' ')) {
      throw new SsoCredError(
        'InvalidConfig',
        `No line that every SDK runs can be made of ${JSON.stringify(word)}: install or link it under a path of letters, digits and _.:@+=,- alone`,
      );
    }
    quoted.push(word.includes(' ') ? `"${word}"` : word);
    if (isWindows && word.includes(' ')) {
      warning = `${word} has a blank in it: some SDKs for Windows (Go, Rust, Java, .NET) cannot run such a line; better install sso-cred under a path without`;
    }
  }
  return { text: quoted.join(' '), warning };
}
