import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWorkers } from '../tests/stand-in/end-workers.ts';
import { startIdentityProvider } from '../tests/stand-in/identity-provider.ts';
import { createSandboxHome } from '../tests/stand-in/sandbox-home.ts';
import { startStandIn } from '../tests/stand-in/stand-in.ts';
import { endpointVariables } from '../tests/support/endpoint-variables.ts';

const usage = `npm run sandbox -- [--sso-cred PATH] [--browser allow|deny] [--signed-out] [--no-identity-provider]
                   [--endpoint-variables] [COMMAND [ARGUMENT]…]
Runs COMMAND, or a shell, in a throw-away home in which a stand-in on the loopback is AWS, and an OpenID
provider is there for the profile web.
  --sso-cred PATH         another build, such as dist/bin/sso-cred
  --browser allow|deny    BROWSER is a program that allows or denies each sign-in by itself
  --signed-out            without the token that "aws sso login" would have left
  --no-identity-provider  without the OpenID provider and the profile web
  --endpoint-variables    AWS_ENDPOINT_URL_… lead to the stand-in, for profiles that you make yourself
`;

interface SandboxOptions {
  readonly ssoCred: string;
  readonly browser?: 'allow' | 'deny';
  readonly isSignedOut: boolean;
  readonly hasIdentityProvider: boolean;
  readonly hasEndpointVariables: boolean;
  readonly command: readonly string[];
}

/** Undefined when the command line makes no sense. */
function parseOptions(argv: readonly string[]): SandboxOptions | undefined {
  let options: SandboxOptions = {
    ssoCred: fileURLToPath(new URL('../../dist/main.js', import.meta.url)),
    isSignedOut: false,
    hasIdentityProvider: true,
    hasEndpointVariables: false,
    command: [],
  };
  for (let n = 0; n < argv.length; n += 1) {
    const value = argv[n + 1];
    if (argv[n] === '--signed-out') {
      options = { ...options, isSignedOut: true };
    } else if (argv[n] === '--no-identity-provider') {
      options = { ...options, hasIdentityProvider: false };
    } else if (argv[n] === '--endpoint-variables') {
      options = { ...options, hasEndpointVariables: true };
    } else if (argv[n] === '--sso-cred' && value !== undefined) {
      options = { ...options, ssoCred: value };
      n += 1;
    } else if (argv[n] === '--browser' && (value === 'allow' || value === 'deny')) {
      options = { ...options, browser: value };
      n += 1;
    } else if (argv[n]?.startsWith('-')) {
      return undefined;
    } else {
      return { ...options, command: argv.slice(n) };
    }
  }
  return options;
}

/** Runs the command line given and gives its exit status; 128 + n after signal n. */
async function runSandbox(argv: readonly string[]): Promise<number> {
  const options = parseOptions(argv);
  if (options === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const { ssoCred, browser, isSignedOut, hasIdentityProvider, hasEndpointVariables, command } =
    options;
  if (!existsSync(ssoCred)) {
    process.stderr.write(`${ssoCred} does not exist. Run: npm run build\n`);
    return 2;
  }

  const identityProvider = hasIdentityProvider ? await startIdentityProvider() : undefined;
  const provided = identityProvider === undefined ? {} : { identityProvider };
  const standIn = await startStandIn(provided);
  const sandbox = createSandboxHome(standIn, {
    ssoCred,
    ...provided,
    ...(browser === undefined ? {} : { browser }),
    ...(isSignedOut ? { token: false } : {}),
  });
  try {
    const isShell = command.length === 0;
    if (isShell)
      process.stderr.write(
        `AWS is ${standIn.url} here, and HOME is ${sandbox.home} until you leave.\n` +
          (identityProvider === undefined
            ? ''
            : `The OpenID provider of the profile web is ${identityProvider.issuer}\n`) +
          'Try: sso-cred --profile dev --explain, or: aws sts get-caller-identity --profile dev\n',
      );
    const shell = process.platform === 'win32' ? process.env['COMSPEC'] : process.env['SHELL'];
    const [program = shell ?? '/bin/sh', ...args] = command;
    const variables = hasEndpointVariables ? endpointVariables(standIn) : {};
    return await run(program, args, { ...sandbox.env, ...variables });
  } finally {
    await endWorkers(join(sandbox.home, '.aws', 'sso-cred'));
    await sandbox.remove();
    await standIn.stop();
    await identityProvider?.stop();
  }
}

function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, stdio: 'inherit' });
    const forward = (signal: NodeJS.Signals): void => {
      // A terminal has sent it to the child already.
      if (!process.stdin.isTTY || signal !== 'SIGINT') child.kill(signal);
    };
    const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    const end = (status: number): void => {
      for (const signal of signals) process.off(signal, forward);
      resolve(status);
    };
    child.once('error', (error) => {
      process.stderr.write(`${error.message}\n`);
      end(127);
    });
    child.once('exit', (code, signal) =>
      end(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}

process.exitCode = await runSandbox(process.argv.slice(2));
