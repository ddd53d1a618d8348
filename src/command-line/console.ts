import type { ConsoleOptions } from '../commands/console.ts';
import { parseDuration } from '../model/duration.ts';
import { SsoCredError } from '../model/errors.ts';
import { roleOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import { explain, flag, places, roleFlags, seconds, text } from './flags.ts';
import type { Given } from './given.ts';

/** `sso-cred console` */
export const console = defineCommand<ConsoleOptions>({
  name: 'console',
  description: 'Open the AWS console as a role',
  usage: `$0 console [--profile NAME] [--service NAME | --destination URL] [--region REGION] [--print]

Signs a browser in to the AWS console as a role, in any partition, and opens its home or the page
that you name. With --print it prints the URL instead: a secret that signs in whoever opens it
within 15 minutes.

  $0 console --profile dev --service s3
  $0 console --profile dev --duration 8h --print`,
  flags: {
    ...roleFlags,
    service: text('The service whose page to open, as the AWS CLI calls it: s3, ec2, logs …'),
    destination: text('The page to open: a URL, or a path on the host of the console'),
    region: text('The region to open it in [AWS_REGION, AWS_DEFAULT_REGION, that of the profile]'),
    duration: text('How long the session of the console lasts, 15m to 12h [as the credentials]'),
    print: flag('Print the URL, open nothing'),
    explain,
    timeout: seconds('Seconds that it may take, 1 to 3600', 300),
    ...places,
  },
  understand: (given) => ({
    ...roleOptions(given),
    page: {
      service: given.text('service'),
      destination: given.text('destination'),
      region: given.text('region'),
    },
    durationS: durationOf(given),
    print: given.flag('print'),
  }),
  run: async (options, world) => {
    const { runConsole } = await import('../commands/console.ts');
    await runConsole(options, world);
    return 0;
  },
});

/** Seconds. @throws InvalidUsage */
function durationOf(given: Given): number | undefined {
  const value = given.text('duration');
  if (value === undefined) return undefined;
  const seconds = (parseDuration(value) ?? 0) / 1000;
  if (seconds >= 900 && seconds <= 43_200) return seconds;
  throw new SsoCredError('InvalidUsage', '--duration takes 15m to 12h, such as 90m or 8h');
}
