import type { Severity } from './finding.ts';
import type { SdkId } from './sdks.ts';

/**
 * What an SDK makes of a profile. runs: runs the `credential_process`. bypasses: never runs it, and
 * takes other credentials. second-choice: runs it when the other source fails. assumes: runs it, and
 * assumes a role with what it gave. fails: has no credentials. unknown: not found out.
 */
export type ClashEffect = 'runs' | 'bypasses' | 'second-choice' | 'assumes' | 'fails' | 'unknown';

/** Some SDKs that do the same. */
export interface ClashGroup {
  readonly effect: ClashEffect;
  /** What happens there; stands after their names. */
  readonly how: string;
  readonly sdks: readonly SdkId[];
}

/** What may stand beside a `credential_process`, and who does what then. */
export interface ClashBehaviour {
  /** The keys, as a person reads them. */
  readonly beside: string;
  readonly severity: Severity;
  /** What to do about it; `NAME` is the profile. */
  readonly advice: string;
  /** What to type, if a command does it. */
  readonly command?: string;
  /** Each SDK is in one of them. */
  readonly groups: readonly ClashGroup[];
}

const runs = (...sdks: readonly SdkId[]): ClashGroup => ({
  effect: 'runs',
  how: 'sso-cred is run',
  sdks,
});

const unknown = (...sdks: readonly SdkId[]): ClashGroup => ({
  effect: 'unknown',
  how: 'not looked at',
  sdks,
});

const bypasses = (what: string, ...sdks: readonly SdkId[]): ClashGroup => ({
  effect: 'bypasses',
  how: `${what} used, and sso-cred never run`,
  sdks,
});

const secondChoice = (what: string, ...sdks: readonly SdkId[]): ClashGroup => ({
  effect: 'second-choice',
  how: `${what} tried first, and sso-cred when that fails`,
  sdks,
});

const fails = (why: string, ...sdks: readonly SdkId[]): ClashGroup => ({
  effect: 'fails',
  how: `no credentials: ${why}`,
  sdks,
});

/** For keys of Identity Center. */
const ownWords = {
  advice: 'Write them in the words that sso-cred alone reads (sso_cred_session and the like)',
};
const imported = { ...ownWords, command: 'sso-cred configure import --profile NAME' };

const sso = 'the keys of Identity Center are';
const incomplete = 'keys of Identity Center are missing';
const noType = 'a profile like this is of no type that is known there';
const oneType = 'a profile may have one source of them';

/**
 * What each SDK does with a profile that has a `credential_process` and something else. By the source
 * of each (sdks.ts), and in part by running it; boto3 and JavaScript v3 are run by
 * tests/callers/clashes.test.ts, others by tests/callers/matrix/try-known-facts.ts.
 */
export const clashBehaviours = {
  'full-sso': {
    beside: '`sso_session` or `sso_start_url`, with `sso_account_id` and `sso_role_name`',
    severity: 'warning',
    ...imported,
    groups: [
      bypasses(sso, 'boto', 'go2', 'go1', 'java', 'rust', 'kotlin', 'net', 'ruby'),
      secondChoice(sso, 'js2', 'php', 'swift'),
      runs('js3', 'cpp', 'crt'),
    ],
  },
  'sso-role-only': {
    beside: '`sso_account_id` or `sso_role_name`, and not all that goes with it',
    severity: 'error',
    ...ownWords,
    groups: [
      fails(incomplete, 'boto', 'go2', 'go1', 'java', 'rust', 'kotlin', 'net', 'ruby'),
      secondChoice(sso, 'js2', 'php'),
      runs('js3', 'swift', 'cpp', 'crt'),
    ],
  },
  'sso-session-only': {
    beside: '`sso_session` without account and role',
    severity: 'error',
    ...ownWords,
    groups: [
      fails(incomplete, 'go2', 'go1', 'java', 'rust', 'kotlin', 'net'),
      secondChoice(sso, 'js2', 'php'),
      runs('boto', 'js3', 'ruby', 'swift', 'cpp', 'crt'),
    ],
  },
  'sso-url-only': {
    beside: '`sso_start_url` or `sso_region` without account and role',
    severity: 'error',
    ...ownWords,
    groups: [
      fails(incomplete, 'go2', 'go1', 'java', 'rust', 'net'),
      secondChoice(sso, 'js2', 'php'),
      runs('boto', 'js3', 'kotlin', 'ruby', 'swift', 'cpp', 'crt'),
    ],
  },
  'sso-scopes-only': {
    beside: '`sso_registration_scopes` and nothing else of Identity Center',
    severity: 'warning',
    advice: 'Move it to the [sso-session] that it is about',
    groups: [
      fails(incomplete, 'net'),
      runs(
        'boto',
        'js3',
        'js2',
        'go2',
        'go1',
        'java',
        'rust',
        'kotlin',
        'php',
        'ruby',
        'swift',
        'cpp',
        'crt',
      ),
    ],
  },
  'sso-session-and-url': {
    beside:
      '`sso_session` and `sso_start_url` or `sso_region`, with `sso_account_id` and `sso_role_name`',
    severity: 'warning',
    ...imported,
    groups: [
      fails('start URL and region belong into the session alone', 'rust'),
      bypasses(sso, 'boto', 'go2', 'go1', 'java', 'kotlin', 'net', 'ruby'),
      secondChoice(sso, 'js2', 'php', 'swift'),
      runs('js3', 'cpp', 'crt'),
    ],
  },
  'role-arn': {
    beside: '`role_arn` alone',
    severity: 'error',
    advice: 'Move role_arn to a profile of its own, with source_profile = NAME',
    groups: [
      fails(
        'it is not said whose credentials assume the role',
        'boto',
        'rust',
        'kotlin',
        'ruby',
        'crt',
      ),
      fails(noType, 'net'),
      {
        effect: 'assumes',
        how: 'sso-cred is run, and the role assumed with what it gives',
        sdks: ['go2', 'go1'],
      },
      runs('js3', 'js2', 'java', 'swift', 'cpp'),
      unknown('php'),
    ],
  },
  'source-profile': {
    beside: '`role_arn` with `source_profile` or `credential_source`',
    severity: 'error',
    advice:
      'Move role_arn and what goes with it to a profile of its own; its source_profile may be NAME',
    groups: [
      fails(oneType, 'go2', 'go1'),
      fails(noType, 'net'),
      bypasses('the role is', 'boto', 'js3', 'java', 'rust', 'kotlin', 'php', 'ruby', 'crt'),
      secondChoice('the role is', 'js2', 'swift'),
      runs('cpp'),
    ],
  },
  'web-identity': {
    beside: '`role_arn` with `web_identity_token_file`',
    severity: 'error',
    advice: 'Move role_arn and web_identity_token_file to a profile of their own',
    groups: [
      fails(oneType, 'go2', 'go1'),
      fails(noType, 'net'),
      bypasses(
        'the web identity is',
        'boto',
        'js3',
        'java',
        'rust',
        'kotlin',
        'php',
        'ruby',
        'crt',
      ),
      secondChoice('the web identity is', 'swift'),
      runs('js2', 'cpp'),
    ],
  },
  'static-keys-in-config': {
    beside: '`aws_access_key_id` in the config file',
    severity: 'error',
    advice: 'Remove the static keys, or move them to a profile of their own',
    groups: [
      bypasses('the static keys are', 'js3', 'js2', 'go2', 'go1', 'kotlin', 'ruby', 'swift', 'crt'),
      fails(noType, 'net'),
      runs('boto', 'java', 'rust', 'php'),
      unknown('cpp'),
    ],
  },
  'static-keys-in-credentials': {
    beside: '`aws_access_key_id` in the credentials file',
    severity: 'error',
    advice: 'Remove the static keys, or move them to a profile of their own',
    groups: [
      bypasses(
        'the static keys are',
        'boto',
        'js3',
        'js2',
        'go2',
        'go1',
        'kotlin',
        'php',
        'ruby',
        'swift',
        'cpp',
        'crt',
      ),
      fails(noType, 'net'),
      runs('java', 'rust'),
    ],
  },
  'login-session': {
    beside: '`login_session`, the key of `aws login`',
    severity: 'error',
    advice: 'Move login_session to a profile of its own',
    groups: [
      bypasses('the session of aws login is', 'boto', 'go2', 'java', 'rust', 'net'),
      runs('js3', 'js2', 'go1', 'ruby', 'crt'),
      unknown('kotlin', 'php', 'swift', 'cpp'),
    ],
  },
  endpoint: {
    beside: '`endpoint_url` or `services`',
    severity: 'note',
    advice:
      'Where a program in .NET uses the profile, set the endpoint by a variable (AWS_ENDPOINT_URL_SSO and the like)',
    groups: [
      fails(noType, 'net'),
      runs(
        'boto',
        'js3',
        'js2',
        'go2',
        'go1',
        'java',
        'rust',
        'kotlin',
        'php',
        'ruby',
        'swift',
        'cpp',
        'crt',
      ),
    ],
  },
} as const satisfies Readonly<Record<string, ClashBehaviour>>;

/** What stands beside a `credential_process`. */
export type ClashId = keyof typeof clashBehaviours;

/** The groups of one clash whose credentials are others than those meant, or none. */
export function affectedGroups(clash: ClashId): readonly ClashGroup[] {
  const { groups }: ClashBehaviour = clashBehaviours[clash];
  return groups.filter(({ effect }) => effect !== 'runs' && effect !== 'unknown');
}

/** What an SDK does in a clash. */
export function clashEffect(clash: ClashId, sdk: SdkId): ClashEffect {
  const { groups }: ClashBehaviour = clashBehaviours[clash];
  return groups.find(({ sdks }) => sdks.includes(sdk))?.effect ?? 'unknown';
}
