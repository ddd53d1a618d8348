import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ClashEffect,
  type ClashId,
  clashBehaviours,
  clashEffect,
} from '../../../src/model/clash-behaviour.ts';
import {
  type DialectBehaviour,
  type DialectTrapId,
  dialectBehaviours,
} from '../../../src/model/dialect-behaviour.ts';
import type { SdkId } from '../../../src/model/sdks.ts';
import { type ClashHome, writeClashHome } from '../../support/clash-cases.ts';
import { dialectCases } from '../../support/dialect-cases.ts';
import { fakeProgram, keyOfProcess } from '../../support/resolve-by-sdks.ts';
import type { Caller } from './caller.ts';
import type { Check } from './check.ts';
import { type KeyTeller, keyOfRole } from './key-teller.ts';
import { runCaller } from './run-caller.ts';

const clashes = Object.keys(clashBehaviours) as readonly ClashId[];
const traps = Object.keys(dialectBehaviours) as readonly DialectTrapId[];

/** Whether a caller does with each profile what `doctor` knows of its SDK. */
export async function tryKnownFacts(
  caller: Caller,
  sdk: SdkId,
  aws: KeyTeller,
  check: Check,
): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'sso-cred-known-'));
  try {
    const env = {
      ...fakeProgram(root),
      AWS_ENDPOINT_URL_SSO: aws.url,
      AWS_ENDPOINT_URL_STS: aws.url,
    };
    const keyFor = async (files: ClashHome, profile = 'dev'): Promise<string> => {
      const named = {
        AWS_CONFIG_FILE: files.configFile,
        AWS_SHARED_CREDENTIALS_FILE: files.credentialsFile,
      };
      const calling = { endpoint: aws.url, env: { ...env, ...named }, profile };
      const [outcome] = (await runCaller(caller, calling)).outcomes;
      return outcome?.arn?.split('/').at(-1) ?? `error: ${outcome?.error}`;
    };
    // The tokens are looked for in the one home.
    writeClashHome(root, 'full-sso');

    await check(`${caller.name}: does with clashing profiles what is known`, async () => {
      const wrong = await findWrong(clashes, async (id) => {
        const key = await keyFor(writeClashHome(join(root, id), id));
        const effect = clashEffect(id, sdk);
        return fits(effect, key) ? undefined : `${id}: ${effect} is known, and it has ${key}`;
      });
      if (wrong.length > 0) throw new Error(wrong.join('\n'));
    });
    await check(`${caller.name}: reads dialects as is known`, async () => {
      const folder = join(root, 'dialects');
      mkdirSync(folder);
      const wrong = await findWrong(traps, async (id) => {
        const { config, credentials = '', profile } = dialectCases[id];
        const configFile = join(folder, `${id}.config`);
        const credentialsFile = join(folder, `${id}.credentials`);
        writeFileSync(configFile, config);
        writeFileSync(credentialsFile, credentials);
        const key = await keyFor({ configFile, credentialsFile }, profile);
        const { groups }: DialectBehaviour = dialectBehaviours[id];
        const isHarmed = groups.some(({ sdks }) => sdks.includes(sdk));
        if (isHarmed === (key !== keyOfProcess)) return undefined;
        return `${id}: ${isHarmed ? '' : 'no '}harm is known, and it has ${key}`;
      });
      if (wrong.length > 0) throw new Error(wrong.join('\n'));
    });
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Not each SDK can be told where the other sources of credentials are, and then fails where it would
 * have others: what counts is whether those of ours are used.
 */
function fits(effect: ClashEffect, key: string): boolean {
  switch (effect) {
    case 'runs':
      return key === keyOfProcess;
    case 'second-choice':
      return !key.startsWith('error');
    case 'assumes':
      return key === keyOfRole || /sts\.\S*amazonaws/.test(key);
    case 'bypasses':
    case 'fails':
      return key !== keyOfProcess;
    case 'unknown':
      return false;
  }
}

/** A few at a time: a process each. */
async function findWrong<Id>(
  ids: readonly Id[],
  judge: (id: Id) => Promise<string | undefined>,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (let at = 0; at < ids.length; at += 3) {
    const judged = await Promise.all(ids.slice(at, at + 3).map(judge));
    wrong.push(...judged.filter((text) => text !== undefined));
  }
  return wrong;
}
