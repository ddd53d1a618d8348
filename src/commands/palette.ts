import picocolors from 'picocolors';
import type { World } from '../world.ts';

/** Marks text for a terminal; each function gives it back as it is where there are no colours. */
export type Palette = Pick<
  ReturnType<typeof picocolors.createColors>,
  'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan'
>;

/**
 * Colours where a person looks on and wants them: NO_COLOR (https://no-color.org) takes them away,
 * FORCE_COLOR gives them where there is no terminal, TERM=dumb has none.
 */
export function palette({ env, isTerminal }: Pick<World, 'env' | 'isTerminal'>): Palette {
  return picocolors.createColors(wantsColors(env, isTerminal(1)));
}

function wantsColors(env: World['env'], isTerminal: boolean): boolean {
  if (env['NO_COLOR']) return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return isTerminal && env['TERM'] !== 'dumb';
}
