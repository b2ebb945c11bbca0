import { createServer, echo } from '../../server/index.ts';

const { PING_INTERVAL_MS = '20000', COLLECT } = process.env;
const server = createServer({ pingIntervalMs: Number(PING_INTERVAL_MS) });
server.on('connection', echo);
console.log(`listening ${new URL(await server.listen()).port}`);
// For measuring memory: what is garbage is not to be counted.
if (COLLECT !== undefined) setInterval(() => globalThis.gc?.(), 1_000);
