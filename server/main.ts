import { parseArgs } from 'node:util';
import { createServer, echo } from './index.ts';

/** The echo server as a process: prints one line when it listens; SIGTERM or SIGINT end it, with 1001 to its clients. */
const OPTIONS = {
  port: { type: 'string', default: '8888' },
  host: { type: 'string', default: '127.0.0.1' },
  path: { type: 'string', default: '/ws' },
  agent: { type: 'string', default: 'websock server' },
} as const;

/** Arguments as they should be. @throws {Error} that says which is not, and what would be. */
function readArguments() {
  const { values } = parseArgs({ options: OPTIONS });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) {
    throw new Error(`--port is ${JSON.stringify(values.port)}: it must be a number from 0 (any free one) to 65535`);
  }
  if (!values.path.startsWith('/')) throw new Error(`--path is ${JSON.stringify(values.path)}: it must begin with /`);
  return { ...values, port };
}

try {
  const { port, host, path, agent } = readArguments();
  const server = createServer({ path, agent });
  server.on('connection', echo);
  process.stdout.write(`listening ${await server.listen(port, host)}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // Once: the same signal again ends us at once, as it would anybody.
    process.once(signal, () => void server.close());
  }
} catch (error) {
  const what = error instanceof Error ? error.message : String(error);
  process.stderr.write(`server: ${what}\nusage: main.ts [--port N] [--host ADDRESS] [--path /ws] [--agent NAME]\n`);
  process.exitCode = 2;
}
