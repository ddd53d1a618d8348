import { checkShape, findKey } from '../config/find-key.ts';
import { fromFlag, isRegion } from '../config/resolve-session.ts';
import type { OpenCall } from './open-call.ts';
import type { Questions } from './questions.ts';

const wanted = 'a region such as eu-west-1';

/** What is known of a profile's region. */
interface RegionRequest {
  /** The profile's. */
  readonly name: string;
  /** `--region` */
  readonly flag: string | undefined;
  readonly offered: string;
  /** Where nobody is asked anything; undefined for none. */
  readonly otherwise: string | undefined;
}

/** @throws InvalidUsage */
export function checkRegionFlag(region: string | undefined): void {
  if (region !== undefined) {
    checkShape(fromFlag('--region', region), isRegion(region), wanted, undefined);
  }
}

/** The region that SDKs are to use; undefined to leave what the profile says. */
export async function chooseRegion(
  { name, flag, offered, otherwise }: RegionRequest,
  { sources: { config } }: OpenCall,
  questions: Questions,
): Promise<string | undefined> {
  if (flag !== undefined) return flag;
  const profile = config.profile(name);
  if (profile !== undefined && findKey(profile, ['region']) !== undefined) return undefined;
  if (!questions.wasAsked()) return otherwise;
  const dialog = await questions.instead('--region');
  return await dialog.text({
    message: 'Region for the SDKs to work in',
    offered,
    check: (answer) => (isRegion(answer) ? undefined : `Not ${wanted}`),
  });
}
