import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { version } from '../src/model/version.ts';
import { releaseProblems } from './release-problems.ts';
import { runNpm } from './run-npm.ts';

const usage = `Usage: npm run release -- [--here] [--accept-audit] [--publish]
Makes a release in build/packages and says what would be published. Nothing leaves this machine.
  --here          packs for this platform only; such a release cannot be published
  --accept-audit  goes on although npm audit finds something or cannot be asked, as docs/dependencies.md says
  --publish       publishes it on npm, if nothing is wrong, after the same steps
`;

const packages = join('build', 'packages');

process.exitCode = main();

function main(): number {
  const { values } = parseArgs({
    options: {
      here: { type: 'boolean', default: false },
      'accept-audit': { type: 'boolean', default: false },
      publish: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (values.here && values.publish) {
    process.stderr.write('A release for one platform is not published\n');
    return 2;
  }
  const problems = [
    ...judge(),
    ...step('npm run check', ['run', '--silent', 'check']),
    ...(audit() || values['accept-audit'] ? [] : ['npm audit finds something, or cannot be asked']),
  ];
  const all = values.here ? [] : ['--', '--all'];
  const unpacked = step('the packages', ['run', '--silent', 'build:packages', ...all]);
  const archives = unpacked.length === 0 ? showArchives() : [];
  conclude([...problems, ...unpacked]);
  if (problems.length + unpacked.length > 0) return 1;
  return values.publish ? publish(archives) : 0;
}

/** What the commit and the changelog say of the version. */
function judge(): readonly string[] {
  heading('the version');
  const commit = git('rev-parse', 'HEAD').trim();
  console.log(`sso-cred ${version}, commit ${commit}`);
  console.log('Its tests are run by .ci/run: publish only what passed there');
  return releaseProblems({
    version,
    changelog: readFileSync('CHANGELOG.md', 'utf8'),
    gitStatus: git('status', '--porcelain'),
    tags: git('tag').split('\n'),
    tagsOfCommit: git('tag', '--points-at', 'HEAD').split('\n'),
    today: new Date().toISOString().slice(0, 10),
  });
}

function git(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('git', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args.join(' ')} fails: ${stderr}`);
  return stdout;
}

/** Runs npm in view of whoever watches. */
function step(what: string, args: readonly string[]): readonly string[] {
  heading(what);
  const npm = process.env['npm_execpath'];
  const [command, ...words] =
    npm === undefined ? ['npm', ...args] : [process.execPath, npm, ...args];
  const { status } = spawnSync(command, words, { stdio: 'inherit' });
  return status === 0 ? [] : [`npm ${args.join(' ')} fails`];
}

/** What npm knows of weaknesses in what is built upon, tests and tools too; whether it knows of none. */
function audit(): boolean {
  heading('npm audit');
  try {
    console.log(runNpm(['audit', '--audit=true']).trim());
    return true;
  } catch (error) {
    console.log(error instanceof Error ? error.message : error);
    return false;
  }
}

/** Says what would be published; gives the archives in the order of publishing. */
function showArchives(): readonly string[] {
  heading('what would be published');
  // Those of the platforms first: the package that names them comes last.
  const main = `sso-cred-${version}.tgz`;
  const archives = readdirSync(packages)
    .filter((file) => file.endsWith('.tgz') && file !== main)
    .concat(main)
    .map((file) => join(packages, file));
  for (const archive of archives) {
    console.log(`${archive}  ${(statSync(archive).size / 1e6).toFixed(1)} MB`);
  }
  console.log('\nFor direct downloads, the same files and SHA256SUMS:');
  console.log(readFileSync(join(packages, 'SHA256SUMS'), 'utf8').trim());
  return archives;
}

function conclude(problems: readonly string[]): void {
  if (problems.length > 0) {
    console.log(`\nIn the way:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
    return;
  }
  console.log(`\nNothing is wrong. Tag it: git tag v${version}`);
  console.log('Publish it: npm run release -- --publish');
}

function publish(archives: readonly string[]): number {
  for (const archive of archives) {
    const problems = step(`npm publish ${archive}`, ['publish', '--access', 'public', archive]);
    if (problems.length > 0) {
      console.error(`${problems[0]}. What stands above it is published; the rest is not`);
      return 1;
    }
  }
  return 0;
}

function heading(what: string): void {
  console.log(`\n── ${what}`);
}
