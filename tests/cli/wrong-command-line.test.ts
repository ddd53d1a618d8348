import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { cliSandboxes } from '../support/cli-sandbox.ts';
import { expectRecordedFailure } from '../support/outcome.ts';

const wrongCommandLines: readonly (readonly [readonly string[], RegExp])[] = [
  [[], /^--profile is required\. Run: sso-cred --profile NAME$/],
  [['--profil', 'dev'], /^Unknown option.*\bprofil \(did you mean --profile\?\)/],
  [['--PROFILE', 'dev'], /^Unknown option.*\bPROFILE \(did you mean --profile\?\)/],
  [['profile', 'dev'], /^Unknown command: profile\b/],
  [['lgoin'], /^Unknown command: lgoin \(did you mean login\?\)\. Run: sso-cred --help$/],
  [['-p', 'dev'], /^Unknown option.*\bp\b/],
  [['--accountid', '111122223333'], /^Unknown option.*\(did you mean --account-id\?\)/],
  [['--no-explain', '--profile', 'dev'], /^Unknown option.*\(did you mean --explain\?\)/],
  [['--profile', 'dev', '--profile.x', 'y'], /^Unknown option.*\bprofile\.x\b/],
  [['--profile', 'dev', '--__proto__', 'x'], /^Unknown option.*proto/],
  [['--profile', 'dev', '--toString', 'x'], /^Unknown option.*toString/],
  [['--profile', 'dev', 'extra'], /^Unknown .*\bextra\b/],
  [['--profile', 'dev', '--', 'extra'], /^Unknown .*\bextra\b/],
  [['--profile', 'dev', '5'], /^Unknown .*\b5\b/],
  [['--profile', 'dev', ''], /^Unknown .*""/],
  [['--profile', 'dev', '-'], /^Unknown .*: -\./],
  [['--profile', 'dev', `--${'é'.repeat(2000)}`], /^Unknown option.*ééé…/],
  [['--profile', 'dev', '--profile', 'dev'], /^--profile is given twice\.$/],
  [['--profile=dev', '--timeout=5', '--timeout=6'], /^--timeout is given twice\.$/],
  [['--profile', ''], /^--profile is empty\.$/],
  [['--profile='], /^--profile is empty\.$/],
  [['--profile', 'dev', '--cache-dir='], /^--cache-dir is empty\.$/],
  [['--profile'], /^--profile needs a value\. Run: sso-cred --help$/],
  [['--profile', '--explain'], /^--profile needs a value\b/],
  [['--profile', 'dev', '--timeout'], /^--timeout needs a value\b/],
  ...['0', '-1', '1.5', '1e3', '0x10', ' 5', 'soon', '3601', '99999'].map(
    (seconds) =>
      [
        ['--profile', 'dev', '--timeout', seconds],
        /^--timeout takes whole seconds from 1 to 3600\b/,
      ] as const,
  ),
  [
    ['--profile', 'dev', '--start-url', 'https://corp.awsapps.com/start'],
    /^--profile and --start-url exclude each other\b/,
  ],
  [['--start-url', 'https://corp.awsapps.com/start'], /^--sso-region is required\b/],
  [
    ['--start-url', 'https://corp.awsapps.com/start', '--sso-region', 'eu-west-1'],
    /^--account-id is required without --profile\b/,
  ],
  [['--role-name', 'Developer'], /^--start-url is required without --profile\b/],
  [
    profileLess({ '--start-url': 'http://corp.awsapps.com/start' }),
    /^--start-url is not an https URL\b/,
  ],
  [profileLess({ '--sso-region': 'Ireland' }), /^--sso-region is not a region\b/],
  [profileLess({ '--account-id': '11112222333' }), /^--account-id is not 12 digits\b/],
  [profileLess({ '--role-name': 'a/b' }), /^--role-name is not the name of a role\b/],
];

function profileLess(changes: Readonly<Record<string, string>>): readonly string[] {
  const flags = {
    '--start-url': 'https://corp.awsapps.com/start',
    '--sso-region': 'eu-west-1',
    '--account-id': '111122223333',
    '--role-name': 'Developer',
    ...changes,
  };
  return Object.entries(flags).flat();
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test('a wrong command line is status 2 and a word on how it would be right', async () => {
    const sandbox = await open();
    const check = async ([args, message]: (typeof wrongCommandLines)[number]) => {
      const finished = await sandbox.run(args);
      expectRecordedFailure(sandbox, finished, [2, 'InvalidUsage', message]);
    };
    for (let at = 0; at < wrongCommandLines.length; at += 5) {
      await Promise.all(wrongCommandLines.slice(at, at + 5).map(check));
    }
    expect(sandbox.newCalls()).toEqual({});
  });
});
