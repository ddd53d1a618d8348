import { SsoCredError } from '../model/errors.ts';
import type { Dialog } from '../system/dialog.ts';
import type { World } from '../world.ts';

/** Asks the person for what the command line leaves open. */
export interface Questions {
  /** The terminal, to ask for what a flag would have said. @throws InvalidUsage naming the flag */
  instead(flag: string): Promise<Dialog>;
  /** The terminal, for what may be left open too. */
  ifAny(): Promise<Dialog | undefined>;
  /** Whether the person has been asked anything. */
  wasAsked(): boolean;
}

/** Questions at the person's terminal, which is opened when there is one to ask. */
export function questionsTo(world: Pick<World, 'openDialog'>): Questions {
  let dialog: Promise<Dialog | undefined> | undefined;
  let wasAsked = false;
  const ifAny = () => {
    dialog ??= world.openDialog();
    return dialog;
  };
  return {
    ifAny,
    wasAsked: () => wasAsked,
    async instead(flag) {
      const terminal = await ifAny();
      wasAsked = true;
      if (terminal !== undefined) return terminal;
      throw new SsoCredError('InvalidUsage', `${flag} is required: there is no terminal to ask at`);
    },
  };
}
