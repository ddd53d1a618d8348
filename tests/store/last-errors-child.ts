import { recordLastError } from '../../src/store/last-errors.ts';
import { fakeWorld } from '../support/fake-world.ts';

// Records failures, each with a number of its own.
const [directory = '', who = '', count = '1'] = process.argv.slice(2);
const world = fakeWorld();
for (let number = 0; number < Number(count); number += 1) {
  const message = `${who}-${number}-${'x'.repeat(200)}`;
  recordLastError(
    directory,
    { code: 'NetworkFailed', exitStatus: 5, profile: 'dev', message },
    world,
  );
}
