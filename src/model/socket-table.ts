/**
 * The uid that owns one end of a TCP connection, by Linux's table of sockets (proc_net(5): number,
 * local address, remote address, state, queues, timer, retransmits, uid); undefined when it is not there.
 */
export function ownerOfConnection(
  table: string,
  localPort: number,
  remotePort: number,
): number | undefined {
  const end = (port: number) => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const line of table.split('\n')) {
    const [, local, remote, , , , , uid] = line.trim().split(/\s+/);
    if (local?.endsWith(end(localPort)) && remote?.endsWith(end(remotePort))) return Number(uid);
  }
  return undefined;
}
