import type { DoctorOptions } from '../commands/doctor.ts';
import { commonOptions } from './common-options.ts';
import { credentials } from './credentials.ts';
import { defineCommand } from './define-command.ts';
import { explain, flag, places, seconds, text } from './flags.ts';
import { versionText } from './version-text.ts';

/** `sso-cred doctor` */
export const doctor = defineCommand<DoctorOptions>({
  name: 'doctor',
  description: 'Find what keeps profiles from working, and say who suffers and what to type',
  usage: `$0 doctor [--profile NAME] [--fix] [--offline] [--json]

Looks at the program, the environment, the config files, profiles, sessions, the network and what is
kept on disk. Names each SDK that a finding harms. Changes nothing without --fix, signs nobody in.
The exit status is 0 when nothing is wrong (notes do not count), else 2.

  $0 doctor
  $0 doctor --profile dev --json`,
  flags: {
    profile: text('Look at this profile and its session alone'),
    fix: flag('Mend permissions, and remove stale locks and damaged or stray files of ours'),
    offline: flag('Ask nobody over the network'),
    json: flag('As JSON, see docs/command-line.md'),
    explain,
    timeout: seconds('Seconds that it may take, 1 to 3600', 30),
    ...places,
  },
  understand: (given) => ({
    ...commonOptions(given),
    profile: given.text('profile'),
    fix: given.flag('fix'),
    offline: given.flag('offline'),
    json: given.flag('json'),
  }),
  run: async (options, world) => {
    const { runDoctor } = await import('../commands/doctor.ts');
    const flags = Object.keys(credentials.flags);
    return await runDoctor(options, { version: versionText(), flags }, world);
  },
});
