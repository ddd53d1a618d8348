import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parseJsonObject, textAt } from '../model/json.ts';
import { sha1 } from './digest.ts';
import { readPrivateFile } from './private-file.ts';

/** A role as the AWS CLI names its cached credentials by. */
export interface CliRole {
  readonly session: { readonly name?: string; readonly startUrl: string };
  readonly accountId: string;
  readonly roleName: string;
}

/**
 * Removes the role credentials that the AWS CLI cached for a role (~/.aws/cli/cache), which we never
 * write; gives whether there were any. The name is the SHA-1 of the request as compact JSON with
 * sorted keys (botocore, SSOCredentialFetcher).
 */
export function removeCliRole(
  cliCacheDirectory: string,
  { session, accountId, roleName }: CliRole,
  user: number | undefined,
): boolean {
  const { name, startUrl } = session;
  const request =
    name === undefined
      ? { accountId, roleName, startUrl }
      : { accountId, roleName, sessionName: name };
  const file = join(cliCacheDirectory, `${sha1(JSON.stringify(request))}.json`);
  const found = readPrivateFile(file, user);
  if (found.kind !== 'read') return false;
  const content = parseJsonObject(found.text);
  if (content === undefined || textAt(content, 'ProviderType') !== 'sso') return false;
  try {
    unlinkSync(file);
    return true;
  } catch {
    return false;
  }
}
