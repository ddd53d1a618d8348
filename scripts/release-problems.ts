/** What a release is judged by. */
export interface ReleaseState {
  readonly version: string;
  readonly changelog: string;
  /** What `git status --porcelain` prints. */
  readonly gitStatus: string;
  /** The tags of the repository, and those of the commit. */
  readonly tags: readonly string[];
  readonly tagsOfCommit: readonly string[];
  /** `2026-11-21`. */
  readonly today: string;
}

/** What keeps a version from being published; a sentence each. */
export function releaseProblems(state: ReleaseState): readonly string[] {
  const { version, gitStatus, tags, tagsOfCommit } = state;
  const tag = `v${version}`;
  return [
    ...(gitStatus.trim() === ''
      ? []
      : ['The working tree has changes: commit them, or put them away']),
    ...(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version) ? [] : [`${version} is no version`]),
    ...(tags.includes(tag) && !tagsOfCommit.includes(tag)
      ? [`${tag} is the tag of another commit: raise the version`]
      : []),
    ...changelogProblems(state),
  ];
}

function changelogProblems({ version, changelog, today }: ReleaseState): readonly string[] {
  const sections = changelog.split(/^## /m).slice(1);
  const waiting = sections.find((section) => /^\[?unreleased/i.test(section));
  const [latest] = sections.filter((section) => section !== waiting);
  const [, named, date] = /^\[?([^\s\]]+)\]? - (\d{4}-\d\d-\d\d)$/m.exec(latest ?? '') ?? [];
  if (named !== version) {
    return [`CHANGELOG.md has no heading "## ${version} - ${today}" as its latest version`];
  }
  return [
    ...(date !== undefined && date <= today ? [] : [`CHANGELOG.md dates ${version} in the future`]),
    ...(waiting !== undefined && /^[-*] /m.test(waiting)
      ? [`CHANGELOG.md has entries under Unreleased, which ${version} contains`]
      : []),
    ...(/^[-*] /m.test(latest ?? '') ? [] : [`CHANGELOG.md says nothing of ${version}`]),
  ];
}
