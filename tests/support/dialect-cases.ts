import type { DialectTrapId } from '../../src/model/dialect-behaviour.ts';

/** A config whose profile is lost to whoever reads the trap otherwise than we do. */
interface DialectCase {
  readonly config: string;
  readonly credentials?: string;
  /** `dev` unless said. */
  readonly profile?: string;
  /** Where the trap is; in the credentials file if there is one. */
  readonly line: number;
}

const command = 'credential_process = sso-cred --profile dev';
const dev = `[profile dev]\n${command}\n`;

/** A config for each trap, as people write them. */
export const dialectCases: Readonly<Record<DialectTrapId, DialectCase>> = {
  'byte-order-mark': { config: `\uFEFF${dev}`, line: 1 },
  'malformed-line': { config: `${dev}region: eu-west-1\nnonsense\n`, line: 3 },
  'indented-first-key': { config: `[profile dev]\n  ${command}\n`, line: 2 },
  'indented-in-unknown-section': {
    config: `${dev}\n[oidc-session acme]\nissuer = https://x/\n  client_id = abc\n`,
    line: 6,
  },
  'duplicate-section': { config: `${dev}[profile dev]\nregion = eu-west-1\n`, line: 3 },
  'duplicate-key': { config: `${dev}${command}\n`, line: 3 },
  'default-for-all': { config: `[DEFAULT]\nrole_arn = arn:x\n${dev}`, line: 1 },
  'lookalike-section': { config: `${dev}[profiles dev]\nregion = eu-west-1\n`, line: 3 },
  'two-defaults': {
    config: `[profile default]\n${command}\n[default]\ncredential_process = false\n`,
    profile: 'default',
    line: 1,
  },
  'profile-without-prefix': { config: `[dev]\n${command}\n`, line: 1 },
  'profile-with-prefix': { config: '', credentials: dev, line: 1 },
  'quoted-name': { config: `[profile "dev"]\n${command}\n`, line: 1 },
  'odd-name': { config: `[profile dév]\n${command}\n`, profile: 'dév', line: 1 },
  'blanks-in-brackets': { config: `[ profile dev ]\n${command}\n`, line: 1 },
  'comment-behind-value': { config: `[profile dev]\n${command} # mine\n`, line: 2 },
  'key-not-lower-case': {
    config: `[profile dev]\n${command.replace('credential_p', 'Credential_P')}\n`,
    line: 2,
  },
  'continued-value': {
    config: '[profile dev]\ncredential_process = sso-cred\n  --profile dev\n',
    line: 3,
  },
};
