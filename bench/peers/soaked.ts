/**
 * The server of this repository with default options, for bench/soak.ts. The process sends its port over IPC. It
 * answers each IPC message with its condition: figures that cannot be measured from outside.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createServer, echo } from '../../server/index.ts';

/**
 * Condition of the server: heap after a garbage collection, active handles, open connections, and the 99th percentile
 * of the event loop delay since the last report.
 */
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
  // The garbage collection above delays the event loop. This delay must not count, so reset the measurement after it.
  setImmediate(() => delay.reset());
});
process.send?.(port);
