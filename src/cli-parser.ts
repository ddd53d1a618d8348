import type { Argv, Options } from 'yargs';
import type { ConfigureOidcOptions } from './commands/configure-oidc.ts';
import type { CredentialsOptions } from './commands/credentials.ts';
import type { LoginOptions } from './commands/login.ts';
import type { LogoutOptions } from './commands/logout.ts';
import type { StatusOptions } from './commands/status.ts';
import type { TokenOptions } from './commands/token.ts';
import { nearestName } from './config/nearest-name.ts';
import { cleanText } from './model/clean-text.ts';
import { SsoCredError } from './model/errors.ts';
import { iamForms } from './model/iam-setup.ts';
import { signInPolicies } from './model/sign-in-policy.ts';
import { version } from './model/version.ts';

/** A command line, understood; or the text that it asks for (`--help`, `--version`). */
export type CommandLine =
  | Command<'credentials', CredentialsOptions>
  | Command<'login', LoginOptions>
  | Command<'logout', LogoutOptions>
  | Command<'status', StatusOptions>
  | Command<'token', TokenOptions>
  | Command<'configure oidc', ConfigureOidcOptions>
  | { readonly command: 'text'; readonly text: string };

interface Command<Name extends string, CommandOptions> {
  readonly command: Name;
  readonly options: CommandOptions;
  readonly explain: boolean;
  /** Seconds. */
  readonly timeoutS: number;
}

const text = (describe: string): Options => ({ describe, type: 'string', requiresArg: true });
const flag = (describe: string): Options => ({ describe, type: 'boolean', default: false });
const seconds = (describe: string, value: number): Options => ({
  ...text(describe),
  default: String(value),
});

const places = {
  'config-file': text('Read this instead of ~/.aws/config [AWS_CONFIG_FILE]'),
  'credentials-file': text('Read this instead of ~/.aws/credentials [AWS_SHARED_CREDENTIALS_FILE]'),
  'cache-dir': text('Keep our own records here instead of ~/.aws/sso-cred [SSO_CRED_CACHE_DIR]'),
};

const explain = flag('Tell on stderr, step by step, what is done and why; no secrets');

/** What describes a session at an OpenID provider without a profile. */
const providerFlags = {
  issuer: text('Without a profile: the issuer of an OpenID provider'),
  'auth0-domain': text('Without a profile: a domain of Auth0, in place of --issuer'),
  'client-id': text('With --issuer: the client id of the application'),
  audience: text('With --issuer: the API that is asked for, where the provider wants one'),
  scopes: text('With --issuer: the scopes [openid profile email offline_access]'),
};

const sessionFlags = {
  profile: text('The session of this profile [AWS_PROFILE, AWS_DEFAULT_PROFILE, default]'),
  session: text('The session of this name: [sso-session NAME] or [oidc-session NAME]'),
  'start-url': text('Without a profile: the start URL of IAM Identity Center'),
  'sso-region': text('With --start-url: the region of Identity Center [AWS_REGION]'),
  ...providerFlags,
};

const optionsOf = {
  credentials: {
    profile: text('The profile in ~/.aws/config whose credentials to print'),
    'start-url': text('Without a profile: the start URL of IAM Identity Center'),
    'sso-region': text(
      'Without a profile: the region of Identity Center [AWS_REGION, AWS_DEFAULT_REGION]',
    ),
    'account-id': text('Without a profile: the account, 12 digits'),
    'role-name': text('Without a profile: the role (permission set)'),
    ...providerFlags,
    'role-arn': text('With --issuer: the role to assume'),
    'role-session-name': text('With --issuer: the name of the role session [e-mail or subject]'),
    'duration-seconds': text('With --issuer: how long the credentials last, 900 to 43200'),
    explain,
    refresh: flag('Ask for new credentials, whatever is cached'),
    'sign-in': text(
      `How to sign in when nothing else is left: ${signInPolicies.join(', ')} [SSO_CRED_SIGN_IN]`,
    ),
    timeout: seconds('Seconds that the call may take, 1 to 3600', 45),
    ...places,
  },
  login: {
    ...sessionFlags,
    browser: flag('Sign in by the browser of this machine'),
    device: flag('Sign in by a code that any browser takes'),
    'no-open': flag('Show the URL instead of opening a browser'),
    force: flag('Sign in anew although the session is good'),
    explain,
    timeout: seconds('Seconds that you may take, 1 to 3600', 600),
    ...places,
  },
  logout: {
    ...sessionFlags,
    all: flag('All sessions of the config'),
    explain,
    timeout: seconds('Seconds that it may take, 1 to 3600', 30),
    ...places,
  },
  status: {
    ...sessionFlags,
    json: flag('As JSON, see docs/command-line.md'),
    explain,
    timeout: seconds('Seconds that it may take, 1 to 3600', 30),
    ...places,
  },
  'configure oidc': {
    profile: text('The profile whose IAM side to print'),
    ...providerFlags,
    'role-arn': text('With --issuer: the role to assume'),
    'duration-seconds': text('With --issuer: how long the credentials last, 900 to 43200'),
    'print-iam': text(`Print the IAM side: ${iamForms.join(', ')}`),
    explain,
    timeout: seconds('Seconds that it may take, 1 to 3600', 30),
    ...places,
  },
  token: {
    ...sessionFlags,
    explain,
    timeout: seconds('Seconds that it may take, 1 to 3600', 30),
    ...places,
  },
} as const satisfies Record<string, Record<string, Options>>;

type CommandName = keyof typeof optionsOf;

const descriptions: Readonly<Record<CommandName, string>> = {
  credentials: 'Print the credentials of a profile: what credential_process runs',
  login: 'Sign in to a session; does nothing when it is good',
  logout: 'End a session, at AWS and here',
  status: 'Show sessions, cached roles and what went wrong last',
  'configure oidc': 'Print what IAM needs to know for an OpenID provider',
  token: 'Print the token of a session itself, for other tools',
};

const usages: Readonly<Record<CommandName, string>> = {
  credentials: `$0 --profile NAME
$0 --start-url URL --sso-region REGION --account-id ID --role-name NAME
$0 --issuer URL --client-id ID --role-arn ARN

Prints AWS credentials for a profile, as the SDKs' credential_process wants them.
In ~/.aws/config:

  [profile dev]
  credential_process = sso-cred --profile dev
  sso_cred_session = corp
  sso_cred_account_id = 111122223333
  sso_cred_role_name = Developer

  [sso-session corp]
  sso_start_url = https://corp.awsapps.com/start
  sso_region = eu-west-1
  sso_registration_scopes = sso:account:access`,
  login: `$0 login [--profile NAME | --session NAME | --start-url URL --sso-region REGION]

Signs in to a session of IAM Identity Center or of an OpenID provider: in the browser where one can
come back to this machine, else by a code. Identity Center's token serves the AWS CLI and SDKs too.

  $0 login --session corp
  $0 login --profile dev --device`,
  logout: `$0 logout [--profile NAME | --session NAME | --all]

Tells AWS that the session has ended, for all tools that share its token, and deletes the token,
our cached role credentials and those that the AWS CLI cached.

  $0 logout --session corp
  $0 logout --all`,
  status: `$0 status [--profile NAME | --session NAME] [--json]

Shows sessions, cached roles, remembered failures and the last errors; asks nothing of the network.
For one session the exit status tells whether it is good: 0, or 3.

  $0 status
  $0 status --session corp >/dev/null || $0 login --session corp`,
  'configure oidc': `$0 configure oidc --print-iam cli|terraform|json [--profile NAME]

Prints what has to be set up in IAM for a profile at an OpenID provider, ready to paste: the provider
(its URL to the letter), the trust policy and the role. Changes nothing.

  $0 configure oidc --profile web --print-iam cli
  $0 configure oidc --auth0-domain acme.eu.auth0.com --client-id abc123 \\
      --role-arn arn:aws:iam::111122223333:role/WebDeveloper --print-iam terraform`,
  token: `$0 token --session NAME

Prints the session's token, refreshed if need be: the id_token or access token of an OpenID
session, the access token of an Identity Center session. It is a secret: whoever has it is you.

  $0 token --session acme
  TOKEN=$($0 token --profile web)`,
};

const exitStatusText = `Exit status: 0 done, 1 a bug, 2 usage or configuration, 3 a sign-in is needed, 4 the sign-in was
denied, 5 network or service, 6 AWS refuses the role, 7 local storage, 8 time is up.`;

/**
 * Understands a command line.
 * @param argv without the runtime and the script
 * @throws InvalidUsage naming the option, with the nearest name
 */
export async function parseCommandLine(argv: readonly string[]): Promise<CommandLine> {
  const { default: yargs } = await import('yargs');
  const { command, words } = splitCommand(argv);
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
    .usage(usages[command])
    .help('help', 'Show this text')
    .version('version', 'Show the version and build', versionText())
    .strict()
    .exitProcess(false)
    .wrap(100)
    .epilogue(exitStatusText)
    .fail((message, error) => {
      // yargs reports some mistakes of the user as errors of its own.
      throw error === undefined || error.name === 'YError' ? usageError(message, command) : error;
    });
  for (const [name, describe] of Object.entries(descriptions)) {
    if (name !== 'credentials' && command === 'credentials') parser.command(name, describe);
  }
  parser.options(optionsOf[command]);
  checkDashes(words, command);
  const parsed = await parser.parseAsync(
    [...words],
    {},
    (_error: unknown, _parsed: unknown, output: string) => {
      shown = output;
    },
  );
  if (shown !== '') return { command: 'text', text: shown };
  // Strict as yargs is, it lets pass what follows a `--`.
  const [surplus] = parsed._;
  if (surplus !== undefined) throw usageError(`Unknown argument: ${surplus || '""'}`, command);
  return understood(command, new Given(parsed as Record<string, unknown>));
}

/** yargs takes `-profile` for `--profile`; nobody else does, and here it is a mistake. */
function checkDashes(words: readonly string[], command: CommandName): void {
  const mistaken = words.find((word) => /^-[^-\d]/.test(word));
  if (mistaken !== undefined) throw usageError(`Unknown argument: ${mistaken}`, command);
}

/** A command is the words before the first option, one or two; what each takes is its own. */
function splitCommand(argv: readonly string[]): {
  readonly command: CommandName;
  readonly words: readonly string[];
} {
  const end = argv.findIndex((word) => word.startsWith('-'));
  const given = argv.slice(0, end === -1 ? argv.length : end);
  if (given.length === 0) return { command: 'credentials', words: argv };
  const names = Object.keys(optionsOf).filter((name) => name !== 'credentials') as CommandName[];
  for (const command of names) {
    const { length } = command.split(' ');
    if (given.slice(0, length).join(' ') === command) {
      return { command, words: argv.slice(length) };
    }
  }
  const shown = given.slice(0, 2).join(' ');
  const nearest = nearestName(shown, names) ?? nearestName(given[0] ?? '', names);
  const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
  throw new SsoCredError('InvalidUsage', `Unknown command: ${cleanText(shown, 60)}${hint}`, {
    remedy: 'sso-cred --help',
  });
}

/** What was given for the options, checked. */
class Given {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    if (Array.isArray(value)) throw new SsoCredError('InvalidUsage', `--${name} is given twice`);
    if (value === '') throw new SsoCredError('InvalidUsage', `--${name} is empty`);
    return value === undefined ? undefined : String(value);
  }

  flag(name: string): boolean {
    return this.text(name) === 'true';
  }

  timeoutS(): number {
    const value = this.text('timeout') ?? '';
    const number = /^\d{1,4}$/.test(value) ? Number(value) : 0;
    if (number >= 1 && number <= 3600) return number;
    throw new SsoCredError('InvalidUsage', '--timeout takes whole seconds from 1 to 3600');
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.text(name);
    const found = allowed.find((each) => each === value);
    if (value === undefined || found !== undefined) return found;
    throw new SsoCredError('InvalidUsage', `--${name} takes one of ${allowed.join(', ')}`);
  }
}

function understood(command: CommandName, given: Given): CommandLine {
  const places = {
    configFile: given.text('config-file'),
    credentialsFile: given.text('credentials-file'),
    cacheDir: given.text('cache-dir'),
  };
  const session = {
    profile: given.text('profile'),
    session: given.text('session'),
    startUrl: given.text('start-url'),
    ssoRegion: given.text('sso-region'),
    issuer: given.text('issuer'),
    auth0Domain: given.text('auth0-domain'),
    clientId: given.text('client-id'),
    audience: given.text('audience'),
    scopes: given.text('scopes'),
  };
  const explain = given.flag('explain');
  const timeoutS = given.timeoutS();
  switch (command) {
    case 'credentials': {
      const { session: _none, ...flags } = session;
      const accountId = given.text('account-id');
      const roleName = given.text('role-name');
      const signIn = given.oneOf('sign-in', signInPolicies);
      const refresh = given.flag('refresh');
      const options = {
        ...places,
        ...flags,
        accountId,
        roleName,
        roleArn: given.text('role-arn'),
        roleSessionName: given.text('role-session-name'),
        durationSeconds: given.text('duration-seconds'),
        signIn,
        refresh,
        explain,
        timeoutS,
      };
      return { command, options, explain, timeoutS };
    }
    case 'login': {
      const isBrowser = given.flag('browser');
      if (isBrowser && given.flag('device')) {
        throw new SsoCredError('InvalidUsage', '--browser and --device exclude each other');
      }
      const flow = isBrowser ? 'browser' : given.flag('device') ? 'device' : undefined;
      const noOpen = given.flag('no-open');
      const force = given.flag('force');
      const options = { ...places, ...session, flow, noOpen, force, timeoutS } as const;
      return { command, options, explain, timeoutS };
    }
    case 'logout': {
      const all = given.flag('all');
      const named = Object.values(session).find((value) => value !== undefined);
      if (all && named !== undefined) {
        throw new SsoCredError('InvalidUsage', '--all and a single session exclude each other');
      }
      return { command, options: { ...places, ...session, all, timeoutS }, explain, timeoutS };
    }
    case 'configure oidc': {
      const { session: _none, ...flags } = session;
      const printIam = given.oneOf('print-iam', iamForms);
      if (printIam === undefined) {
        throw new SsoCredError('InvalidUsage', `--print-iam ${iamForms.join('|')} is required`);
      }
      const roleArn = given.text('role-arn');
      const durationSeconds = given.text('duration-seconds');
      const options = { ...places, ...flags, roleArn, durationSeconds, printIam, timeoutS };
      return { command, options, explain, timeoutS };
    }
    case 'token':
      return { command, options: { ...places, ...session, timeoutS }, explain, timeoutS };
    case 'status':
      return {
        command,
        options: { ...places, ...session, json: given.flag('json') },
        explain,
        timeoutS,
      };
  }
}

/** The version, and which build on what. */
export function versionText(): string {
  const bun = process.versions['bun'];
  const build = bun === undefined ? `Node build, ${process.version}` : `executable, Bun ${bun}`;
  return `sso-cred ${version} (${build}, ${process.platform} ${process.arch})`;
}

function usageError(message: string, command: CommandName): SsoCredError {
  const remedy = command === 'credentials' ? 'sso-cred --help' : `sso-cred ${command} --help`;
  const invalid = (what: string) => new SsoCredError('InvalidUsage', what, { remedy });
  const missing = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  if (missing !== undefined) return invalid(`--${missing} needs a value`);
  const unknown = /^Unknown (?:arguments?|commands?): ([^\s,]+)/.exec(message)?.[1];
  if (unknown === undefined) return invalid(cleanText(message));
  const name = unknown.replace(/^-+(?=.)/, '');
  const nearest = nearestName(name, [...Object.keys(optionsOf[command]), 'help', 'version']);
  const hint = nearest === undefined ? '' : ` (did you mean --${nearest}?)`;
  return invalid(`Unknown option: ${cleanText(name, 60)}${hint}`);
}
