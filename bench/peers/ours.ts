import { createServer, echo } from '../../server/index.ts';

const { PING_INTERVAL_MS = '20000', COLLECT } = process.env;
const server = createServer({ pingIntervalMs: Number(PING_INTERVAL_MS) });
server.on('connection', echo);
console.log(`listening ${new URL(await server.listen()).port}`);
// Memory benchmarks set the environment variable COLLECT. The server then runs the garbage collector every second,
// because garbage must not count as memory of the connections.
if (COLLECT !== undefined) setInterval(() => globalThis.gc?.(), 1_000);
