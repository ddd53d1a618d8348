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

/** The parts that all forms are made of. */
function partsOf({ issuer, audience, roleArn }: IamSetup) {
  const [, partition = 'aws', , , account = '', resource = ''] = roleArn.split(':');
  const provider = issuer.replace(/^https?:\/\//, '');
  const [, ...path] = resource.split('/');
  const roleName = path.at(-1) ?? '';
  const rolePath = `/${path
    .slice(0, -1)
    .map((part) => `${part}/`)
    .join('')}`;
  const providerArn = `arn:${partition}:iam::${account}:oidc-provider/${provider}`;
  const trustPolicy = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: providerArn },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [`${provider}:aud`]: audience } },
      },
    ],
  };
  return { provider, providerArn, roleName, rolePath, trustPolicy };
}

function asDocument(setup: IamSetup) {
  const { providerArn, roleName, rolePath, trustPolicy } = partsOf(setup);
  return {
    OpenIDConnectProvider: {
      Arn: providerArn,
      Url: setup.issuer,
      ClientIDList: [setup.audience],
    },
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
  const { roleName, rolePath, trustPolicy } = partsOf(setup);
  const path = rolePath === '/' ? '' : ` \\\n  --path ${shellWord(rolePath)}`;
  return `aws iam create-open-id-connect-provider \\
  --url ${shellWord(setup.issuer)} \\
  --client-id-list ${shellWord(setup.audience)}

aws iam create-role \\
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
  const { provider, roleName, rolePath } = partsOf(setup);
  const text = (value: string) =>
    JSON.stringify(value).replaceAll('${', '$${').replaceAll('%{', '%%{');
  return `resource "aws_iam_openid_connect_provider" "sso_cred" {
  url            = ${text(setup.issuer)}
  client_id_list = [${text(setup.audience)}]
}

data "aws_iam_policy_document" "sso_cred" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.sso_cred.arn]
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
