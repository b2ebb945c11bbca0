import type { Connection } from './transport/connection.ts';

/**
 * Sends each message that a connection receives back to the peer, unchanged. Conformance suites need such an echo
 * server.
 */
export function echo(connection: Connection): void {
  connection.receive((kind, bytes, from, to) => {
    connection.sendRange(kind, bytes, from, to);
  });
}
