import type { CompletionOptions } from '../commands/completion.ts';
import { completionShells } from '../model/completion-scripts.ts';
import { SsoCredError } from '../model/errors.ts';
import { commonOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import { explain, places, seconds } from './flags.ts';

/** `sso-cred completion` */
export const completion = defineCommand<CompletionOptions>({
  name: 'completion',
  description: 'Print what a shell needs to complete these commands',
  usage: `$0 completion [${completionShells.join('|')}]

Prints a script that lets your shell complete commands, options, and the names of profiles and
sessions. Without a shell's name, that of SHELL counts. For every new shell, put into

  ~/.bashrc                              source <($0 completion bash)
  ~/.zshrc, behind compinit              source <($0 completion zsh)
  ~/.config/fish/completions/$0.fish     $0 completion fish | source`,
  flags: {
    explain,
    timeout: seconds('Seconds that it may take, 1 to 3600', 30),
    ...places,
  },
  operands: ['shell'],
  operandValues: completionShells,
  understand: (given) => {
    const [named] = given.operands;
    const shell = completionShells.find((each) => each === named);
    if (named !== undefined && shell === undefined) {
      throw new SsoCredError(
        'InvalidUsage',
        `completion knows ${completionShells.join(', ')}, and no other shell`,
      );
    }
    return { ...commonOptions(given), shell };
  },
  run: async (options, world) => {
    const { runCompletion } = await import('../commands/completion.ts');
    runCompletion(options, world);
    return 0;
  },
});
