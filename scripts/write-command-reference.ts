import { parseCommandLine } from '../src/command-line/parse.ts';
import { registry } from '../src/command-line/registry.ts';
import { keepPage } from './keep-page.ts';

const page = 'docs/command-reference.md';

const usage = `Usage: npm run docs, or node build/scripts/write-command-reference.js [--check]
Writes ${page} from the commands' own texts (src/command-line). With --check it writes nothing, and
fails where the page is another.
`;

const introduction = `# Command reference

What \`--help\` says of each command: every option, with its default in brackets. \`npm run docs\` writes this
page from the program, so correct it in \`src/command-line\`, not here. What the commands do, what they
print and what their exit statuses mean is in [command-line.md](command-line.md).
`;

/** The page: the text of each command that people run, in the order of \`--help\`. */
async function render(): Promise<string> {
  const [unnamed, ...named] = registry;
  const sections = [await section('sso-cred', [], unnamed.description)];
  for (const { name, description, isInternal } of named) {
    if (isInternal === true) continue;
    sections.push(await section(`sso-cred ${name}`, name.split(' '), description));
  }
  return `${introduction}\n${sections.join('\n')}`;
}

async function section(
  title: string,
  words: readonly string[],
  description: string,
): Promise<string> {
  const shown = await parseCommandLine([...words, '--help']);
  if (shown.kind !== 'text') throw new Error(`${title} --help gives no text`);
  return `## ${title}\n\n${description}.\n\n\`\`\`text\n${shown.text.replace(/ +$/gm, '')}\n\`\`\`\n`;
}

process.exitCode = await keepPage({ page, usage, render });
