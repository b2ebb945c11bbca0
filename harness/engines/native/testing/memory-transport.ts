import type { Transport, TransportEvents } from '../transport.ts';

/**
 * One end of a connection in memory, for tests. It records what was written, and how this end closed the connection.
 */
export class MemoryTransport implements Transport {
  /** All bytes that this side has written. */
  written: Buffer = Buffer.alloc(0);
  /** How this side ended the stream; null if this side has not ended it. */
  ended: 'end' | 'abort' | 'destroy' | null = null;
  #other: MemoryTransport | null = null;
  #events: TransportEvents | null = null;
  #over = false;

  /** Returns the two ends of a connection. */
  static pair(): [MemoryTransport, MemoryTransport] {
    const [one, other] = [new MemoryTransport(), new MemoryTransport()];
    one.#other = other;
    other.#other = one;
    return [one, other];
  }

  open(events: TransportEvents): void {
    this.#events = events;
    setImmediate(() => events.connected());
  }

  write(bytes: Buffer): void {
    if (this.#over || this.ended !== null) return;
    this.written = Buffer.concat([this.written, bytes]);
    const other = this.#other;
    setImmediate(() => {
      if (other !== null) other.#receive(bytes);
    });
  }

  end(): void {
    this.#endBy('end');
  }

  abort(): void {
    this.#endBy('abort');
  }

  destroy(): void {
    this.#over = true;
    this.#endBy('destroy');
  }

  #endBy(how: 'end' | 'abort' | 'destroy'): void {
    this.ended ??= how;
    const other = this.#other;
    setImmediate(() => {
      this.#reportLost();
      if (other !== null) other.#reportLost();
    });
  }

  #receive(bytes: Buffer): void {
    if (!this.#over) this.#events?.received(bytes);
  }

  #reportLost(): void {
    if (this.#over) return;
    this.#over = true;
    this.#events?.lost();
  }
}
