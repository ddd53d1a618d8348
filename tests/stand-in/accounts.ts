/** An account and the roles (permission sets) that the user has in it. */
export interface Account {
  readonly accountId: string;
  readonly accountName: string;
  readonly emailAddress: string;
  readonly roles: readonly string[];
}

/** A role that trusts an OpenID Connect provider. */
export interface WebIdentityRole {
  readonly roleArn: string;
  readonly maxSessionDurationS: number;
  /** What the trust policy asks of the token; absent means anything. */
  readonly issuer?: string;
  readonly audience?: string;
  readonly subject?: string;
}

/** What a small company would have. */
export const defaultAccounts: readonly Account[] = [
  {
    accountId: '111122223333',
    accountName: 'Acme Development',
    emailAddress: 'aws-development@example.com',
    roles: ['Developer', 'ReadOnly'],
  },
  {
    accountId: '444455556666',
    accountName: 'Acme Production',
    emailAddress: 'aws-production@example.com',
    roles: ['ReadOnly'],
  },
  {
    accountId: '777788889999',
    accountName: 'Acme Log Archive',
    emailAddress: 'aws-logs@example.com',
    roles: ['AuditorAccess', 'ReadOnly'],
  },
];

/** One role that allows the longest sessions and one with the maximum that IAM sets by itself. */
export const defaultWebIdentityRoles: readonly WebIdentityRole[] = [
  { roleArn: 'arn:aws:iam::111122223333:role/WebDeveloper', maxSessionDurationS: 43_200 },
  { roleArn: 'arn:aws:iam::444455556666:role/WebReadOnly', maxSessionDurationS: 3600 },
];
