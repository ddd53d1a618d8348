import type { RoleCredentials } from '../model/role-credentials.ts';
import type { RoleRecord } from '../model/role-record.ts';

/** Credentials that AWS issued, or its refusal of the token that was shown. */
export type RoleReply =
  | {
      readonly kind: 'issued';
      readonly credentials: RoleCredentials;
      /** The server's clock less ours; milliseconds. */
      readonly skewMs: number;
      /** Epoch milliseconds by our clock. */
      readonly receivedAt: number;
      /** The duration that the role allows where it is less than the one asked for; seconds. */
      readonly cappedDurationS?: number;
    }
  | { readonly kind: 'token-rejected' };

/** What differs between the kinds of role: how its credentials are asked for. */
export interface RoleKind {
  /** All that must not be mixed up, as text; its hash names the record. */
  readonly identity: string;
  /** As a message names it: `the role Developer in account 111122223333`. */
  readonly description: string;
  readonly roleName: string;
  /**
   * Asks AWS, with a token of the session.
   * @param previous the record there was, of whichever sign-in
   * @param deadline by the monotonic clock; milliseconds
   * @throws RoleRefused, Throttled, ServiceFailed, NetworkFailed
   */
  ask(bearer: string, previous: RoleRecord | undefined, deadline: number): Promise<RoleReply>;
}
