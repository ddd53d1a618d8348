import { basename } from 'node:path';
import type { Build } from '../support/builds.ts';
import { type FaultWorld, inWorld, type Kind, type WorldOptions } from './fault-world.ts';
import { type StepOrder, startStepped } from './stepped-process.ts';

/** The steps of one call that refreshes, asks for a role and prints it, as they were seen. */
export interface RefreshSteps {
  readonly texts: readonly string[];
  /** The number, from 1, of the step that sends the refresh token. */
  readonly send: number;
  /** That of the step that puts the new token in the place of the old. */
  readonly rename: number;
}

/** Lets a call refresh, and sees its steps. */
export async function recordRefresh(
  build: Build,
  kind: Kind,
  order: Partial<StepOrder> = {},
): Promise<RefreshSteps> {
  let tokenFile = '';
  const prepare = async (world: FaultWorld) => {
    tokenFile = basename(world.tokenFile);
  };
  const texts = await recordSteps({ build, kind, token: 'expired' }, prepare, order);
  const path = kind === 'Identity Center' ? '/oidc/token' : '/token';
  const send = texts.findIndex((text) => text.includes(`POST ${path} `)) + 1;
  const rename =
    texts.findIndex((text) => text.startsWith('rename') && text.includes(tokenFile)) + 1;
  if (send === 0 || rename < send) throw new Error(`no refresh is seen in ${texts.join('; ')}`);
  return { texts, send, rename };
}

/** Lets a call run to its end, and gives its steps, with paths from ~/.aws. */
export async function recordSteps(
  options: WorldOptions,
  prepare: (world: FaultWorld) => Promise<void>,
  order: Partial<StepOrder> = {},
): Promise<readonly string[]> {
  let texts: readonly string[] = [];
  await inWorld(options, async (world) => {
    await prepare(world);
    const stepped = startStepped(world, { ...order, at: Infinity, fate: 'kill' });
    const { exitStatus, stderr } = await stepped.finished;
    if (exitStatus !== 0) throw new Error(`nothing to see: status ${exitStatus}, ${stderr}`);
    texts = stepped.steps.map((text) => text.replaceAll(`${world.home}/.aws/`, ''));
  });
  return texts;
}

/** What step n was when it was recorded, for a message. */
export function stepText(steps: RefreshSteps, n: number): string {
  return `step ${n} of ${steps.texts.length} (${steps.texts[n - 1]?.slice(0, 90) ?? 'the end'})`;
}
