import { parseArgs } from 'node:util';
import { createServer, echo } from './index.ts';

/**
 * Command line options of this program, which runs the echo server. The program prints one line when the server
 * listens. On SIGTERM or SIGINT it closes all connections with close code 1001.
 */
const OPTIONS = {
  port: { type: 'string', default: '8888' },
  host: { type: 'string', default: '127.0.0.1' },
  path: { type: 'string', default: '/ws' },
  agent: { type: 'string', default: 'websock server' },
} as const;

/** Reads the command line. @throws {Error} that names the wrong argument and the allowed values. */
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
    // Handle each signal only once. If the same signal comes again, it has its default effect and ends the process
    // immediately.
    process.once(signal, () => void server.close());
  }
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`server: ${message}\nusage: main.ts [--port N] [--host ADDRESS] [--path /ws] [--agent NAME]\n`);
  process.exitCode = 2;
}
