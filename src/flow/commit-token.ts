import { isSuperseded, type ReservedFile } from '../store/write-file.ts';
import type { SessionKind } from './session-kind.ts';

/** When a token may take its place. */
interface Wanted {
  /** Whether what is stored is still what this token is to replace. */
  readonly isOurs: () => Promise<boolean>;
  /** Asked last; see ReservedFile. */
  readonly isWanted: () => boolean;
}

/**
 * Stores a token in the space that was reserved for it, or in new space where that went with what
 * others had left. Gives the file's stamp (fileStamp); undefined when the token is not wanted.
 * @throws StorageFailed
 */
export async function commitToken(
  session: SessionKind,
  reserved: ReservedFile,
  text: string,
  { isOurs, isWanted }: Wanted,
): Promise<string | undefined> {
  let place = reserved;
  try {
    for (;;) {
      if (!(await isOurs())) return undefined;
      try {
        return place.commit(text, isWanted);
      } catch (error) {
        if (!isSuperseded(error)) throw error;
      }
      place = session.reserve();
    }
  } finally {
    place.discard();
  }
}
