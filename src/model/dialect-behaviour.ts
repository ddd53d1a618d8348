import type { SdkId } from './sdks.ts';

/** Some SDKs that read a line alike, and otherwise than others. */
export interface DialectGroup {
  /** What happens there; stands after their names. */
  readonly how: string;
  readonly sdks: readonly SdkId[];
}

/** Something in a config file that SDKs do not read alike. */
export interface DialectBehaviour {
  /** What it is, for the page on compatibility. */
  readonly title: string;
  /** After the section or key that a message names. */
  readonly what: string;
  readonly groups: readonly DialectGroup[];
  readonly advice: string;
  /** Whether somebody loses more than the line that is named. */
  readonly breaksFile: boolean;
}

const refuse = 'the whole file is refused';
const ignoreProfile = 'the profile is not seen';

/**
 * Who reads what otherwise than we do. By the source of each SDK and in part by running it; boto3
 * and JavaScript v3 are run by tests/callers/dialect-traps.test.ts, others by
 * tests/callers/matrix/try-known-facts.ts.
 */
export const dialectBehaviours = {
  'byte-order-mark': {
    title: 'A byte order mark (BOM) at the beginning',
    what: 'begins with a byte order mark (BOM)',
    groups: [
      { how: refuse, sdks: ['boto', 'go1', 'java', 'rust', 'crt'] },
      { how: 'its first section is not found', sdks: ['go2', 'ruby'] },
    ],
    advice: 'Save the file as UTF-8 without BOM',
    breaksFile: true,
  },
  'malformed-line': {
    title: 'A line that is neither a section nor `key = value`',
    what: 'is malformed',
    groups: [{ how: refuse, sdks: ['boto', 'java', 'rust', 'kotlin', 'net', 'crt'] }],
    advice: 'Write it as "key = value" below a [section], or as a comment: "# …"',
    breaksFile: true,
  },
  'indented-first-key': {
    title: 'Keys that are indented from the first one on',
    what: 'is indented, and no key stands above it',
    groups: [
      { how: refuse, sdks: ['java', 'rust', 'kotlin', 'crt'] },
      { how: 'the key is lost', sdks: ['ruby'] },
    ],
    advice: 'Begin the line at the margin',
    breaksFile: true,
  },
  'indented-in-unknown-section': {
    title: 'Indented lines in a section of a type that AWS does not know (`[oidc-session …]`)',
    what: 'is indented, in a section that AWS does not know',
    groups: [{ how: refuse, sdks: ['crt'] }],
    advice: 'Begin the line at the margin',
    breaksFile: true,
  },
  'duplicate-section': {
    title: 'A section twice',
    what: 'is there a second time',
    groups: [
      { how: refuse, sdks: ['boto'] },
      { how: 'only the first one is read', sdks: ['net'] },
      { how: 'only the last one is read', sdks: ['go1'] },
    ],
    advice: 'Make one section of the two',
    breaksFile: true,
  },
  'duplicate-key': {
    title: 'A key twice in a section',
    what: 'is there a second time in its section',
    groups: [
      { how: refuse, sdks: ['boto'] },
      { how: 'the section is skipped', sdks: ['net'] },
    ],
    advice: 'Remove one of the two; the last one counts elsewhere',
    breaksFile: true,
  },
  'default-for-all': {
    title: '`[DEFAULT]`, in capitals',
    what: 'is in capitals',
    groups: [{ how: 'its keys are put into every section', sdks: ['boto'] }],
    advice: 'Write [default]',
    breaksFile: true,
  },
  'lookalike-section': {
    title: 'A section whose type only begins as one of AWS: `[profiles x]`, `[sso-session-x y]`',
    what: 'only looks like a section of AWS',
    groups: [{ how: 'it is taken for one', sdks: ['boto'] }],
    advice: 'Name its type otherwise, or mend it',
    breaksFile: false,
  },
  'two-defaults': {
    title: '`[default]` and `[profile default]`',
    what: 'stands beside [default]',
    groups: [
      {
        how: 'the last one counts, and elsewhere [profile default]',
        sdks: ['boto', 'go1', 'ruby'],
      },
      { how: 'the program ends with an error', sdks: ['js2'] },
    ],
    advice: 'Keep [default] alone',
    breaksFile: false,
  },
  'profile-without-prefix': {
    title: '`[x]` in the config file',
    what: 'is no profile in the config file without the word profile',
    groups: [
      {
        how: ignoreProfile,
        sdks: ['boto', 'js3', 'go2', 'java', 'rust', 'kotlin', 'crt'],
      },
    ],
    advice: 'Write [profile NAME]',
    breaksFile: false,
  },
  'profile-with-prefix': {
    title: '`[profile x]` in the credentials file',
    what: 'has the word profile, in the credentials file',
    groups: [
      {
        how: ignoreProfile,
        sdks: ['boto', 'js3', 'js2', 'go2', 'java', 'rust', 'kotlin', 'crt'],
      },
    ],
    advice: 'Write [NAME] there',
    breaksFile: false,
  },
  'quoted-name': {
    title: '`[profile "x"]`',
    what: 'has its name in quotes',
    groups: [
      { how: ignoreProfile, sdks: ['js2', 'go2', 'go1', 'java', 'rust', 'kotlin', 'ruby', 'crt'] },
    ],
    advice: 'Write the name without quotes',
    breaksFile: false,
  },
  'odd-name': {
    title: 'Blanks, or characters other than `A-Za-z0-9_.@+%:/-`, in the name of a section',
    what: 'has a character in its name that not all take',
    groups: [{ how: ignoreProfile, sdks: ['js3', 'java', 'rust', 'kotlin', 'crt'] }],
    advice: 'Use letters, digits and _ . @ + % : / -',
    breaksFile: false,
  },
  'blanks-in-brackets': {
    title: '`[ profile x ]`',
    what: 'has blanks within its brackets that not all take',
    groups: [{ how: ignoreProfile, sdks: ['boto', 'js3', 'js2', 'ruby'] }],
    advice: 'Write it with one blank: [profile NAME]',
    breaksFile: false,
  },
  'comment-behind-value': {
    title: 'A comment behind a value',
    what: 'has a comment behind its value',
    groups: [{ how: 'the comment is taken for a part of the value', sdks: ['boto', 'net', 'cpp'] }],
    advice: 'Put the comment on a line of its own',
    breaksFile: false,
  },
  'key-not-lower-case': {
    title: 'A key that is not in lower case',
    what: 'is not in lower case',
    groups: [{ how: 'it is not found', sdks: ['js3', 'js2', 'go1', 'java', 'ruby'] }],
    advice: 'Write it in lower case',
    breaksFile: false,
  },
  'continued-value': {
    title: 'A value that goes on in an indented line',
    what: 'goes on in the next line, which is indented',
    groups: [
      { how: 'what is indented is dropped', sdks: ['js3', 'js2', 'go1', 'ruby'] },
      { how: 'the line break stays in it, and ends a command', sdks: ['go2', 'java', 'rust'] },
    ],
    advice: 'Write the value in one line',
    breaksFile: false,
  },
} as const satisfies Readonly<Record<string, DialectBehaviour>>;

/** Something in a config file that SDKs do not read alike. */
export type DialectTrapId = keyof typeof dialectBehaviours;
