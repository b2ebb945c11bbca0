import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';

/** The lines of a good request to upgrade `/ws`. */
export const REQUEST: readonly string[] = [
  'GET /ws HTTP/1.1',
  'Host: localhost',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

/** A client of octets: what it sends is what is written here, and all that came is in `got`. */
export class RawClient {
  readonly socket: Socket;
  ended = false;
  #pieces: Buffer[] = [];
  #bytes = 0;

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

  /** All that came. Joined only when looked at. */
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

  /** Waits until at least so many octets came, or no more will. */
  async waitForBytes(bytes: number): Promise<void> {
    await this.waitUntil(() => this.#bytes >= bytes || this.ended);
  }

  /** Looks at each event of the socket whether `is` holds by now. */
  async waitUntil(is: () => boolean): Promise<void> {
    while (!is()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Shakes hands, with `more` in the same write. Afterwards `got` holds frames only. */
  async upgrade(more: Buffer = Buffer.alloc(0), headers: string[] = []): Promise<string> {
    this.socket.write(Buffer.concat([Buffer.from(`${[...REQUEST, ...headers].join('\r\n')}\r\n\r\n`), more]));
    await this.waitUntil(() => this.received.includes('\r\n\r\n') || this.ended);
    const end = this.received.indexOf('\r\n\r\n') + 4;
    const head = this.received.subarray(0, end).toString();
    this.received = this.received.subarray(end);
    return head;
  }

  /** Waits until exactly these octets have come. */
  async expectReceived(bytes: Buffer): Promise<void> {
    await this.waitForBytes(bytes.length);
    assert.equal(this.received.toString('hex'), bytes.toString('hex'));
  }
}
