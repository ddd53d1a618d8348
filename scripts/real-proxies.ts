import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Certificate } from '../tests/support/certificates.ts';
import { freePort } from '../tests/support/free-port.ts';

/** A proxy that is running on the loopback. */
export interface RealProxy {
  /** Without user and password. */
  readonly url: string;
  /** What it says of the requests that it had. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

/** How a proxy is set up, in a directory of its own. */
interface ProxyOptions {
  readonly directory: string;
  readonly user?: { readonly name: string; readonly password: string };
}

const startMs = 30_000;

/** tinyproxy, without or with a password. */
export async function startTinyproxy({ directory, user }: ProxyOptions): Promise<RealProxy> {
  const port = await freePort();
  mkdirSync(directory, { recursive: true });
  const config = write(directory, 'tinyproxy.conf', [
    `Port ${port}`,
    'Listen 127.0.0.1',
    'Timeout 60',
    'MaxClients 50',
    'LogLevel Connect',
    ...(user === undefined ? [] : [`BasicAuth ${user.name} ${user.password}`]),
  ]);
  return await start('tinyproxy', ['-d', '-c', config], { directory, port, scheme: 'http' });
}

interface SquidOptions extends ProxyOptions {
  /** Speaks TLS itself, with this certificate. */
  readonly certificate?: Certificate;
  /** Opens TLS and closes it again with certificates of this CA; trusts the other one's. */
  readonly inspection?: { readonly ca: Certificate; readonly originCaFile: string };
  /** A host that nobody may reach. */
  readonly denied?: string;
}

/** Squid, as companies run it. */
export async function startSquid(options: SquidOptions): Promise<RealProxy> {
  const { directory, user, certificate, inspection, denied } = options;
  const port = await freePort();
  mkdirSync(directory, { recursive: true });
  const file = (name: string, text: string) => write(directory, name, [text]);
  const listen =
    certificate !== undefined
      ? `https_port 127.0.0.1:${port} tls-cert=${file('proxy.pem', certificate.pem + certificate.key)}`
      : inspection === undefined
        ? `http_port 127.0.0.1:${port}`
        : `http_port 127.0.0.1:${port} ssl-bump generate-host-certificates=on tls-cert=${file('ca.pem', inspection.ca.pem + inspection.ca.key)}`;
  const config = write(directory, 'squid.conf', [
    listen,
    ...(user === undefined
      ? []
      : [
          `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${file('passwd', passwordLine(user))}`,
          'auth_param basic children 1',
          'acl known proxy_auth REQUIRED',
        ]),
    ...(denied === undefined ? [] : [`acl denied dstdomain ${denied}`, 'http_access deny denied']),
    `http_access allow ${user === undefined ? 'all' : 'known'}`,
    ...(inspection === undefined ? [] : inspect(directory, inspection.originCaFile)),
    'cache deny all',
    'pid_filename none',
    'pinger_enable off',
    'netdb_filename none',
    'shutdown_lifetime 0 seconds',
    'visible_hostname proxy.example.test',
    `coredump_dir ${directory}`,
    `access_log stdio:${join(directory, 'access.log')}`,
    `cache_log ${join(directory, 'cache.log')}`,
  ]);
  // Started by root, it goes on as a user of its own.
  if (process.getuid?.() === 0) spawnSync('chown', ['-R', 'proxy', directory]);
  const scheme = certificate === undefined ? 'http' : 'https';
  return await start('squid', ['-N', '-f', config], { directory, port, scheme });
}

function inspect(directory: string, originCaFile: string): readonly string[] {
  const helper = '/usr/lib/squid/security_file_certgen';
  const database = join(directory, 'certificates');
  spawnSync(helper, ['-c', '-s', database, '-M', '4MB']);
  return [
    `sslcrtd_program ${helper} -s ${database} -M 4MB`,
    'sslcrtd_children 1',
    `tls_outgoing_options cafile=${originCaFile}`,
    'acl hello at_step SslBump1',
    'ssl_bump peek hello',
    'ssl_bump bump all',
  ];
}

/** As `htpasswd` writes it, by the password itself: crypt is not at hand. */
function passwordLine({ name, password }: { name: string; password: string }): string {
  const { stdout } = spawnSync('openssl', ['passwd', '-apr1', password], { encoding: 'utf8' });
  return `${name}:${stdout.trim()}\n`;
}

function write(directory: string, name: string, lines: readonly string[]): string {
  const path = join(directory, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  chmodSync(path, 0o600);
  return path;
}

async function start(
  command: string,
  args: readonly string[],
  { directory, port, scheme }: { directory: string; port: number; scheme: string },
): Promise<RealProxy> {
  let output = '';
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  child.on('error', (error) => {
    output += error;
  });
  const accessLog = join(directory, 'access.log');
  const log = () => output + (existsSync(accessLog) ? readFileSync(accessLog, 'utf8') : '');
  try {
    await listening(port, child);
  } catch (error) {
    await end(child);
    const cacheLog = join(directory, 'cache.log');
    const said = existsSync(cacheLog) ? readFileSync(cacheLog, 'utf8').slice(-2_000) : '';
    throw new Error(`${command} does not start: ${error} ${output}${said}`);
  }
  return { url: `${scheme}://127.0.0.1:${port}`, log, stop: () => end(child) };
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + startMs;
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      }).on('error', () => resolve(false));
    });
    if (isOpen) return;
    if (child.exitCode !== null) throw new Error(`it ended with status ${child.exitCode}`);
    if (Date.now() > deadline) throw new Error('it does not listen');
    await delay(100);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(timer);
}
