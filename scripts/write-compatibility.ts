import { readFileSync } from 'node:fs';
import {
  type ClashBehaviour,
  type ClashEffect,
  type ClashId,
  clashBehaviours,
  clashEffect,
} from '../src/model/clash-behaviour.ts';
import { type DialectBehaviour, dialectBehaviours } from '../src/model/dialect-behaviour.ts';
import { nameSdks, type Sdk, type SdkId, sdkIds, sdks } from '../src/model/sdks.ts';
import { type Results, resultsFile } from '../tests/callers/matrix/showed.ts';
import { keepPage } from './keep-page.ts';
import { renderResults } from './render-results.ts';

const page = 'docs/compatibility.md';

const usage = `Usage: npm run docs, or node build/scripts/write-compatibility.js [--check]
Writes ${page} from what sso-cred doctor knows of SDKs (src/model) and what they showed when they were run
(${resultsFile}). With --check it writes nothing, and fails where the page is another.
`;

const marks: Readonly<Record<ClashEffect, string>> = {
  runs: 'yes',
  assumes: 'then role',
  'second-choice': 'second',
  bypasses: '**no**',
  fails: '**error**',
  unknown: '?',
};

/** In a column's heading there is little room. */
const shortNames: Readonly<Record<SdkId, string>> = {
  boto: 'CLI, boto3',
  js3: 'JS v3',
  js2: 'JS v2',
  go2: 'Go v2, Terraform',
  go1: 'Go v1',
  java: 'Java',
  rust: 'Rust',
  kotlin: 'Kotlin',
  net: '.NET',
  php: 'PHP',
  ruby: 'Ruby',
  swift: 'Swift',
  cpp: 'C++',
  crt: 'CRT',
};

function render(): string {
  return `# Compatibility

What AWS's SDKs make of a profile with \`credential_process\`, as far as they differ. \`sso-cred doctor\`
knows the same and finds it in your files; this page is written from that knowledge by \`npm run docs\`,
so correct it in \`src/model\`, not here. What the programs do that we run is below it.

## Which versions this is from

${table(
  ['SDK', 'Source that was read', 'Run besides'],
  sdkIds.map((id) => {
    const { name, source, run = '–' }: Sdk = sdks[id];
    return [name, source, run];
  }),
)}
boto3, of whose core the AWS CLI is made, JavaScript v2 and v3, Go v1 and v2, Java, Rust and Ruby are run
against each of the cases below (\`npm run test:callers\`), in the versions that the last part names.

## What may stand beside credential_process

Whether \`sso-cred\` is run in the end, where a profile has something else as well. With keys that begin
with \`sso_cred_\` it always is.

${table(['Beside it', ...sdkIds.map((id) => shortNames[id])], clashes().map(matrixRow))}
- **yes**: it is run. **no**: never; the credentials are others. **error**: there are none.
- **second**: only when the other source fails. **then role**: it is run, and \`role_arn\` assumed with what
  it gives. **?**: not looked at.

${clashes().map(clashSection).join('\n')}
## What is not read alike in the files

${table(
  ['What', 'Who reads it otherwise', 'What to do', 'Code of `doctor`'],
  Object.entries<DialectBehaviour>(dialectBehaviours).map(([id, { title, groups, advice }]) => [
    title,
    groups.map(({ how, sdks: ids }) => `${nameSdks(ids)}: ${how}`).join('. '),
    advice,
    `\`${id}\``,
  ]),
)}
${renderResults(JSON.parse(readFileSync(resultsFile, 'utf8')) as Results, table)}`;
}

function clashes(): readonly (readonly [ClashId, ClashBehaviour])[] {
  return Object.entries(clashBehaviours) as readonly (readonly [ClashId, ClashBehaviour])[];
}

function matrixRow([id, { beside }]: readonly [ClashId, ClashBehaviour]): readonly string[] {
  return [beside, ...sdkIds.map((sdk) => marks[clashEffect(id, sdk)])];
}

function clashSection([id, behaviour]: readonly [ClashId, ClashBehaviour]): string {
  const { beside, groups, advice } = behaviour;
  const lines = groups.map(({ how, sdks: ids }) => `- ${nameSdks(ids)}: ${how}.`);
  return `### ${id}

Beside \`credential_process\`: ${beside}.

${lines.join('\n')}

${advice.replace('NAME', 'this profile')}.
`;
}

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return `${line(heading)}|${'---|'.repeat(heading.length)}\n${rows.map(line).join('')}`;
}

process.exitCode = await keepPage({ page, usage, render });
