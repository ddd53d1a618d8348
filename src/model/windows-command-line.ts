import { SsoCredError } from './errors.ts';

/** What an argument may hold without quotes. */
const plain = /^[\w#$*+\-./:?@\\]+$/;

/** Whether a file is a batch file, which only cmd.exe can run. */
export function isBatchFile(path: string): boolean {
  return /\.(bat|cmd)$/i.test(path);
}

/**
 * The arguments of cmd.exe that run a batch file, as one text to be handed over as it is. cmd.exe reads
 * them by rules of its own, by which an argument can become a command (CVE-2024-24576); this is how
 * Rust's standard library writes them since then: quotes round all that is not plain, `"` doubled, and
 * `%` broken up by an expansion to nothing, so that no `%NAME%` is left.
 * @throws InvalidUsage for an argument that cannot be written, or a path
 */
export function batchArguments(path: string, args: readonly string[]): string {
  if (/["\r\n]|\\$/.test(path)) throw cannotHold(path);
  const words = args.map((arg) => {
    if (/[\r\n\0]/.test(arg)) throw cannotHold(arg);
    const isPlain = plain.test(arg) && !arg.endsWith('\\');
    const escaped = arg.replace(/(\\*)"/g, '$1$1""').replaceAll('%', '%%cd:~,%');
    return isPlain ? escaped : `"${escaped.replace(/(\\+)$/, '$1$1')}"`;
  });
  // cmd.exe takes the first and the last quote away, and reads what is between.
  return `/e:ON /v:OFF /d /c "${[`"${path}"`, ...words].join(' ')}"`;
}

function cannotHold(text: string): SsoCredError {
  const shown = JSON.stringify(text.slice(0, 40));
  return new SsoCredError('InvalidUsage', `A batch file cannot be given ${shown} as it is`);
}
