import { iamId, opaqueToken } from './opaque.ts';

/** Credentials that the stand-in issued, and for whom. Times are epoch milliseconds. */
export interface IssuedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: number;
  readonly accountId: string;
  /** arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION */
  readonly arn: string;
  /** AROA…:SESSION */
  readonly userId: string;
}

export interface CredentialIssuer {
  readonly issue: (role: {
    readonly partition: string;
    readonly accountId: string;
    readonly roleName: string;
    readonly sessionName: string;
    readonly expiration: number;
  }) => IssuedCredentials;
  readonly find: (accessKeyId: string) => IssuedCredentials | undefined;
}

/** They have the shape and length of real ones and open nothing. */
export function createCredentialIssuer(): CredentialIssuer {
  const issued = new Map<string, IssuedCredentials>();
  const roleIds = new Map<string, string>();
  return {
    issue: ({ partition, accountId, roleName, sessionName, expiration }) => {
      const role = `${accountId}/${roleName}`;
      const roleId = roleIds.get(role) ?? iamId('AROA', 21);
      roleIds.set(role, roleId);
      const credentials = {
        accessKeyId: iamId('ASIA', 20),
        secretAccessKey: opaqueToken('', 40),
        sessionToken: opaqueToken('IQoJb3JpZ2luX2VjE', 700),
        expiration,
        accountId,
        arn: `arn:${partition}:sts::${accountId}:assumed-role/${roleName}/${sessionName}`,
        userId: `${roleId}:${sessionName}`,
      };
      issued.set(credentials.accessKeyId, credentials);
      return credentials;
    },
    find: (accessKeyId) => issued.get(accessKeyId),
  };
}
