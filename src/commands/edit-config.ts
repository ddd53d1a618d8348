import type { EditedConfig } from '../config/apply-changes.ts';
import { editAwsConfig, type SectionEdit } from '../config/edit-aws-config.ts';
import { loadConfig, type SharedConfig } from '../config/load-config.ts';
import type { Sources } from '../config/resolve-session.ts';
import { SsoCredError } from '../model/errors.ts';
import { editUserFile } from '../store/edit-user-file.ts';
import type { World } from '../world.ts';
import type { OpenCall } from './open-call.ts';

/** What is to be made of the config file, by what both files say at that moment. */
export type ConfigPlan = (config: SharedConfig) => readonly SectionEdit[];

/** How a plan is carried out. */
interface EditOptions {
  /** By the monotonic clock; milliseconds. */
  readonly deadline: number;
  /** Where the file is kept as it was; undefined for nowhere. */
  readonly backup?: string;
}

/** The config file before and after. */
export interface ConfigChange extends EditedConfig {
  readonly before: string;
}

/** The config file's path. @throws InvalidUsage where it has none */
export function configPath({ locations: { configFile } }: OpenCall): string {
  if (configFile !== undefined) return configFile;
  throw new SsoCredError('InvalidUsage', '--config-file is required: there is no home directory');
}

/** Carries out a plan. @throws InvalidConfig, InvalidUsage, StorageFailed, LockBusy; what the plan throws */
export async function editConfig(
  opened: OpenCall,
  plan: ConfigPlan,
  { deadline, backup }: EditOptions,
  world: World,
): Promise<ConfigChange> {
  let change: ConfigChange | undefined;
  const request = {
    path: configPath(opened),
    shownPath: opened.sources.configFile,
    deadline,
    ...(backup === undefined ? {} : { backup }),
    edit: (text: string) => {
      change = changeOf(text, opened, plan);
      return change.text;
    },
  };
  await editUserFile(opened.store, request, world);
  return change ?? { before: '', text: '', changes: [] };
}

/** What a plan would change. @throws as editConfig, but for what writing may throw */
export function previewChange(opened: OpenCall, plan: ConfigPlan): ConfigChange {
  let change: ConfigChange = { before: '', text: '', changes: [] };
  loadConfig(opened.locations, (text) => {
    change = changeOf(text, opened, plan);
    return text;
  });
  return change;
}

/** What a call would go by if the plan were carried out. @throws as editConfig, but for what writing may throw */
export function previewSources(opened: OpenCall, plan: ConfigPlan): Sources {
  const config = loadConfig(opened.locations, (text) => changeOf(text, opened, plan).text);
  return { ...opened.sources, config };
}

function changeOf(before: string, { locations }: OpenCall, plan: ConfigPlan): ConfigChange {
  const config = loadConfig(locations, () => before);
  return { before, ...editAwsConfig(before, plan(config)) };
}
