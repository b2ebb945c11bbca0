import type { Connection } from './transport/connection.ts';

/** Makes a connection send each received message back unchanged. Conformance suites test servers with such an echo. */
export function echo(connection: Connection): void {
  connection.receive((kind, bytes, from, to) => {
    connection.sendRange(kind, bytes, from, to);
  });
}
