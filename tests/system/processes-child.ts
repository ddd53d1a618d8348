import { realProcesses } from '../../src/system/processes.ts';
import { obeyOrders } from '../support/obey-orders.ts';

const processes = realProcesses(process.platform);

obeyOrders({
  self: () => processes.self(),
  listen: async (path = '') => (await processes.listen(path)) !== undefined,
  probe: (path = '') => processes.probe(path),
  'start-time-of': (pid) => processes.startTimeOf(Number(pid)),
  // Asks so often that the other side's queue has no more room.
  async fill(path = '', times) {
    const seen = new Set<string>();
    for (let count = 0; count < Number(times); count += 1) seen.add(await processes.probe(path));
    return [...seen];
  },
  leave: () => void process.stdin.destroy(),
  exit: () => process.exit(0),
});
