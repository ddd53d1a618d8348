import type { StandIn } from '../../stand-in/stand-in.ts';
import type { Caller } from './caller.ts';
import { inCountedSandbox } from './counted-sandbox.ts';
import { runCaller } from './run-caller.ts';
import type { Patience } from './showed.ts';

const triedS = 65;

/** How long a caller waits for an answer that comes, but late. */
export async function measurePatience(caller: Caller, standIn: StandIn): Promise<Patience> {
  let patience: Patience = { givesUpAfterS: null, triedS };
  const options = { ssoCred: 'dist/main.js', delayS: triedS };
  await inCountedSandbox(standIn, options, async ({ env }) => {
    const { outcomes, tookMs } = await runCaller(caller, {
      endpoint: standIn.url,
      env,
      // Some run us twice.
      timeoutMs: 2.5 * triedS * 1000,
    });
    const [{ error } = {}] = outcomes;
    if (error !== undefined) {
      patience = { givesUpAfterS: Math.round(tookMs / 1000), triedS, error };
    }
  });
  return patience;
}
