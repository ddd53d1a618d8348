import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Variables with which a program of either build runs with a wrong clock. @param offMs milliseconds */
export function wrongClock(
  { home }: { readonly home: string },
  offMs: number,
): Readonly<Record<string, string>> {
  const preload = join(home, `clock-${offMs}.mjs`);
  writeFileSync(
    preload,
    `const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...values) {
    if (values.length === 0) super(RealDate.now() + ${offMs});
    else super(...values);
  }
  static now() {
    return RealDate.now() + ${offMs};
  }
};
`,
  );
  return { NODE_OPTIONS: `--import ${preload}`, BUN_OPTIONS: `--preload ${preload}` };
}
