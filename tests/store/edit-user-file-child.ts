import { realWorld } from '../../src/real-world.ts';
import { editUserFile } from '../../src/store/edit-user-file.ts';
import { openStore } from '../../src/store/store.ts';

// Adds a line to a file.
const [directory = '', path = '', line = ''] = process.argv.slice(2);
const world = realWorld();
const deadline = performance.now() + 60_000;
const edit = (text: string) => `${text}${line}\n`;
await editUserFile(
  openStore(directory, world),
  { path, shownPath: path, deadline, backup: `${path}.backup`, edit },
  world,
);
process.exit(0);
