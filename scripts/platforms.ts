/** A system that there is an executable for, in the words of npm. */
export interface Platform {
  /** The last part of the name of its package. */
  readonly name: string;
  readonly os: NodeJS.Platform;
  readonly cpu: 'x64' | 'arm64';
  readonly libc?: 'glibc' | 'musl';
  /** Bun's name for it: `--target`, and the package `@oven/…` that holds the runtime. */
  readonly runtime: string;
}

/** All that have one. */
export const platforms: readonly Platform[] = [
  { name: 'linux-x64', os: 'linux', cpu: 'x64', libc: 'glibc', runtime: 'bun-linux-x64' },
  { name: 'linux-arm64', os: 'linux', cpu: 'arm64', libc: 'glibc', runtime: 'bun-linux-aarch64' },
  { name: 'linux-x64-musl', os: 'linux', cpu: 'x64', libc: 'musl', runtime: 'bun-linux-x64-musl' },
  {
    name: 'linux-arm64-musl',
    os: 'linux',
    cpu: 'arm64',
    libc: 'musl',
    runtime: 'bun-linux-aarch64-musl',
  },
  { name: 'darwin-x64', os: 'darwin', cpu: 'x64', runtime: 'bun-darwin-x64' },
  { name: 'darwin-arm64', os: 'darwin', cpu: 'arm64', runtime: 'bun-darwin-aarch64' },
  { name: 'win32-x64', os: 'win32', cpu: 'x64', runtime: 'bun-windows-x64' },
];

/** The one that this process runs on; undefined where there is no executable for it. */
export function thisPlatform(): Platform | undefined {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const libc = report.header?.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
  return platforms.find(
    ({ os, cpu, libc: needed }) =>
      os === process.platform && cpu === process.arch && (needed ?? libc) === libc,
  );
}

/** What an executable is called. */
export function executableName({ os }: Pick<Platform, 'os'>): string {
  return os === 'win32' ? 'sso-cred.exe' : 'sso-cred';
}
