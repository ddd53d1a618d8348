import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

// Loaded before the program, by `node --import`. Counts the calls that change a file or send
// something, tells of each on descriptor 3 before it is made, and before the one whose number
// STEP_AT is sends the process the signal STEP_SIGNAL.

const at = Number(process.env['STEP_AT']);
const signal = process.env['STEP_SIGNAL'] as NodeJS.Signals;
// What the program starts is not counted.
delete process.env['STEP_AT'];
delete process.env['STEP_SIGNAL'];
delete process.env['NODE_OPTIONS'];

const channel = 3;
const { readlinkSync, writeSync } = fs;
let count = 0;

function step(text: string): void {
  count += 1;
  const line = text
    .replace(/[\r\n].*/s, '')
    .trimEnd()
    .slice(0, 300);
  writeSync(channel, `${count === at ? 'at' : 'step'} ${line}\n`);
  if (count === at) process.kill(process.pid, signal);
}

type Callable = (...args: unknown[]) => unknown;

/** Puts a step before each call of a function; `isStep` says which calls count. */
function wrap(
  owner: object,
  name: string,
  describe: (args: readonly unknown[]) => string,
  isStep: (self: unknown, args: readonly unknown[]) => boolean = () => true,
): void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== 'function') return;
  const wrapped = function (this: unknown, ...args: unknown[]) {
    if (isStep(this, args)) step(describe(args));
    return (original as Callable).apply(this, args);
  };
  Reflect.set(owner, name, wrapped);
}

/** A path, a descriptor as the path it stands for, what is sent as its first line. */
function textOf(value: unknown): string {
  if (typeof value === 'number') return readlinkSync(`/proc/self/fd/${value}`);
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  if (!Array.isArray(value)) return '';
  return textOf((value[0] as { chunk?: unknown } | undefined)?.chunk);
}

const mutating = [
  'appendFile',
  'chmod',
  'chown',
  'copyFile',
  'cp',
  'fchmod',
  'fchown',
  'fdatasync',
  'fsync',
  'ftruncate',
  'futimes',
  'link',
  'lutimes',
  'mkdir',
  'mkdtemp',
  'rename',
  'rm',
  'rmdir',
  'symlink',
  'truncate',
  'unlink',
  'utimes',
  'write',
  'writeFile',
  'writev',
];
const describeCall =
  (name: string) =>
  ([first, second]: readonly unknown[]): string =>
    `${name} ${textOf(first)} ${/^(copyFile|cp|link|rename|symlink)/.test(name) ? textOf(second) : ''}`;
const opensForWriting = (_self: unknown, [, flags]: readonly unknown[]): boolean =>
  typeof flags === 'number'
    ? (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) !== 0
    : typeof flags === 'string' && flags !== 'r';

for (const name of mutating) {
  wrap(fs, name, describeCall(name));
  wrap(fs, `${name}Sync`, describeCall(name));
  wrap(fs.promises, name, describeCall(name));
}
for (const owner of [fs, fs.promises]) wrap(owner, 'open', describeCall('open'), opensForWriting);
wrap(fs, 'openSync', describeCall('open'), opensForWriting);
const handle = await fs.promises.open('/dev/null', 'r');
const handles: object = Object.getPrototypeOf(handle);
await handle.close();
for (const name of [
  'appendFile',
  'chmod',
  'datasync',
  'sync',
  'truncate',
  'utimes',
  'write',
  'writeFile',
])
  wrap(handles, name, () => `handle.${name}`);

wrap(net.Socket.prototype, 'connect', () => 'connect');
// Called anew once the connection is there, if it was not yet.
if (!('_writeGeneric' in net.Socket.prototype))
  throw new Error('sockets are written in another way');
wrap(
  net.Socket.prototype,
  '_writeGeneric',
  ([, data]) => `send ${textOf(data)}`,
  (self) => !(self as net.Socket).connecting,
);
wrap(net.Server.prototype, 'listen', describeCall('listen'));
wrap(net.Server.prototype, 'close', () => 'close');
wrap(childProcess, 'spawn', describeCall('spawn'));

syncBuiltinESMExports();
