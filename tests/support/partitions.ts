import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** One of AWS's partitions. */
export interface Partition {
  readonly id: string;
  readonly regions: readonly string[];
}

const file =
  'node_modules/@aws-sdk/core/dist-es/submodules/client/util-endpoints/lib/aws/partitions.js';

/** The partition data of the JavaScript SDK, from where it keeps it to itself. */
export async function partitions(): Promise<readonly Partition[]> {
  const { partitionsInfo } = (await import(pathToFileURL(resolve(file)).href)) as {
    readonly partitionsInfo: {
      readonly partitions: readonly {
        readonly id: string;
        readonly regions: Readonly<Record<string, unknown>>;
      }[];
    };
  };
  return partitionsInfo.partitions.map(({ id, regions }) => ({
    id,
    regions: Object.keys(regions).filter((region) => !region.endsWith('-global')),
  }));
}
