import { parseJsonObject, textAt } from './json.ts';

/** The claims of a token that may be shown: whose it is and for whom; never the token itself. */
export interface ShownClaims {
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string;
  readonly azp?: string;
  readonly amr?: string;
  /** Names of the session tags that the token carries. */
  readonly tags?: string;
}

/**
 * The payload of a JWT, unchecked: for messages and for the session's name; what it says is checked
 * by whoever it is for. Undefined when the token is no JWT.
 */
export function jwtPayload(token: string): Readonly<Record<string, unknown>> | undefined {
  return decodePart(token.split('.')[1]);
}

/** The algorithm that a JWT says it is signed with; undefined when the token is no JWT. */
export function jwtAlgorithm(token: string): string | undefined {
  const header = decodePart(token.split('.')[0]);
  return header && textAt(header, 'alg');
}

function decodePart(part: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (part === undefined) return undefined;
  return parseJsonObject(Buffer.from(part, 'base64url').toString('utf8'));
}

/** The claims that matter to an administrator, as text. */
export function shownClaims(token: string): ShownClaims {
  const payload = jwtPayload(token);
  if (payload === undefined) return {};
  const one = (name: string): Partial<Record<string, string>> => {
    const value = payload[name];
    const text = Array.isArray(value)
      ? value.filter((each) => typeof each === 'string').join(' ')
      : value;
    return typeof text === 'string' && text !== '' ? { [name]: text } : {};
  };
  const tags = payload['https://aws.amazon.com/tags'];
  const names =
    typeof tags === 'object' && tags !== null && 'principal_tags' in tags
      ? Object.keys(tags.principal_tags ?? {}).join(' ')
      : '';
  return {
    ...one('iss'),
    ...one('sub'),
    ...one('aud'),
    ...one('azp'),
    ...one('amr'),
    ...(names === '' ? {} : { tags: names }),
  };
}

/**
 * A RoleSessionName that STS takes, `[\w+=,.@-]{2,64}`: from the template of the profile
 * (`{email}` and other claims), else e-mail, else preferred_username, else sub.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export function roleSessionName(token: string, template: string | undefined): string {
  const payload = jwtPayload(token) ?? {};
  const claim = (name: string) => textAt(payload, name);
  const name =
    template === undefined
      ? (claim('email') ?? claim('preferred_username') ?? claim('sub') ?? 'sso-cred')
      : template.replace(/\{(\w+)\}/g, (_match, claimName: string) => claim(claimName) ?? '');
  const fitting = name.replace(/[^\w+=,.@-]+/g, '-').slice(0, 64);
  return fitting.length >= 2 ? fitting : 'sso-cred';
}
