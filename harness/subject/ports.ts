import net from 'node:net';
import { HarnessError } from '../support/harness-error.ts';
import { listenersOn } from '../system/process-table.ts';

/**
 * Finds a port that is free on a host. If another process takes the port before the server does, the server fails to
 * start.
 * @throws HarnessError with exit code 3 if nothing can listen on the host.
 */
export async function freePort(host: string): Promise<number> {
  const port = await listenBriefly(host, 0);
  if (port !== undefined) return port;
  throw new HarnessError(3, {
    what: `Nothing can listen on ${host} here.`,
    why: 'There is no such address on this machine, or no port is free.',
    todo: 'Correct the host of the server: it is where the server will listen on this machine.',
  });
}

/**
 * Checks that a port is free.
 * @param command of the server that needs the port, for the error.
 * @throws HarnessError with exit code 3 if the port is taken.
 */
export async function refuseTakenPort(command: string, host: string, port: number): Promise<void> {
  if ((await listenBriefly(host, port)) !== undefined) return;
  const pids = listenersOn(port).map(({ pid }) => pid);
  throw new HarnessError(3, {
    what: `Port ${port} is taken, and the server can have no other.`,
    where: command,
    why: pids.length > 0 ? `Process ${pids.join(', ')} listens there.` : 'Another process listens there.',
    todo: 'End that process, or let the command take its port from {port} and remove "port".',
  });
}

/** Listens on a port for a moment. @param port 0 for any free port. @returns the port; undefined if listening fails. */
async function listenBriefly(host: string, port: number): Promise<number | undefined> {
  const server = net.createServer();
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, host, () => resolve(true));
  });
  const address = server.address();
  if (isListening) await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : undefined;
}
