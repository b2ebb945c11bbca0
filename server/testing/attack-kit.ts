import assert from 'node:assert/strict';
import { echo } from '../echo.ts';
import { createServer, type Ended, type ServerOptions, type WebSocketServer } from '../index.ts';
import { OP } from '../protocol/frame.ts';
import { incompleteBytes } from '../protocol/payload-assembler.ts';
import { finalFrame } from './protocol-kit.ts';
import { RawClient, REQUEST } from './raw-client.ts';

/** A server under attack, and the means to attack it. */
export type AttackedServer = {
  readonly server: WebSocketServer;
  readonly port: number;
  /** How connections ended, in the order in which they did. */
  readonly ends: readonly Ended[];
  connect(): RawClient;
  /** A client that has shaken hands. */
  upgraded(headers?: string[]): Promise<RawClient>;
  /** Sends `request` as it is and reads to the end, or to the end of the headers. @returns what came. */
  ask(request: string | Buffer): Promise<string>;
};

/** A request of these lines. `replace` takes the place of the line with the same name, or is added. */
export function request(...replace: string[]): string {
  const name = (line: string) => line.slice(0, line.indexOf(':')).toLowerCase();
  const kept = REQUEST.filter((line, at) => at === 0 || !replace.some((other) => name(other) === name(line)));
  return `${[...kept, ...replace].join('\r\n')}\r\n\r\n`;
}

/** The number in a status line. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
}

/**
 * The oracle that all attacks share: whatever happens in `attack`, an honest client from before it and one from after
 * it are answered; no warning is given; and when the attackers are gone, so is all that they held. That nothing was
 * thrown into the void, vitest sees to.
 */
export async function survives(
  attack: (arena: AttackedServer) => Promise<void>,
  options: ServerOptions = {},
): Promise<void> {
  const held = incompleteBytes();
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  process.on('warning', warn);
  const server = createServer({ path: '/ws', closeTimeoutMs: 200, ...options });
  const ends: Ended[] = [];
  server.on('connection', (connection) => connection.on('close', (ended) => ends.push(ended)));
  server.on('connection', echo);
  const port = Number(new URL(await server.listen()).port);
  const clients: RawClient[] = [];
  const arena: AttackedServer = {
    server,
    port,
    ends,
    connect() {
      const client = new RawClient(port);
      clients.push(client);
      return client;
    },
    async upgraded(headers = []) {
      const client = arena.connect();
      const head = await client.upgrade(Buffer.alloc(0), headers);
      assert.match(head, /^HTTP\/1\.1 101 /);
      return client;
    },
    async ask(text) {
      const client = arena.connect();
      client.socket.write(text);
      await client.waitUntil(() => client.ended || client.received.includes('\r\n\r\n'));
      return client.received.toString('latin1');
    },
  };
  try {
    const before = await arena.upgraded();
    // Honest clients answer Pings.
    before.socket.on('data', () => before.socket.write(finalFrame(OP.pong)));
    await attack(arena);
    const after = await arena.upgraded();
    for (const probe of [before, after]) {
      const asked = performance.now();
      probe.socket.write(finalFrame(OP.text, 'still there?'));
      await probe.waitUntil(() => probe.ended || probe.received.includes('\x81\x0cstill there?', 0, 'latin1'));
      assert(!probe.ended, 'an honest client was dropped');
      assert(performance.now() - asked < 1_000, 'an honest client waited for more than a second');
    }
  } finally {
    for (const client of clients) client.socket.destroy();
    await server.close();
    process.off('warning', warn);
  }
  assert.equal(server.connections, 0);
  assert.equal(incompleteBytes(), held);
  assert.deepEqual(warnings, []);
}
