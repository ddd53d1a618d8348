/**
 * Variables that make a call behave as on a person's own machine, wherever the tests run: no CI
 * system, no remote machine, and no policy that was set for the tests.
 */
export const attended: Readonly<Record<string, string | undefined>> = Object.fromEntries(
  [
    'CI',
    'GITHUB_ACTIONS',
    'GITLAB_CI',
    'TF_BUILD',
    'CODEBUILD_BUILD_ARN',
    'TEAMCITY_VERSION',
    'JENKINS_URL',
    'SSH_CONNECTION',
    'SSH_CLIENT',
    'SSH_TTY',
    'CODESPACES',
    'VSCODE_IPC_HOOK_CLI',
    'SSO_CRED_SIGN_IN',
  ].map((name) => [name, undefined]),
);
