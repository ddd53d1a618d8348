import {
  type CompletionShell,
  completionScript,
  completionShells,
} from '../model/completion-scripts.ts';
import { SsoCredError } from '../model/errors.ts';
import type { World } from '../world.ts';

/** What `sso-cred completion` may say. */
export interface CompletionOptions {
  /** Undefined for that of SHELL. */
  readonly shell: CompletionShell | undefined;
}

/** Prints the script for a shell. @throws InvalidUsage where none is named */
export function runCompletion({ shell }: CompletionOptions, world: World): void {
  const ofEnvironment = world.env['SHELL']?.split('/').at(-1);
  const chosen = shell ?? completionShells.find((each) => each === ofEnvironment);
  if (chosen === undefined) {
    throw new SsoCredError('InvalidUsage', 'SHELL names no shell that can be completed', {
      remedy: `sso-cred completion ${completionShells.join('|')}`,
    });
  }
  world.print(1, completionScript(chosen));
}
