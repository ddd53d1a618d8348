import { SsoCredError } from '../model/errors.ts';
import { type CommonOptions, commonOptions } from './common-options.ts';
import { configureImport } from './configure-import.ts';
import { configureOidc } from './configure-oidc.ts';
import { configurePopulate } from './configure-populate.ts';
import { configureSso } from './configure-sso.ts';
import { defineCommand } from './define-command.ts';
import { explain, places, seconds } from './flags.ts';
import type { Given } from './given.ts';

const commands = [configureSso, configureOidc, configurePopulate, configureImport];

interface ConfigureOptions extends CommonOptions {
  readonly given: Given;
}

/** `sso-cred configure`: asks which of them is meant. */
export const configure = defineCommand<ConfigureOptions>({
  name: 'configure',
  description: 'Write profiles; asks for what it needs',
  usage: `$0 configure [sso | oidc | populate | import]

Writes profiles into ~/.aws/config. Asks which way, if no word says it:

${commands.map(({ name, description }) => `  $0 ${name.padEnd(18)}  ${description}`).join('\n')}`,
  flags: {
    explain,
    timeout: seconds('Seconds that you may take, 1 to 3600', 1800),
    ...places,
  },
  understand: (given) => ({ ...commonOptions(given), given }),
  run: async ({ given }, world, endGuard) => {
    const dialog = await world.openDialog();
    if (dialog === undefined) {
      const names = commands.map(({ name }) => name.split(' ')[1]).join(', ');
      throw new SsoCredError('InvalidUsage', `configure needs one of ${names} after it`, {
        remedy: 'sso-cred configure --help',
      });
    }
    const choices = commands.map((each) => ({ value: each, name: each.description }));
    const command = await dialog.choose('What is to be done?', choices);
    return await command.understand(given).run(world, endGuard);
  },
});
