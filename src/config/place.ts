import { describeOrigin, type Origin } from '../model/origin.ts';
import { displayPath } from './display-path.ts';

/** Where a setting stands, as a message names it: `~/.aws/config:12`, `--start-url`, `AWS_REGION`. */
export function place(origin: Origin, home: string | undefined): string {
  if (origin.kind !== 'file') return describeOrigin(origin);
  return describeOrigin({ ...origin, path: displayPath(origin.path, home) });
}
