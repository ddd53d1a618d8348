/** Where a setting's value came from. Lines count from 1. */
export type Origin =
  | { readonly kind: 'file'; readonly path: string; readonly line: number; readonly key: string }
  | { readonly kind: 'flag'; readonly flag: string }
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'default' };

/** A value and where it came from. */
export interface Setting<T> {
  readonly value: T;
  readonly origin: Origin;
}

/** The origin as a person reads it: `~/.aws/config:12`, `--start-url`, `AWS_REGION`. */
export function describeOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'file':
      return `${origin.path}:${origin.line}`;
    case 'flag':
      return origin.flag;
    case 'environment':
      return origin.variable;
    case 'default':
      return 'default';
  }
}
