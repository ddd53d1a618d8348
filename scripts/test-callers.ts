import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Caller } from '../tests/callers/matrix/caller.ts';
import { callers } from '../tests/callers/matrix/callers.ts';
import type { Check } from '../tests/callers/matrix/check.ts';
import { startKeyTeller } from '../tests/callers/matrix/key-teller.ts';
import { measurePatience } from '../tests/callers/matrix/measure-patience.ts';
import { type Results, resultsFile, type Showed } from '../tests/callers/matrix/showed.ts';
import { moto, python } from '../tests/callers/matrix/toolchains.ts';
import { tryCaller } from '../tests/callers/matrix/try-caller.ts';
import { tryClaims } from '../tests/callers/matrix/try-claims.ts';
import { tryConfigured } from '../tests/callers/matrix/try-configured.ts';
import { tryExec } from '../tests/callers/matrix/try-exec.ts';
import { tryKnownFacts } from '../tests/callers/matrix/try-known-facts.ts';
import { tryMoto, withMoto } from '../tests/callers/matrix/try-moto.ts';
import { tryResolving } from '../tests/callers/matrix/try-resolving.ts';
import { tryWebIdentity } from '../tests/callers/matrix/try-web-identity.ts';
import { startIdentityProvider } from '../tests/stand-in/identity-provider.ts';
import { type StandIn, startStandIn } from '../tests/stand-in/stand-in.ts';
import { builds } from '../tests/support/builds.ts';
import { compareEndpoints } from './compare-endpoints.ts';

const usage = `Usage: npm run test:callers [-- [--only TEXT] [--record]]
Lets real AWS SDKs and the AWS CLI resolve profiles through both builds, and moto's STS judge what is sent
for a web identity; says what came of it. What a caller needs is installed first, where that can be had.
  --only TEXT   only the callers whose name has this text, and nothing else
  --record      keep what they showed in ${resultsFile}, and measure how long each waits (65 s more)
`;

/** Checks that begin later are not tried. */
const deadline = Date.now() + 12 * 60_000;

const interpreter = 'build/venv/bin/python';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      record: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  // The SDK's remark on the version of Node is not what is tried here.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const counted = { passed: 0, failed: 0, skipped: 0 };
  const check: Check = async (name, run) => {
    try {
      if (Date.now() > deadline) throw new Error('not tried: the time for all checks is up');
      const given = await run();
      counted.passed += 1;
      console.log(`ok   ${name}`);
      return given;
    } catch (error) {
      counted.failed += 1;
      console.log(`FAIL ${name}: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  };
  const skip = (name: string, reason: string): void => {
    counted.skipped += 1;
    console.log(`skip ${name}: ${reason}`);
  };

  const wanted = callers.filter(({ name }) => matches(name, values.only));
  const present = await prepare(wanted, skip);
  const [main, ...others] = [...builds()].reverse();
  if (main === undefined) throw new Error('no build');
  if (others.length === 0) skip('executable', 'dist/bin/sso-cred was not built');

  const identityProvider = await startIdentityProvider();
  const standIn = await startStandIn({ identityProvider });
  const servers = { standIn, identityProvider };
  try {
    const showed = new Map<Caller, Showed>();
    for (const caller of present) {
      const shown = await tryCaller(caller, main, standIn, check);
      if (shown !== undefined) showed.set(caller, shown);
      for (const build of others) await tryResolving(caller, build, standIn, check);
    }
    for (const build of [main, ...others]) {
      await tryConfigured(present, build, standIn, check);
      await tryWebIdentity(present, build, servers, check);
    }
    await tryAllKnownFacts(present, check);
    if (values.record) await record(showed, standIn);
    if (values.only === undefined) await tryTheRest();
  } finally {
    await standIn.stop();
    await identityProvider.stop();
  }
  const { passed, failed, skipped } = counted;
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed === 0 ? 0 : 1;

  /** What needs a Python with boto3, or moto, and is no caller. */
  async function tryTheRest(): Promise<void> {
    const withoutPython = await reasonAgainst(python.prepare);
    if (withoutPython !== undefined) {
      for (const name of ['endpoints', 'exec', 'what is known of SDKs', 'moto']) {
        skip(name, withoutPython);
      }
      return;
    }
    await check('endpoints: the hosts that are called are those that botocore calls', async () => {
      const compared = await compareEndpoints(resolve(interpreter));
      // For each of three services four variants, in over forty regions.
      if (compared < 480) throw new Error(`only ${compared} were compared`);
    });
    for (const build of builds()) await tryExec(interpreter, build, standIn, check);
    await tryClaims(interpreter, check);
    const withoutMoto = await reasonAgainst(moto.prepare);
    if (withoutMoto !== undefined) {
      skip('moto', withoutMoto);
      return;
    }
    await withMoto(interpreter, async (url) => {
      for (const build of builds()) await tryMoto(url, build, servers, check);
    });
  }
}

/** What `doctor` knows of SDKs, by one caller of each. */
async function tryAllKnownFacts(present: readonly Caller[], check: Check): Promise<void> {
  const aws = await startKeyTeller();
  try {
    for (const caller of present) {
      if (caller.knownAs !== undefined) await tryKnownFacts(caller, caller.knownAs, aws, check);
    }
  } finally {
    await aws.stop();
  }
}

function matches(name: string, text = ''): boolean {
  return name.toLowerCase().includes(text.toLowerCase());
}

/** Those of the callers that can run here; all toolchains are made ready at the same time. */
async function prepare(
  wanted: readonly Caller[],
  skip: (name: string, reason: string) => void,
): Promise<readonly Caller[]> {
  const toolchains = [...new Set(wanted.map(({ toolchain }) => toolchain))];
  const reasons = new Map(
    await Promise.all(
      toolchains.map(
        async (toolchain) => [toolchain, await reasonAgainst(toolchain.prepare)] as const,
      ),
    ),
  );
  const present: Caller[] = [];
  for (const caller of wanted) {
    const reason =
      reasons.get(caller.toolchain) ?? (await reasonAgainst(async () => caller.version()));
    if (reason === undefined) present.push(caller);
    else skip(caller.name, reason);
  }
  return present;
}

async function reasonAgainst(step: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await step();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Keeps what callers showed; what is known of others stays. */
async function record(showed: ReadonlyMap<Caller, Showed>, standIn: StandIn): Promise<void> {
  const date = new Date().toISOString().slice(0, 10);
  const entries = await Promise.all(
    [...showed].map(async ([caller, shown]) => {
      const patience = await measurePatience(caller, standIn);
      const result = { name: caller.name, version: caller.version(), date, ...shown, patience };
      return [caller.id, result] as const;
    }),
  );
  const known: Results = {
    ...(JSON.parse(readFileSync(resultsFile, 'utf8')) as Results),
    ...Object.fromEntries(entries),
  };
  const inOrder = callers.flatMap(({ id }) => {
    const result = known[id];
    return result === undefined ? [] : [[id, result] as const];
  });
  writeFileSync(resultsFile, `${JSON.stringify(Object.fromEntries(inOrder), null, 2)}\n`);
  console.log(`${resultsFile} is written. Run: npm run docs`);
}

process.exitCode = await main();
