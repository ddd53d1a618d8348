import { writeFileAtomically } from '../../src/store/write-file.ts';
import { fakeWorld } from '../support/fake-world.ts';

// Writes long texts of one character each to a file, over and over for a second.
const [path = ''] = process.argv.slice(2);
const world = fakeWorld();
const end = performance.now() + 1_000;
for (let round = 0; performance.now() < end; round += 1) {
  const character = 'abcdefghijklmnopqrstuvwxyz'.charAt(round % 26);
  writeFileAtomically(path, character.repeat(9_000), world);
}
