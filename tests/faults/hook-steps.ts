import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { sendSignal, stateOf } from './processes.ts';
import type { StepOrder, Stepping } from './stepped-process.ts';

/** Steps of a Node.js program, told by step-hook.ts, which is loaded before it. */
export function hookSteps({ at, fate }: StepOrder): Stepping {
  const hook = new URL('./step-hook.js', import.meta.url).href;
  return {
    wrapper: [],
    variables: {
      NODE_OPTIONS: `--import ${hook}`,
      STEP_AT: String(at),
      STEP_SIGNAL: fate === 'kill' ? 'SIGKILL' : 'SIGSTOP',
    },
    stderr: 2,
    news: 3,
    follow: (news, pid, { onStep, onReached }) => {
      createInterface({ input: news }).on('line', (line) => {
        const [, word, text = ''] = /^(\w+) (.*)$/.exec(line) ?? [];
        onStep(text);
        if (word !== 'at') return;
        if (fate === 'kill') onReached();
        else void untilStopped(pid).then(onReached);
      });
      return { resume: () => sendSignal(pid, 'SIGCONT') };
    },
  };
}

/** The signal is on its way when the hook tells of it. */
async function untilStopped(pid: number): Promise<void> {
  for (let tries = 0; tries < 5_000 && stateOf(pid) !== 'T'; tries += 1) await delay(2);
}
