import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An address of the loopback from which no answer comes, not even to a connection. */
export interface BlackHole {
  readonly url: string;
  readonly close: () => void;
}

const listener = `const server = require('node:net').createServer();
server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => console.log(server.address().port));`;

/**
 * A stopped process that listens: once its queue is full, Linux drops what else asks for a connection,
 * as a firewall does.
 */
export async function openBlackHole(): Promise<BlackHole> {
  const child = spawn(process.execPath, ['-e', listener], {
    stdio: ['ignore', 'pipe', 'ignore'],
    // A stopped member of our own group would have the kernel hang up on all of it.
    detached: true,
  });
  const [text] = await once(child.stdout, 'data');
  const port = Number(String(text));
  child.kill('SIGSTOP');
  const sockets: Socket[] = [];
  for (let isFull = false; !isFull && sockets.length < 100; ) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    const timer = new Promise((resolve) => setTimeout(resolve, 500));
    const connected = once(socket, 'connect').catch(() => undefined);
    isFull = (await Promise.race([connected.then(() => true), timer])) !== true;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      for (const socket of sockets) socket.destroy();
      child.kill('SIGKILL');
    },
  };
}
