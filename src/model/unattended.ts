type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables of machines that build and deploy. CI is the usual one; CodeBuild, Azure Pipelines,
 * TeamCity, Jenkins, Bamboo, GoCD and Google Cloud Build do not set it, and scripts on others unset it.
 * All of a group: people have JENKINS_URL at home, too.
 */
const unattendedVariables = [
  ['CODEBUILD_BUILD_ARN'],
  ['TF_BUILD'],
  ['TEAMCITY_VERSION'],
  ['JENKINS_URL', 'BUILD_ID'],
  ['bamboo_planKey'],
  ['GO_PIPELINE_LABEL'],
  ['BUILDER_OUTPUT'],
  ['GITHUB_ACTIONS'],
  ['GITLAB_CI'],
] as const;

/** What says that a machine, not a person, started us; undefined when nothing does. */
export function unattendedBy(env: Environment): string | undefined {
  const { CI } = env;
  if (CI && CI !== 'false' && CI !== '0') return 'CI';
  return unattendedVariables.find((group) => group.every((name) => env[name]))?.[0];
}
