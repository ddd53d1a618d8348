import { spawnSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { terminals, testInTerminal } from '../support/in-terminal.ts';
import { expectFailure } from '../support/outcome.ts';
import { runProcess } from '../support/run-process.ts';
import { addSession } from '../support/sign-in.ts';

/** How each shell is started, and told to complete. */
const shells = {
  bash: {
    start: ['bash', '--norc', '--noprofile', '-i'],
    load: 'source <(sso-cred completion bash)',
  },
  zsh: {
    start: ['zsh', '-f', '-i'],
    load: 'autoload -Uz compinit && compinit -u -D && source <(sso-cred completion zsh)',
  },
  'zsh, by a file in fpath': {
    start: ['zsh', '-f', '-i'],
    load: 'mkdir f && sso-cred completion zsh >f/_sso-cred && fpath=(~/f $fpath) && autoload -Uz compinit && compinit -u -D',
  },
  fish: {
    start: ['fish', '--no-config', '-i'],
    load: 'sso-cred completion fish | source',
  },
} as const;

const shellNames = Object.keys(shells) as readonly (keyof typeof shells)[];

function isThere(shell: keyof typeof shells): boolean {
  const there = spawnSync(shells[shell].start[0], ['-c', 'exit 0']).status === 0;
  if (!there) process.stderr.write(`SKIPPED: no ${shell}, nothing is completed in it\n`);
  return there;
}

/** What bash would offer for a line, as it calls a completion function. */
async function completedByBash(sandbox: CliSandbox, line: string): Promise<readonly string[]> {
  const script = `
source <(sso-cred completion bash)
COMP_LINE=$1 COMP_POINT=\${#1}
read -ra COMP_WORDS <<<"$(sed 's/[=:]/ & /g' <<<"$1")"
[[ $1 == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_sso_cred sso-cred "\${1##*[ =:]}" ''
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ['--norc', '-c', script, 'bash', line];
  const { stdout, stderr } = await runProcess('bash', args, { env: sandbox.env });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((each) => each !== '');
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);
  const inTerminal = terminals();

  describe.each(shellNames)('%s', (shell) => {
    const testIfThere = isThere(shell) ? testInTerminal : test.skip;
    const { start, load } = shells[shell];

    testIfThere('completes commands, options, names and files as they are typed', async () => {
      const sandbox = await open();
      addSession(sandbox, 'company');
      writeFileSync(join(sandbox.home, 'other-config'), '[profile elsewhere]\n');
      const shown = inTerminal(sandbox, ['sh', '-c', `cd; exec ${start.join(' ')}`]);
      const enter = (line: string) => shown.type(`${line}\r`);
      enter(`${load}; echo loaded-${shell === 'fish' ? '(math "6*7")' : '$((6*7))'}`);
      await shown.says(/loaded-42/);

      // Each line runs only if all of it was completed.
      enter('sso-cred stat\t--ses\tcomp\t--js\t');
      await shown.says(/"session": "company"/);
      enter('sso-cred exec --profile=de\t -- printe\tAWS_ACCOUNT_ID');
      await shown.says(/^111122223333\s*$/m);
      enter('sso-cred stat\t--config-file other-c\t--profile else\t');
      await shown.says(/elsewhere.*has no sso_cred_session/);
      shown.kill('SIGTERM');
    });

    testIfThere('prints what the shell reads without a word', async () => {
      const sandbox = await open();
      const [shell] = start;
      const named = await sandbox.run(['completion', shell]);
      expect(named).toMatchObject({ exitStatus: 0, stderr: '' });
      const ofShell = await sandbox.run(['completion'], { SHELL: `/usr/bin/${shell}` });
      expect(ofShell).toEqual(named);
      const file = join(sandbox.home, 'script');
      writeFileSync(file, named.stdout);
      const checked = await runProcess(shell, ['-n', file], { env: sandbox.env });
      expect(checked).toMatchObject({ exitStatus: 0, stdout: '', stderr: '' });
    });
  });

  test('bash is given the part of a word that it replaces', async () => {
    const sandbox = await open();
    appendFileSync(sandbox.configFile, '\n[profile a:b]\n[profile a:c=d]\n');
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ['sso-cred exec --profile d', ['dev']],
      ['sso-cred exec --profile=d', ['dev']],
      ['sso-cred exec --profile ', ['dev', 'a:b']],
      ['sso-cred exec --profile a:', ['b']],
      ['sso-cred exec --profile=a:', ['b']],
      ['sso-cred env --format p', ['powershell']],
      ['sso-cred logo', ['logout']],
      ['sso-cred exec --config-file /etc/hostn', ['/etc/hostname']],
      ['sso-cred exec --config-file=/etc/hostn', ['/etc/hostname']],
      ['sso-cred exec --cache-dir /us', ['/usr']],
      ['sso-cred exec --profile dev -- /etc/hostn', ['/etc/hostname']],
      ['sso-cred exec --profile dev -- sso-cre', ['sso-cred']],
      ['sso-cred exec --profile dev -- ls /etc/hostn', ['/etc/hostname']],
    ];
    for (const [line, expected] of cases) {
      expect([line, ...new Set(await completedByBash(sandbox, line))]).toEqual([line, ...expected]);
    }
  });

  test('what cannot be completed is nothing, and no error', async () => {
    const sandbox = await open();
    const ask = (...words: readonly string[]) => sandbox.run(['__complete', 'zsh', ...words]);
    const silence = { exitStatus: 0, signal: null, stdout: '', stderr: '' };
    expect(await ask('login', '--config-file', sandbox.home, '--session', '')).toEqual(silence);
    writeFileSync(sandbox.configFile, 'no config\n');
    expect(await ask('exec', '--profile', '')).toEqual(silence);
    expect(await sandbox.run(['__complete'])).toMatchObject({ exitStatus: 0, stderr: '' });
    expect(sandbox.newCalls()).toEqual({});
  });

  test('a shell that is not known is refused', async () => {
    const sandbox = await open();
    const known = /^completion knows bash, zsh, fish, and no other shell\.$/;
    expectFailure(await sandbox.run(['completion', 'tcsh']), 2, known);
    expectFailure(
      await sandbox.run(['completion'], { SHELL: '/bin/tcsh' }),
      2,
      /^SHELL names no shell that can be completed\. Run: sso-cred completion bash\|zsh\|fish$/,
    );
  });
});
