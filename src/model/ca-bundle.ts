/** A file of CA certificates (PEM) to trust besides the usual ones. */
export interface CaBundle {
  readonly path: string;
  /** The setting that names it, as a message says it: `AWS_CA_BUNDLE`, `ca_bundle at ~/.aws/config:3`. */
  readonly setting: string;
}
