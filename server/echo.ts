import type { Connection } from './transport/connection.ts';

/** The application of a server under test: sends back what came, as it came. */
export function echo(connection: Connection): void {
  connection.receive((kind, bytes, from, to) => {
    connection.sendRange(kind, bytes, from, to);
  });
}
