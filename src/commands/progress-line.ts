import type { World } from '../world.ts';

/** A line that shows that something is waited for. */
export interface ProgressLine {
  start(text: string): void;
  stop(): void;
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;

/** A spinner where stderr is a terminal that can show one; else one plain line. */
export function progressLine(world: Pick<World, 'env' | 'isTerminal' | 'print'>): ProgressLine {
  const canSpin = world.isTerminal(2) && world.env['TERM'] !== 'dumb' && !world.env['CI'];
  let timer: NodeJS.Timeout | undefined;
  return {
    start(text) {
      if (!canSpin) {
        world.print(2, `${text} …\n`);
        return;
      }
      let frame = 0;
      timer = setInterval(() => {
        world.print(2, `\r${frames[frame % frames.length]} ${text} `);
        frame += 1;
      }, frameMs);
    },
    stop() {
      if (timer === undefined) return;
      clearInterval(timer);
      timer = undefined;
      world.print(2, '\r\u001b[K');
    },
  };
}
