/**
 * Our server, with its defaults, for bench/soak.ts: over IPC it says its port, and, when asked, how it is. Its own
 * figures are those that nobody can see from outside.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createServer, echo } from '../../server/index.ts';

/** How a server is: its heap after a collection, handles that keep it alive, and since it was asked last, the 99th percentile of its turns. */
export type Condition = {
  readonly heapBytes: number;
  readonly handles: number;
  readonly connections: number;
  readonly loopP99Ms: number;
};

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const server = createServer();
server.on('connection', echo);
const port = Number(new URL(await server.listen()).port);

process.on('message', () => {
  const loopP99Ms = delay.percentile(99) / 1e6;
  globalThis.gc?.();
  const condition: Condition = {
    heapBytes: process.memoryUsage().heapUsed,
    handles: process.getActiveResourcesInfo().length,
    connections: server.connections,
    loopP99Ms,
  };
  process.send?.(condition);
  // The collection above was ours, not its work.
  setImmediate(() => delay.reset());
});
process.send?.(port);
