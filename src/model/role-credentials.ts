/** What AWS issues for a role. */
export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Epoch milliseconds, as AWS gave it. */
  readonly expiration: number;
  /** Twelve digits. */
  readonly accountId: string;
}

/**
 * The line that a `credential_process` prints, without its newline. Field names and their order are
 * the contract: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export function toProcessOutput(credentials: RoleCredentials): string {
  return JSON.stringify({
    Version: 1,
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    SessionToken: credentials.sessionToken,
    Expiration: formatTimestamp(credentials.expiration),
    AccountId: credentials.accountId,
  });
}

/**
 * `YYYY-MM-DDTHH:MM:SSZ`, floored: a fraction or an offset breaks some SDK each.
 * @param epochMs epoch milliseconds
 */
export function formatTimestamp(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

/** What `toProcessOutput` put into a line. */
export interface ProcessOutput {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  /** `YYYY-MM-DDTHH:MM:SSZ` */
  readonly Expiration: string;
  readonly AccountId: string;
}

/** Reads such a line. @throws SyntaxError for what is no JSON */
export function fromProcessOutput(line: string): ProcessOutput {
  return JSON.parse(line);
}
