/** What a child process can be told to do; its answers go back as JSON. */
export type Orders = Readonly<Record<string, (...words: readonly string[]) => unknown>>;

/** Does, one after the other, what is told on stdin, and answers each on stderr; see ordered-child.ts. */
export function obeyOrders(orders: Orders): void {
  const say = (answer: unknown) => process.stderr.write(`${JSON.stringify(answer ?? null)}\n`);
  let last = Promise.resolve();
  let rest = '';
  process.stdin.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [order, ...words]: string[] = JSON.parse(line);
      last = last.then(async () => {
        say(await orders[order ?? '']?.(...words));
      });
    }
  });
  say('ready');
}
