import type { ConfigureImportOptions } from '../commands/configure-import.ts';
import { SsoCredError } from '../model/errors.ts';
import { basicOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import { explain, flag, places, seconds, text, texts } from './flags.ts';

/** `sso-cred configure import` */
export const configureImport = defineCommand<ConfigureImportOptions>({
  name: 'configure import',
  description: "Turn profiles in AWS's own words, and other tools', into ours",
  usage: `$0 configure import [--profile NAME]… [--all] [--session NAME] [--dry-run]

Turns profiles of IAM Identity Center into ours, in place: those in AWS's own keys, and those of
granted, aws-vault, aws-sso-util and aws-sso. Shows the change as a diff, and keeps the file as it
was beside itself, as config.sso-cred-backup.

  $0 configure import --all --dry-run
  $0 configure import --profile dev --profile prod`,
  flags: {
    profile: texts('A profile to turn into ours'),
    all: flag('All that can be'),
    session: text('The session of profiles that tell none (of aws-sso): [sso-session NAME]'),
    'dry-run': flag('Show the change, and change nothing'),
    explain,
    timeout: seconds('Seconds that you may take, 1 to 3600', 1800),
    ...places,
  },
  understand: (given) => {
    const profiles = given.texts('profile');
    const all = given.flag('all');
    if (all && profiles.length > 0) {
      throw new SsoCredError('InvalidUsage', '--profile and --all exclude each other');
    }
    const session = given.text('session');
    return { ...basicOptions(given), profiles, all, session, dryRun: given.flag('dry-run') };
  },
  run: async (options, world) => {
    const { runConfigureImport } = await import('../commands/configure-import.ts');
    await runConfigureImport(options, world);
    return 0;
  },
});
