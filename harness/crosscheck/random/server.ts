import { createServer, type Socket } from 'node:net';
import { RandomConnection } from './connection.ts';
import type { Fault } from './faults.ts';

/** A server in this process that plays the part of many random servers, each under its own path. */
export interface RandomServers {
  /** Adds a server with these faults. Returns its URL, `ws://127.0.0.1:port/name`. */
  add(name: string, faults: readonly Fault[]): string;
  close(): Promise<void>;
}

/**
 * After the server has ended its side of a connection, it waits this many milliseconds for the client to end its side.
 * Then it destroys the connection.
 */
const LINGER_MS = 2000;

/**
 * Starts the server on a free port. `second`: factor for all pauses and limits; 0.1 makes each of them ten times
 * shorter.
 */
export function startRandomServers(second: number): Promise<RandomServers> {
  const sockets = new Set<Socket>();
  const faults = new Map<string, readonly Fault[]>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    // Bytes that arrive after the server's FIN are read and discarded. If they stayed unread, closing the socket would
    // send a reset.
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
