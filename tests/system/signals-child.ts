import { appendFileSync } from 'node:fs';
import { realSignals } from '../../src/system/signals.ts';

// Does as it is told on stdin, a word a line, and notes in a log what becomes of it.
const [log = ''] = process.argv.slice(2);
const note = (text: string) => appendFileSync(log, `${text}\n`);
const say = (text: string) => process.stderr.write(`${text}\n`);

// Whoever has taken a lock has loaded this: it listens for signals, too.
await import('proper-lockfile');
const signals = realSignals();
let letThrough = () => {};
let withdraw = () => {};

const orders: Readonly<Record<string, () => void>> = {
  hold() {
    letThrough = signals.hold();
  },
  'let-through'() {
    letThrough();
    note('went on');
    queueMicrotask(() => note('went on later'));
    setImmediate(() => note('went on much later'));
  },
  'clean-up'() {
    withdraw = signals.onEnd((signal) => note(`cleaned up after ${signal}`));
  },
  'clean-up-badly'() {
    signals.onEnd(() => {
      note('failed');
      throw new Error('broken');
    });
  },
  withdraw: () => withdraw(),
  'is-held': () => say(`held: ${signals.isHeld()}`),
  exit: () => process.exit(0),
};

let count = 0;
process.stdin.setEncoding('utf8').on('data', (text: string) => {
  for (const order of text.split('\n').filter((word) => word !== '')) {
    orders[order]?.();
    count += 1;
    say(`done ${count}`);
  }
});
say('ready');
