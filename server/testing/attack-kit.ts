import assert from 'node:assert/strict';
import { echo } from '../echo.ts';
import { createServer, type Ended, type ServerOptions, type WebSocketServer } from '../index.ts';
import { OP } from '../protocol/frame.ts';
import { incompleteBytes } from '../protocol/payload-assembler.ts';
import { finalFrame } from './protocol-kit.ts';
import { RawClient, REQUEST } from './raw-client.ts';

/** A running server and the functions that a test attacks it with. */
export type AttackedServer = {
  readonly server: WebSocketServer;
  readonly port: number;
  /** How the connections of the server ended, in the order in which they ended. */
  readonly ends: readonly Ended[];
  /** Opens a TCP connection to the server. */
  connect(): RawClient;
  /** Connects a client and completes the opening handshake. @param headers additional request headers. */
  upgraded(headers?: string[]): Promise<RawClient>;
  /**
   * Sends raw bytes on a new connection.
   *
   * @returns the response up to the end of its headers, or all bytes before FIN.
   */
  ask(request: string | Buffer): Promise<string>;
};

/**
 * Builds an upgrade request for the path `/ws`. A header line in `changes` replaces the default line with the same
 * header name. If there is no default line with that name, the line is added.
 */
export function request(...changes: string[]): string {
  const nameOf = (line: string) => line.slice(0, line.indexOf(':')).toLowerCase();
  const unchanged = REQUEST.filter((line, at) => at === 0 || !changes.some((other) => nameOf(other) === nameOf(line)));
  return `${[...unchanged, ...changes].join('\r\n')}\r\n\r\n`;
}

/** Status code of an HTTP response. */
export function statusOf(response: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(response)?.[1]);
}

/**
 * Runs an attack against a new server and checks that the server survives it. One honest client connects before the
 * attack and one after it; each must get an echo within a second. Node must print no warning. After the attack no
 * connection may be open, and the unfinished messages must hold as much memory as before. vitest itself fails the test
 * on uncaught exceptions and rejections.
 */
export async function survives(
  attack: (attacked: AttackedServer) => Promise<void>,
  options: ServerOptions = {},
): Promise<void> {
  const bytesBefore = incompleteBytes();
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  process.on('warning', warn);
  const server = createServer({ path: '/ws', closeTimeoutMs: 200, ...options });
  const ends: Ended[] = [];
  server.on('connection', (connection) => connection.on('close', (ended) => ends.push(ended)));
  server.on('connection', echo);
  const port = Number(new URL(await server.listen()).port);
  const clients: RawClient[] = [];
  const attacked: AttackedServer = {
    server,
    port,
    ends,
    connect() {
      const client = new RawClient(port);
      clients.push(client);
      return client;
    },
    async upgraded(headers = []) {
      const client = attacked.connect();
      const head = await client.upgrade(Buffer.alloc(0), headers);
      assert.match(head, /^HTTP\/1\.1 101 /);
      return client;
    },
    async ask(bytes) {
      const client = attacked.connect();
      client.socket.write(bytes);
      await client.waitUntil(() => client.ended || client.received.includes('\r\n\r\n'));
      return client.received.toString('latin1');
    },
  };
  try {
    const before = await attacked.upgraded();
    // An honest client answers Pings. This client sends a Pong after any data that it receives, which is allowed too.
    before.socket.on('data', () => before.socket.write(finalFrame(OP.pong)));
    await attack(attacked);
    const after = await attacked.upgraded();
    for (const probe of [before, after]) {
      const sentAt = performance.now();
      probe.socket.write(finalFrame(OP.text, 'still there?'));
      await probe.waitUntil(() => probe.ended || probe.received.includes('\x81\x0cstill there?', 0, 'latin1'));
      assert(!probe.ended, 'an honest client was dropped');
      assert(performance.now() - sentAt < 1_000, 'an honest client waited for more than a second');
    }
  } finally {
    for (const client of clients) client.socket.destroy();
    await server.close();
    process.off('warning', warn);
  }
  assert.equal(server.connections, 0);
  assert.equal(incompleteBytes(), bytesBefore);
  assert.deepEqual(warnings, []);
}
