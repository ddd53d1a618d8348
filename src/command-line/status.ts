import type { StatusOptions } from '../commands/status.ts';
import { parseDuration } from '../model/duration.ts';
import { SsoCredError } from '../model/errors.ts';
import { commonOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import { explain, flag, places, seconds, sessionFlags, text } from './flags.ts';

/** `sso-cred status` */
export const status = defineCommand<StatusOptions>({
  name: 'status',
  description: 'Show sessions, cached roles and what went wrong last',
  usage: `$0 status [--profile NAME | --session NAME] [--for DURATION] [--json]

Shows sessions, sign-ins that wait for you, cached roles, remembered failures and the last errors;
asks nobody, but with --profile who its role makes you. For one session the exit status tells
whether it is good: 0, or 3. With --for it tells whether session and role will last that long, after
a refresh where that helps; by AWS_PROFILE, AWS_DEFAULT_PROFILE or default where none is named.

  $0 status --session corp >/dev/null || $0 login --session corp
  $0 status --profile dev --for 3h && ./long-job`,
  flags: {
    ...sessionFlags,
    for: text('Whether session and role will last that long: 3h, 90m, 1h30m'),
    json: flag('As JSON, see docs/command-line.md'),
    explain,
    timeout: seconds('Seconds that it may take, 1 to 3600', 30),
    ...places,
  },
  understand: (given) => ({
    ...commonOptions(given),
    json: given.flag('json'),
    forMs: durationOf(given.text('for')),
  }),
  run: async (options, world) => {
    const { runStatus } = await import('../commands/status.ts');
    return await runStatus(options, world);
  },
});

function durationOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text) ?? 0;
  if (ms > 0) return ms;
  throw new SsoCredError('InvalidUsage', '--for takes a duration such as 3h, 90m or 1h30m');
}
