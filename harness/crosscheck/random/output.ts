import type { Socket } from 'node:net';
import type { EndOfTcp } from './faults.ts';

type Item = { bytes: Buffer } | { pause: number } | { end: EndOfTcp };

/**
 * Everything that a random server sends on one connection, in order. All bytes between two pauses are sent in one
 * write. With several writes, chance would decide how TCP splits the bytes.
 */
export class Output {
  readonly #socket: Socket;
  readonly #second: number;
  readonly #items: Item[] = [];
  #scheduled = false;
  #pauses = 0;
  #over = false;
  #halfOver = false;
  #timer: NodeJS.Timeout | undefined;

  /** `second`: factor for all pauses; 0.1 makes each pause ten times shorter. */
  constructor(socket: Socket, second: number) {
    this.#socket = socket;
    this.#second = second;
  }

  /** Whether this side has ended TCP. If so, the server no longer reacts. */
  get over(): boolean {
    return this.#over;
  }

  bytes(bytes: Buffer): void {
    if (bytes.length > 0) this.#add({ bytes });
  }

  /**
   * Waits `seconds` before the next bytes. Only the first three long pauses of a connection count, because a connection
   * would otherwise last too long.
   */
  pause(seconds = 0): void {
    if (seconds <= 0) return;
    if (seconds >= 0.1 && ++this.#pauses > 3) return;
    this.#add({ pause: seconds });
  }

  end(how: EndOfTcp): void {
    this.#add({ end: how });
  }

  /** Discards all bytes that have not been sent. */
  stop(): void {
    this.#over = true;
    this.#items.length = 0;
    clearTimeout(this.#timer);
  }

  /** Ends TCP at once. */
  endNow(how: EndOfTcp): void {
    if (how === 'half') {
      this.#halfOver = true;
      this.#socket.end();
      return;
    }
    this.stop();
    if (how === 'reset') this.#socket.resetAndDestroy();
    else this.#socket.end();
  }

  #add(item: Item): void {
    if (this.#over) return;
    this.#items.push(item);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#send());
  }

  #send(): void {
    this.#scheduled = false;
    const together: Buffer[] = [];
    let item = this.#items.shift();
    for (; item !== undefined && 'bytes' in item; item = this.#items.shift()) together.push(item.bytes);
    if (together.length > 0 && !this.#halfOver) this.#socket.write(Buffer.concat(together));
    if (item === undefined) return;
    if ('end' in item) this.endNow(item.end);
    else if ('pause' in item) {
      this.#scheduled = true;
      this.#timer = setTimeout(() => this.#send(), item.pause * 1000 * this.#second);
      return;
    }
    if (this.#items.length > 0) this.#schedule();
  }
}
