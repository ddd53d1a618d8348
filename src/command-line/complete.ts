import type { SectionType } from '../config/config-section.ts';
import { loadConfig } from '../config/load-config.ts';
import { locate } from '../config/locate.ts';
import { shellWords } from '../model/shell-line.ts';
import type { World } from '../world.ts';
import { type Completion, completeWords } from './complete-words.ts';
import { registry } from './registry.ts';

/**
 * What could stand at the cursor, for a shell: the kind, then a line for each word, with a tab and what
 * it means. Empty where that cannot be told; never throws, since the person is typing.
 * @param argv `bash LINE PART` (the line up to the cursor; what of it bash replaces), or the shell and
 *   the words behind the program's name, the last one that at the cursor
 */
export function complete(argv: readonly string[], world: World): string {
  const [shell, ...given] = argv;
  const [line = '', part = ''] = given;
  const words = shell === 'bash' ? shellWords(line).slice(1) : given;
  try {
    const completion = completeWords(words, registry, (types, places) => {
      const config = loadConfig(locate(places, world));
      return types.flatMap((type: SectionType) => config.names(type));
    });
    return render(completion, shell === 'bash' ? keptBy(words.at(-1) ?? '', part) : 0);
  } catch {
    return '';
  }
}

/** How much of a word bash leaves as it is: it takes `=` and `:` for the ends of words. */
function keptBy(word: string, part: string): number {
  return word.endsWith(part) ? word.length - part.length : 0;
}

function render(completion: Completion, kept: number): string {
  if (completion.kind !== 'words') return `${completion.kind}\n`;
  const lines = completion.words.map(({ word, meaning }) => {
    const shown = word.slice(kept);
    return meaning === undefined ? shown : `${shown}\t${meaning}`;
  });
  return ['words', ...lines].map((each) => `${each}\n`).join('');
}
