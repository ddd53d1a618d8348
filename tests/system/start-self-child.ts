import { startSelf } from '../../src/system/start-self.ts';

// Starts another program in place of itself, with its own environment, and ends.
const [program = '', ...words] = process.argv.slice(2);
Object.defineProperty(process, 'execPath', { value: program });
const isStarted = await startSelf(words, process.env);
process.stdout.write(`${isStarted !== undefined} ${process.umask().toString(8)}`);
process.exit(0);
