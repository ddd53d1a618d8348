import { expect, test } from '@jest/globals';
import {
  affectedGroups,
  type ClashBehaviour,
  type ClashId,
  clashBehaviours,
  clashEffect,
} from '../../src/model/clash-behaviour.ts';
import { nameSdks, sdkIds } from '../../src/model/sdks.ts';

const all: readonly (readonly [string, ClashBehaviour])[] = Object.entries(clashBehaviours);

test.each(all)('of %s each SDK does one thing', (_id, { groups }) => {
  expect(groups.flatMap(({ sdks }) => sdks).sort()).toEqual([...sdkIds].sort());
});

test.each(all)('%s harms somebody', (id) => {
  expect(affectedGroups(id as ClashId)).not.toEqual([]);
});

test('who is harmed is told without those that run us, or were not looked at', () => {
  const groups = affectedGroups('role-arn');
  expect(groups.map(({ effect }) => effect)).toEqual(['fails', 'fails', 'assumes']);
  expect(clashEffect('role-arn', 'js3')).toBe('runs');
  expect(clashEffect('role-arn', 'php')).toBe('unknown');
});

test('SDKs are named in one order', () => {
  expect(nameSdks(['net', 'boto'])).toBe('AWS CLI and boto3, .NET');
});
