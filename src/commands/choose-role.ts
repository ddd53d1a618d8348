import { checkShape } from '../config/find-key.ts';
import { nearestName } from '../config/nearest-name.ts';
import { fromFlag } from '../config/resolve-session.ts';
import type { PortalReader } from '../flow/read-portal.ts';
import { type Account, byName } from '../model/account.ts';
import { cleanText } from '../model/clean-text.ts';
import { isSsoCredError, SsoCredError } from '../model/errors.ts';
import type { World } from '../world.ts';
import type { Questions } from './questions.ts';

/** What the command line says of a role. */
export interface RoleFlags {
  readonly accountId: string | undefined;
  readonly roleName: string | undefined;
}

/** @throws InvalidUsage naming the flag */
export function checkRoleFlags({ accountId, roleName }: RoleFlags): void {
  if (accountId !== undefined) {
    const flag = fromFlag('--account-id', accountId);
    checkShape(flag, /^\d{12}$/.test(accountId), '12 digits', undefined);
  }
  if (roleName !== undefined) {
    const flag = fromFlag('--role-name', roleName);
    checkShape(flag, /^[\w+=,.@-]{1,64}$/.test(roleName), 'the name of a role', undefined);
  }
}

/** Which role is meant, of those that the person has; the only one is taken. @throws SsoCredError */
export async function chooseRole(
  flags: RoleFlags,
  reader: PortalReader,
  questions: Questions,
  world: World,
): Promise<{ readonly accountId: string; readonly roleName: string }> {
  const accountId = flags.accountId ?? (await chooseAccount(reader, questions, world));
  if (flags.roleName !== undefined) return { accountId, roleName: flags.roleName };
  const roleNames = [...(await reader.roleNames(accountId))].sort();
  const [only] = roleNames;
  if (only === undefined) throw nothingToChoose(`in account ${accountId} you have no role`);
  if (roleNames.length === 1) {
    world.print(2, `Your only role there: ${cleanText(only)}\n`);
    return { accountId, roleName: only };
  }
  const dialog = await questions.instead('--role-name');
  const choices = roleNames.map((name) => ({ value: name, name: cleanText(name) }));
  return { accountId, roleName: await dialog.choose('Role', choices) };
}

/** A refusal with the roles that the person does have, in its words. */
export async function withRolesThatThereAre(
  refusal: SsoCredError,
  { accountId, roleName }: { readonly accountId: string; readonly roleName: string },
  reader: PortalReader,
): Promise<SsoCredError> {
  let roleNames: readonly string[];
  try {
    roleNames = await reader.roleNames(accountId);
  } catch (error) {
    if (isSsoCredError(error)) return refusal;
    throw error;
  }
  const have = roleNames.length === 0 ? 'no role' : cleanText(roleNames.join(', '), 300);
  const nearest = nearestName(roleName, roleNames);
  const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
  const message = `${refusal.message.replace(/\.$/, '')}. There you have ${have}${hint}`;
  return new SsoCredError(refusal.code, message, { cause: refusal });
}

async function chooseAccount(
  reader: PortalReader,
  questions: Questions,
  world: World,
): Promise<string> {
  const accounts: Account[] = [];
  for await (const account of reader.accounts()) accounts.push(account);
  const [only] = accounts.sort(byName);
  if (only === undefined) throw nothingToChoose('you have no role in any account');
  if (accounts.length === 1) {
    world.print(2, `Your only account: ${describeAccount(only)}\n`);
    return only.accountId;
  }
  const dialog = await questions.instead('--account-id');
  const choices = accounts.map((account) => ({
    value: account.accountId,
    name: describeAccount(account),
  }));
  return await dialog.choose('Account', choices);
}

function describeAccount({ accountName, emailAddress, accountId }: Account): string {
  return `${cleanText(accountName, 60)}  ${accountId}  ${cleanText(emailAddress, 60)}`;
}

function nothingToChoose(what: string): SsoCredError {
  return new SsoCredError(
    'RoleRefused',
    `There is nothing to choose from: ${what}. Ask who administers Identity Center`,
  );
}
