import { createServer, type Socket } from 'node:net';
import { RandomConnection } from './connection.ts';
import type { Fault } from './faults.ts';

/** A process-local server that plays many random servers, each under a path of its own. */
export interface RandomServers {
  /** Adds a server with these faults. Returns its URL, `ws://127.0.0.1:port/name`. */
  add(name: string, faults: readonly Fault[]): string;
  close(): Promise<void>;
}

/** Milliseconds after which a connection that the server has ended is destroyed, if the client does not end its half. */
const LINGER_MS = 2000;

/** Starts to listen on a free port. `second`: time scale of all pauses and limits; 0.1 makes each ten times shorter. */
export function startRandomServers(second: number): Promise<RandomServers> {
  const sockets = new Set<Socket>();
  const faults = new Map<string, readonly Fault[]>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    // What arrives after the end is read and discarded: unread bytes would turn the FIN into a reset.
    socket.on('finish', () => setTimeout(() => socket.destroy(), LINGER_MS).unref());
    socket.on('close', () => sockets.delete(socket));
    new RandomConnection(socket, (path) => faults.get(path) ?? [], second);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      resolve({
        add(name, list) {
          faults.set(`/${name}`, list);
          return `ws://127.0.0.1:${port}/${name}`;
        },
        close: () =>
          new Promise((done) => {
            for (const socket of sockets) socket.destroy();
            server.close(() => done());
          }),
      });
    });
  });
}
