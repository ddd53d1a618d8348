import type { WorkerOptions } from '../commands/worker.ts';
import { SsoCredError } from '../model/errors.ts';
import { commonOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import { explain, places, seconds, sessionFlags, text } from './flags.ts';

/** `sso-cred worker`, which sso-cred starts by itself */
export const worker = defineCommand<WorkerOptions>({
  name: 'worker',
  description: 'Refresh or sign in to a session in the background; started by sso-cred itself',
  isInternal: true,
  usage: `$0 worker --task refresh|sign-in --id ID [--profile NAME | --session NAME]

Goes on with a piece of work that a call has begun and cannot wait for. Nobody needs to type this.`,
  flags: {
    ...sessionFlags,
    task: text('What is to be done: refresh or sign-in'),
    id: text('The piece of work, as its record names it'),
    explain,
    timeout: seconds('Seconds that it may take, 1 to 3600', 3600),
    ...places,
  },
  understand: (given) => {
    const common = commonOptions(given);
    const task = given.oneOf('task', ['refresh', 'sign-in']);
    const id = given.text('id');
    if (task === undefined || id === undefined) {
      throw new SsoCredError('InvalidUsage', '--task and --id are required');
    }
    return { ...common, task, id };
  },
  run: async (options, world) => {
    const { runWorker } = await import('../commands/worker.ts');
    await runWorker(options, world);
    return 0;
  },
});
