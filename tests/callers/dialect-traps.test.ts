import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  type DialectBehaviour,
  type DialectTrapId,
  dialectBehaviours,
} from '../../src/model/dialect-behaviour.ts';
import { dialectCases } from '../support/dialect-cases.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import {
  fakeProgram,
  keyOfProcess,
  type Resolved,
  resolvingSdks,
} from '../support/resolve-by-sdks.ts';

const ids = Object.keys(dialectBehaviours) as readonly DialectTrapId[];

describe.each(resolvingSdks)('$sdk', ({ sdk, resolve }) => {
  const outcomes = new Map<DialectTrapId, Resolved>();

  beforeAll(async () => {
    const root = freshDirectory();
    const files = ids.map((id) => {
      const { config, credentials = '', profile = 'dev' } = dialectCases[id];
      const configFile = join(root, `${id}.config`);
      const credentialsFile = join(root, `${id}.credentials`);
      writeFileSync(configFile, config);
      writeFileSync(credentialsFile, credentials);
      return { profile, configFile, credentialsFile };
    });
    for (const [index, outcome] of (await resolve(files, fakeProgram(root))).entries()) {
      const id = ids[index];
      if (id !== undefined) outcomes.set(id, outcome);
    }
  });

  test.each(ids)('makes of %s what our data says', (id) => {
    const { groups }: DialectBehaviour = dialectBehaviours[id];
    const isHarmed = groups.some(({ sdks }) => sdks.includes(sdk));
    const outcome = outcomes.get(id) ?? {};
    expect({ id, outcome, isHarmed: outcome.accessKeyId !== keyOfProcess }).toMatchObject({
      isHarmed,
    });
  });
});
