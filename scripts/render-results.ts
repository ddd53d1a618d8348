import type { Patience, Results, SentencePlace } from '../tests/callers/matrix/showed.ts';

const places: Readonly<Record<SentencePlace, string>> = {
  error: 'in its error',
  stderr: "on the program's stderr",
  nowhere: '**nowhere**',
};

/** How long a longest error is shown; the ones of some SDKs list all that they tried. */
const shownLength = 300;

/** The part of docs/compatibility.md on the programs that were run, as Markdown. */
export function renderResults(
  results: Results,
  table: (heading: readonly string[], rows: readonly (readonly string[])[]) => string,
): string {
  const all = Object.values(results);
  return `## What real programs do

Small programs, each on one SDK, and the AWS CLI itself resolve a profile of ours and call
GetCallerIdentity (\`npm run test:callers\`, which tries it all again; \`-- --record\` writes this part).
However often a caller runs \`sso-cred\`, AWS was asked for the role once, and for a token once, in each
of these cases.

${table(
  [
    'Caller',
    'Version',
    'Tried',
    'Runs us for 1 call',
    'Good for 12 min',
    'Good for 4 min',
    'At once',
  ],
  all.map(({ name, version, date, runs, near, together }) => [
    name,
    version,
    date,
    times(runs),
    `${near.runsAt12Min} in ${near.calls} calls`,
    `${near.runsAt4Min} in ${near.calls} calls`,
    `${together.runs} for ${together.clients}`,
  ]),
)}
- **Good for 12 min**, **4 min**: how often we are run in so many calls of one client, or commands of the
  CLI, where the credentials are good for no longer. SDKs want newer ones by then, at each call.
- **At once**: how often we are run for so many clients that begin together, in one program or, for the
  CLI, in as many processes. Each finds its credentials itself.

${table(
  ['Caller', 'Where our message stands', 'Runs us when we fail', 'Waits for us'],
  all.map(({ name, ended, patience }) => [
    name,
    places[ended.sentence],
    times(ended.runs),
    describePatience(patience),
  ]),
)}
- **Nowhere**: \`sso-cred status\` has it.
- Terraform keeps what a provider writes to stderr in its log (\`TF_LOG\`), so nothing is on the screen.
- **Waits for us**: whether a caller takes an answer that comes late. We end after \`--timeout\`, 45 s by
  default, of which a sign-in in the browser can take all. Go's limit is 60 s, told once the command has
  ended; Rust's was 5 s in versions before August 2026, by their source. A caller that gives up before us
  shows its own error, never ours; the sign-in goes on, and the next call finds what it brought. Where
  that matters write a lower number: \`credential_process = sso-cred --profile dev --timeout 15\`.
- A caller that runs us twice when we fail waits twice, too.

### What they show when the session has ended

\`sso-cred\` says: \`The session "corp" has ended: its refresh token is refused (…). Run: sso-cred login
--profile dev\`

${block(all.map(({ name, ended }) => [name, ended.error]))}
### What they show when they have waited long enough

${block(
  all
    .filter(({ patience }) => patience.givesUpAfterS !== null)
    .map(({ name, patience }) => [name, patience.error ?? '']),
)}`;
}

/** What programs print, by their names. */
function block(errors: readonly (readonly [string, string])[]): string {
  const lines = errors.map(([name, error]) => `${name}: ${shorten(error)}\n`);
  return `\`\`\`\n${lines.join('')}\`\`\`\n`;
}

function times(count: number): string {
  return count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`;
}

function describePatience({ givesUpAfterS, triedS }: Patience): string {
  return givesUpAfterS === null ? `at least ${triedS} s` : `**fails after ${givesUpAfterS} s**`;
}

function shorten(error: string): string {
  const text = error.replaceAll(/\s+/g, ' ');
  return text.length > shownLength ? `${text.slice(0, shownLength)}…` : text;
}
