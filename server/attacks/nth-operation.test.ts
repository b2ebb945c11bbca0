import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { echo } from '../echo.ts';
import { OP } from '../protocol/frame.ts';
import { incompleteBytes } from '../protocol/payload-assembler.ts';
import { Protocol } from '../protocol/protocol.ts';
import { finalFrame, frame } from '../testing/protocol-kit.ts';
import { Connection } from '../transport/connection.ts';
import { resolveOptions } from '../transport/options.ts';

const KINDS = ['EPIPE', 'ECONNRESET', 'ETIMEDOUT', 'ENOBUFS', 'gone'] as const;

/**
 * A fake socket on which one operation fails: the one with the given number. Operations are reads, writes and the end.
 */
class ScriptedSocket extends Duplex {
  operations = 0;
  readonly #fails: number;
  readonly #kind: (typeof KINDS)[number];
  readonly #input: Buffer[];

  constructor(input: readonly Buffer[], failingOperation: number, kind: (typeof KINDS)[number]) {
    super({ allowHalfOpen: true, writableHighWaterMark: 1_000 });
    this.#input = input.map((chunk) => Buffer.from(chunk));
    this.#fails = failingOperation;
    this.#kind = kind;
  }

  /** Counts the operations of the socket, and makes the one with the given number fail. */
  #operation(done: (error?: Error) => void): void {
    if (++this.operations !== this.#fails) setImmediate(done);
    else if (this.#kind === 'gone') this.destroy();
    else done(Object.assign(new Error(this.#kind), { code: this.#kind }));
  }

  override _read(): void {
    this.#operation((error) => {
      if (error !== undefined) this.destroy(error);
      else this.push(this.#input.shift() ?? null);
    });
  }

  override _write(_chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#operation(done);
  }

  override _final(done: (error?: Error) => void): void {
    this.#operation(done);
  }
}

const big = Buffer.alloc(20_000, 'x');
const SCENARIOS: readonly (readonly [
  name: string,
  input: readonly Buffer[],
  behaviour?: (connection: Connection) => void,
])[] = [
  ['no data', []],
  ['one message', [finalFrame(OP.text, 'x')]],
  ['two messages and a Close frame', [finalFrame(OP.text, 'x'), finalFrame(OP.binary, 'y'), finalFrame(OP.close)]],
  [
    'a message in three reads',
    [
      finalFrame(OP.binary, big).subarray(0, 9),
      finalFrame(OP.binary, big).subarray(9, 500),
      finalFrame(OP.binary, big).subarray(500),
    ],
  ],
  ['a large message', [finalFrame(OP.binary, big), finalFrame(OP.close)]],
  ['fragments', [frame(OP.text, 'a'), frame(OP.continuation, 'b'), finalFrame(OP.continuation, 'c')]],
  ['an unfinished message', [frame(OP.text, 'a')]],
  ['half a header', [finalFrame(OP.text, 'x').subarray(0, 1)]],
  ['half a payload', [finalFrame(OP.text, 'hello').subarray(0, 8)]],
  ['half a Ping', [finalFrame(OP.ping, 'hello').subarray(0, 8)]],
  ['Pings', [finalFrame(OP.ping, '1'), finalFrame(OP.ping, '2')]],
  ['Pings while an echo is unsent', [finalFrame(OP.binary, big), finalFrame(OP.ping, '1'), finalFrame(OP.ping, '2')]],
  ['a Close frame', [finalFrame(OP.close)]],
  ['data after a Close frame', [finalFrame(OP.close), finalFrame(OP.text, 'x'), big]],
  ['a frame that breaks a rule', [frame(0xf1, 'x'), finalFrame(OP.text, 'x')]],
  ['text that is not UTF-8', [finalFrame(OP.text, Buffer.from([0xff]))]],
  ['the server closes', [finalFrame(OP.close)], (connection) => connection.close()],
  ['the server sends and closes', [finalFrame(OP.close)], (connection) => [connection.send(big), connection.close()]],
  ['the server pings', [finalFrame(OP.pong)], (connection) => connection.ping()],
  ['the server destroys the connection', [finalFrame(OP.text, 'x')], (connection) => connection.destroy()],
];

/** Runs a scenario until the connection is closed. @returns the number of operations on the socket. */
async function runScenario(
  [, input, behaviour]: (typeof SCENARIOS)[number],
  failingOperation: number,
  kind: (typeof KINDS)[number],
): Promise<number> {
  const socket = new ScriptedSocket(input, failingOperation, kind);
  const protocol = new Protocol({ maxMessageBytes: 1 << 20, deflateLevel: 1, deflateFromBytes: 0 });
  // The fake socket is a Duplex stream. This is enough here, because Connection uses nothing else of a net.Socket.
  const connection = new Connection(socket as unknown as Socket, protocol, resolveOptions({ closeTimeoutMs: 20 }));
  socket.on('error', connection.onSocketError);
  let closed = 0;
  const down = new Promise<void>((resolve) => {
    connection.on('close', () => {
      closed++;
      resolve();
    });
  });
  echo(connection);
  connection.open(Buffer.from('HTTP/1.1 101\r\n\r\n'), Buffer.alloc(0));
  behaviour?.(connection);
  await down;
  await new Promise(setImmediate);
  expect(closed).toBe(1);
  expect(socket.destroyed).toBe(true);
  expect([connection.isOpen, connection.send('late'), connection.ping()]).toEqual([false, false, false]);
  return socket.operations;
}

test.each(SCENARIOS.map((scenario) => [scenario[0], scenario] as const))(
  'S55 whichever operation fails, there is one close event and no memory or timer remains: %s',
  async (_name, scenario) => {
    const bytesBefore = incompleteBytes();
    let runCount = 0;
    for (const kind of KINDS) {
      for (let n = 1; ; n++) {
        runCount++;
        if ((await runScenario(scenario, n, kind)) < n) break;
      }
    }
    expect(runCount).toBeGreaterThan(KINDS.length);
    expect(incompleteBytes()).toBe(bytesBefore);
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBeLessThan(5);
  },
);
