import { version } from '../model/version.ts';

/** The version, and which build on what. */
export function versionText(): string {
  const bun = process.versions['bun'];
  const build = bun === undefined ? `Node build, ${process.version}` : `executable, Bun ${bun}`;
  return `sso-cred ${version} (${build}, ${process.platform} ${process.arch})`;
}
