import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { findDamage } from './damage.ts';
import { expectSame, expectThat } from './expect.ts';
import { type FaultWorld, pathsBelow } from './fault-world.ts';
import { asUser, notAsUser, notRoot } from './privileges.ts';
import {
  expectCalls,
  expectCredentials,
  expectFailure,
  expectRecorded,
  type SingleFault,
} from './single-fault.ts';

const damagedTexts: readonly (readonly [string, string])[] = [
  ['cut off', '{"startUrl":"https://corp.awsapps.com/start","accessToken":"aoa'],
  ['empty', ''],
  ['a list', '[]'],
  ['of 2 MiB', JSON.stringify({ accessToken: 'x'.repeat(2 * 1024 * 1024) })],
  ['of NUL bytes', '\0'.repeat(512)],
];

const damagedTokens = damagedTexts.map(
  ([what, text]): SingleFault => ({
    name: `a token file that is ${what} is no token, and the person is told`,
    token: 'fresh',
    run: async (world) => {
      writeFileSync(world.tokenFile, text);
      for (let times = 0; times < 2; times += 1) {
        const finished = await world.run();
        expectFailure(
          finished,
          3,
          /Run: sso-cred login --(profile (dev|web)|session (corp|acme))\b/,
        );
        expectRecorded(world, finished);
      }
      expectCalls(world, 0, 0);
      // What is AWS's stays as it is.
      if (world.kind === 'Identity Center')
        expectSame('the file', readFileSync(world.tokenFile, 'utf8'), text);
      await world.signInAnew();
      expectCredentials(await world.run());
    },
  }),
);

const damagedRoles = damagedTexts.map(
  ([what, text]): SingleFault => ({
    name: `a cached role that is ${what} is asked for again`,
    token: 'fresh',
    run: async (world) => {
      expectCredentials(await world.run());
      const [role = ''] = rolesOf(world);
      writeFileSync(role, text);
      expectCredentials(await world.run());
      expectCalls(world, 0, 2);
      expectSame('mode', statSync(role).mode & 0o777, 0o600);
      JSON.parse(readFileSync(role, 'utf8'));
      expectCredentials(await world.run());
      expectCalls(world, 0, 2);
    },
  }),
);

const refusedTokens = (
  [
    ['another user', /uid 65534/, (path) => chownSync(path, 65_534, 65_534)],
    [
      'a symbolic link',
      /symbolic link/,
      (path) => {
        renameSync(path, `${path}.real`);
        symlinkSync(`${path}.real`, path);
      },
    ],
    [
      'a named pipe',
      /not a regular file/,
      (path) => {
        rmSync(path);
        spawnSync('mkfifo', [path]);
      },
    ],
    ['a hard link', /hard link/, (path) => linkSync(path, `${path}.other`)],
    [
      'a directory',
      /not a regular file|directory/,
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
  ] as const satisfies readonly (readonly [string, RegExp, (path: string) => unknown])[]
).map(
  ([what, reason, make]): SingleFault => ({
    name: `a token file that is, or belongs to, ${what} is refused`,
    token: 'expired',
    ...(what === 'another user' && { isOut: notRoot }),
    run: async (world) => {
      make(world.tokenFile);
      const before = lstatSync(world.tokenFile);
      const finished = await world.run();
      expectFailure(finished, 7, reason, new RegExp(world.tokenFile));
      expectRecorded(world, finished);
      expectCalls(world, 0, 0);
      const { ino, mtimeMs, mode, uid } = lstatSync(world.tokenFile);
      expectSame(
        'the file',
        { ino, mtimeMs, mode, uid },
        {
          ino: before.ino,
          mtimeMs: before.mtimeMs,
          mode: before.mode,
          uid: before.uid,
        },
      );
    },
  }),
);

/** Our directories, each as one that must not be trusted. */
const distrusted = (['', 'roles', 'locks', 'sessions'] as const).flatMap((name) => [
  {
    name: `a link in place of our directory /${name} is not entered`,
    token: 'fresh' as const,
    run: async (world: FaultWorld) => {
      const path = join(world.cacheDirectory, name);
      expectCredentials(await world.run());
      mkdirSync(path, { recursive: true, mode: 0o700 });
      const victim = join(world.home, 'victim');
      mkdirSync(victim, { mode: 0o700 });
      writeFileSync(join(victim, 'precious'), 'precious');
      renameSync(path, `${path}.real`);
      symlinkSync(victim, path);
      const finished = await world.run(['--profile', world.profile, '--refresh']);
      expectFailure(finished, 7, new RegExp(path));
      expectSame('the victim', pathsBelow(victim), ['precious']);
      expectSame('its file', readFileSync(join(victim, 'precious'), 'utf8'), 'precious');
      expectCalls(world, 0, 1);
    },
  },
  {
    name: `our directory /${name} is not used while others may write in it`,
    token: 'fresh' as const,
    run: async (world: FaultWorld) => {
      const path = join(world.cacheDirectory, name);
      expectCredentials(await world.run());
      mkdirSync(path, { recursive: true, mode: 0o700 });
      chmodSync(path, 0o777);
      const finished = await world.run(['--profile', world.profile, '--refresh']);
      expectFailure(finished, 7, new RegExp(path), /chmod 700/);
      chmodSync(path, 0o700);
      expectCredentials(await world.run(['--profile', world.profile, '--refresh']));
    },
  },
]);

/** Rows of table 4.3 about files: F9–F11, F13 and F16 of the failure model. */
export const fileFaults: readonly SingleFault[] = [
  ...damagedTokens,
  ...damagedRoles,
  ...refusedTokens,
  ...distrusted,
  {
    name: 'a token file that others may read is used, and made private when it is written',
    token: 'expired',
    run: async (world) => {
      chmodSync(world.tokenFile, 0o644);
      expectCredentials(await world.run());
      expectSame('mode', statSync(world.tokenFile).mode & 0o777, 0o600);
      expectSame('damage', findDamage(world), []);
    },
  },
  {
    name: 'a cached role that was cut off while a token is renewed costs nothing else',
    token: 'expired',
    run: async (world) => {
      expectCredentials(await world.run());
      for (const role of rolesOf(world)) truncateSync(role, 40);
      expectCredentials(await world.run());
      expectCalls(world, 1, 2);
    },
  },
  {
    name: 'root in the home of another user writes nothing there',
    token: 'expired',
    isOut: notRoot,
    run: async (world) => {
      giveTo(world.home, 65_534);
      expectFailure(await world.run(), 7, /65534|another user|sudo/);
      expectCalls(world, 0, 0);
      const aws = join(world.home, '.aws');
      const foreign = pathsBelow(aws).filter((name) => lstatSync(join(aws, name)).uid !== 65_534);
      expectSame('what is not theirs', foreign, []);
    },
  },
  {
    name: 'without a home nothing is kept anywhere else',
    token: 'expired',
    isOut: notAsUser,
    run: async (world) => {
      const finished = await world.run(undefined, {
        wrapper: asUser(54_321),
        variables: { HOME: undefined, AWS_CONFIG_FILE: world.configFile },
      });
      expectFailure(finished, 7, /--cache-dir/);
      expectCalls(world, 0, 0);
    },
  },
  {
    name: 'a cache directory that may not be written costs no token',
    token: 'expired',
    isOut: notAsUser,
    run: async (world) => {
      mkdirSync(world.cacheDirectory, { recursive: true, mode: 0o700 });
      giveTo(world.home, 54_321);
      const token = world.keptRefreshToken();
      chmodSync(world.cacheDirectory, 0o500);
      const finished = await world.run(undefined, { wrapper: asUser(54_321) });
      expectFailure(finished, 7, /EACCES/);
      expectSame('the token', world.keptRefreshToken(), token);
      expectCalls(world, 0, 0);
      chmodSync(world.cacheDirectory, 0o700);
      expectCredentials(await world.run(undefined, { wrapper: asUser(54_321) }));
      expectCalls(world, 1, 1);
    },
  },
  {
    name: 'an unknown version of a record is left alone',
    token: 'fresh',
    run: async (world) => {
      expectCredentials(await world.run());
      const [role = ''] = rolesOf(world);
      const future = JSON.stringify({ version: 999, future: true });
      for (const folder of ['sessions', 'registrations']) {
        const path = join(world.cacheDirectory, folder);
        if (!existsSync(path)) continue;
        for (const name of readdirSync(path)) writeFileSync(join(path, name), future);
      }
      writeFileSync(role, future);
      expectCredentials(await world.run());
      expectThat(!existsSync(`${role}.bad`), 'it was moved aside');
    },
  },
];

function rolesOf({ cacheDirectory }: FaultWorld): readonly string[] {
  const folder = join(cacheDirectory, 'roles');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(folder, name));
}

function giveTo(path: string, uid: number): void {
  for (const name of ['', ...pathsBelow(path)]) {
    const file = join(path, name);
    if (!lstatSync(file).isSymbolicLink()) chownSync(file, uid, uid);
  }
}
