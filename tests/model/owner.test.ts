import { expect, test } from '@jest/globals';
import { describeOwner, judgeByPid, type Liveness, type Owner } from '../../src/model/owner.ts';

const self = { pid: 9, startTime: '900', kernel: 'boot', pidNamespace: 'pid:[1]' };
const owner: Owner = {
  pid: 7,
  startTime: '700',
  kernel: 'boot',
  pidNamespace: 'pid:[1]',
  socket: '',
  since: 0,
};

test.each<[string, Partial<Owner>, Partial<typeof self>, string | undefined, Liveness]>([
  ['its number has the same process', {}, {}, '700', 'alive'],
  ['its number has nobody', {}, {}, undefined, 'dead'],
  ['its number has another process by now', {}, {}, '701', 'dead'],
  ['it is of another kernel, or of before a restart', { kernel: 'other' }, {}, '700', 'unknown'],
  ['it is of another container', { pidNamespace: 'pid:[2]' }, {}, '700', 'unknown'],
  [
    'neither is known to be of a container',
    { pidNamespace: '' },
    { pidNamespace: '' },
    '700',
    'alive',
  ],
  ['it could not see when it started', { startTime: '' }, {}, undefined, 'unknown'],
  ['we cannot see when processes start', {}, { startTime: '' }, undefined, 'unknown'],
  ['nobody can', { startTime: '' }, { startTime: '' }, undefined, 'unknown'],
])('an owner of which %s is judged by its number', (_what, itsOwn, ours, startTime, liveness) => {
  expect(judgeByPid({ ...owner, ...itsOwn }, { ...self, ...ours }, startTime)).toBe(liveness);
});

test('a message names the process, and the time of day since when', () => {
  const since = new Date(2020, 0, 1, 14, 2, 31).getTime();
  expect(describeOwner({ pid: 4711, since })).toBe('pid 4711, since 14:02:31');
});
