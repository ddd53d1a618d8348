import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** A page that is written from what the program knows. */
interface GeneratedPage {
  readonly page: string;
  readonly usage: string;
  readonly render: () => string | Promise<string>;
}

/** Writes the page; with `--check` compares it only. Gives the exit status. */
export async function keepPage({ page, usage, render }: GeneratedPage): Promise<number> {
  const { values } = parseArgs({
    options: { check: { type: 'boolean' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const text = await render();
  if (values.check !== true) {
    writeFileSync(page, text);
    return 0;
  }
  if (readFileSync(page, 'utf8') === text) return 0;
  process.stderr.write(`${page} is not what it is written from. Run: npm run docs\n`);
  return 1;
}
