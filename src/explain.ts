import { cleanText } from './model/clean-text.ts';
import type { World } from './world.ts';

/** A world that tells on stderr what is done; each thing once, however often it is looked at. */
export function explainTo(world: World): World {
  const told = new Set<string>();
  const trace: World['trace'] = (topic, text) => {
    const line = `${topic.padEnd(8)} ${cleanText(text, 2_000)}\n`;
    if (told.has(line)) return;
    told.add(line);
    try {
      world.print(2, line);
    } catch {
      // Nobody listens.
    }
  };
  return { ...world, trace };
}
