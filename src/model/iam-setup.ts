/** What IAM must know for a web identity to get a role. */
export interface IamSetup {
  /** As the provider's discovery document has it, slash and all. */
  readonly issuer: string;
  /** What the token's `aud` says: the client id, or the API of an access token. */
  readonly audience: string;
  readonly roleArn: string;
  readonly maxSessionDurationS: number;
}

/** The forms in which the IAM side can be printed. */
export const iamForms = ['cli', 'terraform', 'json'] as const;
export type IamForm = (typeof iamForms)[number];

/**
 * The IAM side of a web identity, ready to paste: provider, trust policy, role.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
 */
export function renderIamSetup(setup: IamSetup, form: IamForm): string {
  switch (form) {
    case 'cli':
      return asCommands(setup);
    case 'terraform':
      return asTerraform(setup);
    case 'json':
      return `${JSON.stringify(asDocument(setup), undefined, 2)}\n`;
  }
}

/**
 * IAM knows this provider by itself, under its host alone; one more that is made for it does harm.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
const builtIn = 'accounts.google.com';

/** What a trust policy calls a provider: its ARN, or the name of one that IAM knows by itself. */
export function federatedPrincipal(issuer: string, roleArn: string): string {
  const [, partition = 'aws', , , account = ''] = roleArn.split(':');
  const provider = issuer.replace(/^https?:\/\//, '');
  if (provider === builtIn) return builtIn;
  return `arn:${partition}:iam::${account}:oidc-provider/${provider}`;
}

/** The parts that all forms are made of. */
function partsOf({ issuer, audience, roleArn }: IamSetup) {
  const resource = roleArn.split(':')[5] ?? '';
  const provider = issuer.replace(/^https?:\/\//, '');
  const [, ...path] = resource.split('/');
  const roleName = path.at(-1) ?? '';
  const rolePath = `/${path
    .slice(0, -1)
    .map((part) => `${part}/`)
    .join('')}`;
  const principal = federatedPrincipal(issuer, roleArn);
  const trustPolicy = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: principal },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [`${provider}:aud`]: audience } },
      },
    ],
  };
  const isBuiltIn = principal === builtIn;
  return { provider, principal, isBuiltIn, roleName, rolePath, trustPolicy };
}

function asDocument(setup: IamSetup) {
  const { principal, isBuiltIn, roleName, rolePath, trustPolicy } = partsOf(setup);
  const provider = { Arn: principal, Url: setup.issuer, ClientIDList: [setup.audience] };
  return {
    ...(isBuiltIn ? {} : { OpenIDConnectProvider: provider }),
    Role: {
      Arn: setup.roleArn,
      RoleName: roleName,
      Path: rolePath,
      MaxSessionDuration: setup.maxSessionDurationS,
      AssumeRolePolicyDocument: trustPolicy,
    },
  };
}

function asCommands(setup: IamSetup): string {
  const { isBuiltIn, roleName, rolePath, trustPolicy } = partsOf(setup);
  const provider = `aws iam create-open-id-connect-provider \\
  --url ${shellWord(setup.issuer)} \\
  --client-id-list ${shellWord(setup.audience)}

`;
  const path = rolePath === '/' ? '' : ` \\\n  --path ${shellWord(rolePath)}`;
  return `${isBuiltIn ? '' : provider}aws iam create-role \\
  --role-name ${shellWord(roleName)}${path} \\
  --max-session-duration ${setup.maxSessionDurationS} \\
  --assume-role-policy-document ${shellWord(JSON.stringify(trustPolicy))}

# Then say what the role may do, for example:
aws iam attach-role-policy \\
  --role-name ${shellWord(roleName)} \\
  --policy-arn arn:${setup.roleArn.split(':')[1]}:iam::aws:policy/ReadOnlyAccess
`;
}

function asTerraform(setup: IamSetup): string {
  const { provider, principal, isBuiltIn, roleName, rolePath } = partsOf(setup);
  const text = (value: string) =>
    JSON.stringify(value).replaceAll(/[$%](?=\{)/g, (sign) => sign + sign);
  const resource = `resource "aws_iam_openid_connect_provider" "sso_cred" {
  url            = ${text(setup.issuer)}
  client_id_list = [${text(setup.audience)}]
}

`;
  const identifier = isBuiltIn ? text(principal) : 'aws_iam_openid_connect_provider.sso_cred.arn';
  return `${isBuiltIn ? '' : resource}data "aws_iam_policy_document" "sso_cred" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [${identifier}]
    }

    condition {
      test     = "StringEquals"
      variable = ${text(`${provider}:aud`)}
      values   = [${text(setup.audience)}]
    }
  }
}

resource "aws_iam_role" "sso_cred" {
  name                 = ${text(roleName)}
  path                 = ${text(rolePath)}
  max_session_duration = ${setup.maxSessionDurationS}
  assume_role_policy   = data.aws_iam_policy_document.sso_cred.json
}
`;
}

function shellWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
