import { SsoCredError } from './errors.ts';
import type { RoleEnvironment } from './role-environment.ts';

/** How variables can be written. */
export type EnvFormat = 'sh' | 'fish' | 'powershell' | 'cmd' | 'dotenv' | 'json';

export const envFormats: readonly EnvFormat[] = [
  'sh',
  'fish',
  'powershell',
  'cmd',
  'dotenv',
  'json',
];

/**
 * Variables in the words of a shell, which sets and unsets them when it reads that; or as a file, which
 * can only set.
 * @throws InvalidUsage for a value that the format cannot hold
 */
export function renderEnvironment({ set, unset }: RoleEnvironment, format: EnvFormat): string {
  if (format === 'json') return `${JSON.stringify(set, undefined, 2)}\n`;
  const { setOne, unsetOne } = syntaxes[format];
  return [
    ...Object.entries(set).map(([name, value]) => setOne(name, value)),
    ...(unsetOne === undefined ? [] : unset.map(unsetOne)),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

interface Syntax {
  readonly setOne: (name: string, value: string) => string;
  readonly unsetOne?: (name: string) => string;
}

const syntaxes: Readonly<Record<Exclude<EnvFormat, 'json'>, Syntax>> = {
  // bash, zsh and the others too: between single quotes nothing but a single quote has a meaning.
  sh: {
    setOne: (name, value) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
    unsetOne: (name) => `unset ${name}`,
  },
  // https://fishshell.com/docs/current/language.html#quotes
  fish: {
    setOne: (name, value) => `set -gx ${name} '${value.replace(/[\\']/g, '\\$&')}'`,
    unsetOne: (name) => `set -e ${name}`,
  },
  // Doubled is each sign that PowerShell takes for a single quote, the typographic ones among them:
  // https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
  powershell: {
    setOne: (name, value) => `$Env:${name} = '${value.replace(/['‘’‚‛]/g, '$&$&')}'`,
    unsetOne: (name) => `Remove-Item Env:${name} -ErrorAction Ignore`,
  },
  // No quotes hold everything in cmd.exe, and % differs between a prompt and a batch file.
  cmd: {
    setOne: (name, value) => `set "${name}=${checked(name, value, 'cmd')}"`,
    unsetOne: (name) => `set "${name}="`,
  },
  // Docker takes quotes for a part of the value, others take them away, and some expand $.
  dotenv: { setOne: (name, value) => `${name}=${checked(name, value, 'dotenv')}` },
};

/** What AWS issues passes; a region of somebody's own making may not. */
function checked(name: string, value: string, format: EnvFormat): string {
  if (/^[\w+/=:.,@-]*$/.test(value)) return value;
  throw new SsoCredError(
    'InvalidUsage',
    `${name} has characters that the format ${format} cannot hold: take another --format`,
  );
}
