import { appendFileSync } from 'node:fs';
import { realSignals } from '../../src/system/signals.ts';
import { obeyOrders } from '../support/obey-orders.ts';

// Notes in a log what becomes of it.
const [log = ''] = process.argv.slice(2);
const note = (text: string) => appendFileSync(log, `${text}\n`);

// Whoever has taken a lock has loaded this: it listens for signals, too.
await import('proper-lockfile');
const signals = realSignals();
let letThrough = () => {};
let withdraw = () => {};

obeyOrders({
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
  'is-held': () => signals.isHeld(),
  exit: () => process.exit(0),
});
