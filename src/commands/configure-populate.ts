import type { SectionEdit } from '../config/edit-aws-config.ts';
import { checkShape } from '../config/find-key.ts';
import type { SharedConfig } from '../config/load-config.ts';
import type { LocationOptions } from '../config/locate.ts';
import { namedProfile } from '../config/named-profile.ts';
import { nearestName } from '../config/nearest-name.ts';
import { isForRole, isPopulatedBy, planPopulate, planPrune } from '../config/plan-populate.ts';
import { isPortableName } from '../config/portable-form.ts';
import { renderChanges } from '../config/render-changes.ts';
import { fromFlag, isRegion } from '../config/resolve-session.ts';
import { listRoles, type RolesListing } from '../flow/list-roles.ts';
import { byName, isWanted, isWantedAccount } from '../model/account.ts';
import { cleanText } from '../model/clean-text.ts';
import { SsoCredError } from '../model/errors.ts';
import {
  type NamedRole,
  type NameTemplate,
  nameFields,
  nameProfiles,
  parseTemplate,
  type RoleToName,
} from '../model/profile-names.ts';
import type { World } from '../world.ts';
import { editConfig, previewChange } from './edit-config.ts';
import { listingFailure } from './listing-failure.ts';
import { type OpenCall, openCall } from './open-call.ts';
import { openPortal } from './open-portal.ts';
import { profileLine } from './profile-line.ts';
import { progressBar } from './progress-line.ts';
import { editBudgetMs, warnOfCopiedCommands } from './write-profile.ts';

/** What `sso-cred configure populate` may say. */
export interface ConfigurePopulateOptions extends LocationOptions {
  readonly session: string | undefined;
  readonly nameTemplate: string;
  /** Patterns of names, ids or e-mail addresses; none for all. */
  readonly accounts: readonly string[];
  /** Patterns of role names; none for all. */
  readonly roles: readonly string[];
  /** A profile for each; none for one profile, in the region of Identity Center. */
  readonly regions: readonly string[];
  readonly output: string | undefined;
  /** Take away profiles of roles that are gone. */
  readonly prune: boolean;
  /** Show what would change, and change nothing. */
  readonly dryRun: boolean;
  /** How long it may take; seconds. */
  readonly timeoutS: number;
}

/**
 * Writes a profile for every role that the person has by a session, or those that are wanted.
 * @throws SsoCredError; ServiceFailed for accounts that AWS does not tell of, after all else is written
 */
export async function runConfigurePopulate(
  options: ConfigurePopulateOptions,
  world: World,
): Promise<void> {
  const template = checkedTemplate(options);
  for (const region of options.regions) {
    checkShape(
      fromFlag('--region', region),
      isRegion(region),
      'a region such as eu-west-1',
      undefined,
    );
  }
  const opened = openCall(options, world);
  const { session, place, reader } = openPortal(options, opened, world);
  if (session.name === undefined) {
    throw new SsoCredError('InvalidUsage', '--session is required: profiles name their session');
  }
  const progress = progressBar('Asking AWS for your roles', world);
  const request = {
    wants: (account: RoleToName['account']) => isWantedAccount(account, options.accounts),
    onProgress: progress.show,
  };
  const listing = await listRoles(reader, place, request, world).finally(progress.stop);
  const regions = options.regions.length === 0 ? [session.region] : options.regions;
  const roles = rolesToName(listing, options, regions);
  const what = { session: session.name, roles, template, listing };

  let report: Report | undefined;
  const plan = (config: SharedConfig) => {
    report = planProfiles(config, what, options, world);
    return report.edits;
  };
  const { before, changes } = options.dryRun
    ? previewChange(opened, plan)
    : await editConfig(opened, plan, { deadline: world.clock.monotonicMs() + editBudgetMs }, world);
  if (options.dryRun) world.print(1, renderChanges(before, changes, opened.sources.configFile));
  if (report !== undefined) tell(report, session.name, opened, options, world);
  const { warning } = profileLine(session.name, options, world);
  if (warning !== undefined) world.print(2, `Warning: ${warning}.\n`);
  warnOfCopiedCommands(opened, world);
  const failure = listingFailure(listing);
  if (failure !== undefined) throw failure;
}

function checkedTemplate({ nameTemplate, regions }: ConfigurePopulateOptions): NameTemplate {
  const refuse = (what: string) =>
    new SsoCredError('InvalidUsage', `--name-template ${what}`, {
      remedy: 'sso-cred configure populate --help',
    });
  const template = parseTemplate(nameTemplate);
  if ('unknown' in template) {
    const nearest = nearestName(template.unknown, nameFields);
    const hint = nearest === undefined ? '' : ` (did you mean {${nearest}}?)`;
    throw refuse(`has a field {${cleanText(template.unknown, 40)}} that there is not${hint}`);
  }
  const literal = template.filter((part) => typeof part === 'string').join('');
  if (!isPortableName(`x${literal}`)) {
    throw refuse('has a character that not every SDK takes: letters, digits and _.@+%:/- will do');
  }
  const fields = template.flatMap((part) => (typeof part === 'string' ? [] : [part.field]));
  if (!fields.includes('role_name')) throw refuse('must have {role_name}, or names would be alike');
  if (regions.length > 1 && !fields.includes('region')) {
    throw refuse('must have {region}, for more than one --region');
  }
  return template;
}

function rolesToName(
  { listed }: RolesListing,
  options: ConfigurePopulateOptions,
  regions: readonly string[],
): readonly RoleToName[] {
  return [...listed]
    .sort((a, b) => byName(a.account, b.account))
    .flatMap(({ account, roleNames }) =>
      [...new Set(roleNames)]
        .sort()
        .filter((roleName) => isWanted(roleName, options.roles))
        .flatMap((roleName) => regions.map((region) => ({ account, roleName, region }))),
    );
}

/** What is to be done, and what is to be told of it. */
interface Report {
  readonly edits: readonly SectionEdit[];
  readonly named: readonly NamedRole[];
  /** Roles that a profile made by hand gives already. */
  readonly covered: number;
  readonly added: number;
  readonly present: number;
  readonly pruned: number;
  readonly isPruneRefused: boolean;
}

function planProfiles(
  config: SharedConfig,
  what: {
    readonly session: string;
    readonly roles: readonly RoleToName[];
    readonly template: NameTemplate;
    readonly listing: RolesListing;
  },
  options: ConfigurePopulateOptions,
  world: World,
): Report {
  const { session, template, listing } = what;
  const foreign = new Map(
    config
      .names('profile')
      .filter((name) => !isPopulatedBy(config.profile(name), session))
      .map((name) => [name.toLowerCase(), name]),
  );
  const isTaken = (name: string) => foreign.has(name.toLowerCase());
  const all = nameProfiles(what.roles, template, session, () => false);
  // A role that somebody made a profile for by hand, of that name, needs no other.
  const isCovered = ({ name, taken, account, roleName }: NamedRole) => {
    const profile = config.profile(foreign.get((taken ?? name ?? '').toLowerCase()) ?? '');
    return (
      profile !== undefined &&
      namedProfile(profile, world.platform) === profile.name &&
      isForRole(profile, session, account, roleName)
    );
  };
  const roles = all.filter((role) => !isCovered(role));
  const named = nameProfiles(roles, template, session, isTaken);
  const request = {
    session,
    roles: named,
    isRegionGiven: options.regions.length > 0,
    output: options.output,
    commandLine: (name: string) => profileLine(name, options, world).text,
    platform: world.platform,
  };
  const edits = planPopulate(config, request);
  // A service that tells of nothing at all is rather out of order than right.
  const isPruneRefused = options.prune && listing.accountIds.size === 0;
  const prunes = options.prune && !isPruneRefused ? planPrune(config, request, listing) : [];
  const present = edits.filter(({ name }) => config.profile(name) !== undefined).length;
  return {
    edits: [...prunes, ...edits],
    named,
    covered: all.length - roles.length,
    added: edits.length - present,
    present,
    pruned: prunes.length,
    isPruneRefused,
  };
}

/** How many names are told one by one. */
const maxTold = 10;

function tell(
  { named, covered, added, present, pruned, isPruneRefused }: Report,
  session: string,
  { sources: { configFile } }: OpenCall,
  { dryRun }: ConfigurePopulateOptions,
  world: World,
): void {
  const say = (line: string) => world.print(2, `${line}\n`);
  const list = (what: string, lines: readonly string[]) => {
    if (lines.length === 0) return;
    say(`${what}:`);
    for (const line of lines.slice(0, maxTold)) say(`  ${line}`);
    if (lines.length > maxTold) say(`  and ${lines.length - maxTold} more`);
  };
  const describe = ({ account, roleName }: NamedRole) =>
    `${cleanText(roleName, 64)} in ${account.accountId} (${cleanText(account.accountName, 60)})`;
  list(
    'Named otherwise, for the name is taken or would be given twice',
    named.flatMap((role) =>
      role.name === undefined || role.taken === undefined
        ? []
        : [`${role.taken} is ${role.name}: ${describe(role)}`],
    ),
  );
  list(
    'Named without characters that some SDK does not take',
    named.flatMap((role) =>
      role.name === undefined || !role.isReplaced ? [] : [`${role.name}: ${describe(role)}`],
    ),
  );
  list(
    'Left out, for no name is free',
    named.flatMap((role) => (role.name === undefined ? [describe(role)] : [])),
  );
  if (isPruneRefused) say('AWS lists no account at all: nothing was taken away.');
  const parts = [
    `${added} new`,
    `${present} there already`,
    ...(covered === 0 ? [] : [`${covered} made by hand`]),
    ...(pruned === 0 ? [] : [`${pruned} taken away`]),
  ];
  const where = dryRun ? `${configFile}, where nothing was changed` : configFile;
  say(`Profiles of the session "${session}" in ${where}: ${parts.join(', ')}.`);
}
