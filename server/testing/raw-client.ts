import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';

/** Lines of a valid upgrade request for `/ws`. */
export const REQUEST: readonly string[] = [
  'GET /ws HTTP/1.1',
  'Host: localhost',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

/** A TCP client without WebSocket logic: tests write raw bytes to `socket` and read the answer from `received`. */
export class RawClient {
  readonly socket: Socket;
  /** True after the server sent FIN or the connection was closed. */
  ended = false;
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** Makes the pending `waitUntil` check its condition again. */
  #wake: () => void = () => {};

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk) => {
      this.#pieces.push(chunk);
      this.#bytes += chunk.length;
      this.#wake();
    });
    for (const event of ['end', 'close']) {
      this.socket.on(event, () => {
        this.ended = true;
        this.#wake();
      });
    }
  }

  /**
   * All bytes received since the last assignment to this property. The received pieces are joined when the property is
   * read.
   */
  get received(): Buffer {
    const all = this.#pieces.length === 1 ? this.#pieces[0] : undefined;
    if (all !== undefined) return all;
    this.received = Buffer.concat(this.#pieces);
    return this.received;
  }

  set received(bytes: Buffer) {
    this.#pieces = [bytes];
    this.#bytes = bytes.length;
  }

  /** Waits until `received` has at least `bytes` bytes, or the connection has ended. */
  async waitForBytes(bytes: number): Promise<void> {
    await this.waitUntil(() => this.#bytes >= bytes || this.ended);
  }

  /** Waits until `condition` is true, and checks it after each event of the socket. */
  async waitUntil(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /**
   * Performs the opening handshake. `more` is sent in the same write as the request. Afterwards `received` contains
   * only the bytes that follow the response headers.
   *
   * @returns the response headers.
   */
  async upgrade(more: Buffer = Buffer.alloc(0), headers: string[] = []): Promise<string> {
    this.socket.write(Buffer.concat([Buffer.from(`${[...REQUEST, ...headers].join('\r\n')}\r\n\r\n`), more]));
    await this.waitUntil(() => this.received.includes('\r\n\r\n') || this.ended);
    const end = this.received.indexOf('\r\n\r\n') + 4;
    const head = this.received.subarray(0, end).toString();
    this.received = this.received.subarray(end);
    return head;
  }

  /** Waits for `bytes.length` bytes and asserts that exactly `bytes` were received. */
  async expectReceived(bytes: Buffer): Promise<void> {
    await this.waitForBytes(bytes.length);
    assert.equal(this.received.toString('hex'), bytes.toString('hex'));
  }
}
