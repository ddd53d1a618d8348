import type { World } from '../world.ts';

type Effects = Pick<World, 'env' | 'isTerminal' | 'print'>;

/** A line that shows that something is waited for. */
export interface ProgressLine {
  start(text: string): void;
  stop(): void;
}

/** A line that shows how far something is. */
export interface ProgressBar {
  show(done: number, total: number): void;
  stop(): void;
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;
const barWidth = 24;
const eraseLine = '\r\u001b[K';

/** A spinner where stderr is a terminal that can show one; else one plain line. */
export function progressLine(world: Effects): ProgressLine {
  let timer: NodeJS.Timeout | undefined;
  return {
    start(text) {
      if (!canRewriteLine(world)) {
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
      world.print(2, eraseLine);
    },
  };
}

/** A bar where stderr is a terminal that can show one, with the time that is left; else nothing. */
export function progressBar(text: string, world: Effects & Pick<World, 'clock'>): ProgressBar {
  const canShow = canRewriteLine(world);
  const { clock } = world;
  let startedAt: number | undefined;
  let shownAt = -Infinity;
  return {
    show(done, total) {
      const now = clock.monotonicMs();
      startedAt ??= now;
      if (!canShow || (now - shownAt < frameMs && done < total)) return;
      shownAt = now;
      const filled = Math.round((barWidth * done) / total);
      const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
      const leftS = Math.round(((now - startedAt) / 1000 / done) * (total - done));
      const left = now - startedAt < 2_000 || leftS === 0 ? '' : `, ${leftS} s left`;
      world.print(2, `${eraseLine}${text} ${bar} ${done}/${total}${left}`);
    },
    stop() {
      if (shownAt === -Infinity) return;
      shownAt = -Infinity;
      world.print(2, eraseLine);
    },
  };
}

function canRewriteLine(world: Effects): boolean {
  return world.isTerminal(2) && world.env['TERM'] !== 'dumb' && !world.env['CI'];
}
