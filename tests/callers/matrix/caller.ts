import type { SdkId } from '../../../src/model/sdks.ts';
import type { SentencePlace } from './showed.ts';
import type { Toolchain } from './toolchains.ts';

/** A program as users have it, which finds its credentials through `credential_process`. */
export interface Caller {
  /** Names it in our data; never changed. */
  readonly id: string;
  /** As a person calls it. */
  readonly name: string;
  readonly toolchain: Toolchain;
  /** How the program is started; it follows tests/callers/README.md. */
  readonly command: readonly string[];
  /** The AWS CLI, which is a process per call and follows nothing but itself. */
  readonly isCli?: true;
  /** By which SDK `doctor` knows it, where what is known of that is tried with this caller. */
  readonly knownAs?: SdkId;
  /** The version that runs, without a blank. Called when the toolchain is there. */
  readonly version: () => string;
  /** Where a failure of ours is told. */
  readonly sentence: SentencePlace;
}
