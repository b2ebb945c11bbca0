import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

/** Where to connect, and how: TLS is neither verified nor named unless asked for, as in Autobahn. */
export interface Address {
  host: string;
  port: number;
  tls: Pick<ConnectionOptions, 'ca' | 'servername' | 'rejectUnauthorized'> | null;
}

export interface PeerEvents {
  connected(): void;
  octets(chunk: Buffer): void;
  /** The connection is over, for whatever reason; said once, and nothing after it. Not said if it was never made. */
  lost(): void;
  /** The connection could not be made; said once, instead of everything else. */
  refused(error: Error): void;
}

/** Seconds to wait for TCP to connect. */
const CONNECT_SECONDS = 30;

/**
 * The one place that holds a socket. Writes of one turn of the event loop leave together, as they do in the original:
 * the difference between cases that send frames in one segment and in several is theirs to make.
 */
export class Peer {
  readonly #socket: Socket;
  readonly #events: PeerEvents;
  #pending: Buffer[] = [];
  #scheduled = false;
  #connected = false;
  #over = false;

  constructor(address: Address, events: PeerEvents) {
    this.#events = events;
    const { host, port, tls } = address;
    const socket = tls === null ? connectTcp({ host, port }) : connectTls({ host, port, ...tls });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout(CONNECT_SECONDS * 1000, () => {
      if (!this.#connected) this.#refuse(new Error(`no TCP connection within ${CONNECT_SECONDS} s`));
    });
    socket.once(tls === null ? 'connect' : 'secureConnect', () => {
      this.#connected = true;
      socket.setTimeout(0);
      events.connected();
    });
    socket.on('data', (chunk: Buffer) => {
      if (!this.#over) events.octets(chunk);
    });
    // EOF counts at once: there is no waiting for our own half to end.
    socket.on('end', () => this.#lose());
    socket.on('error', (error) => (this.#connected ? this.#lose() : this.#refuse(error)));
    socket.on('close', () => this.#lose());
  }

  /** Queues octets; they leave when the present turn of the event loop ends, together with all others of that turn. */
  write(octets: Buffer): void {
    if (this.#over) return;
    this.#pending.push(octets);
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => this.#flush());
  }

  /** Writes at once what is queued: the next `write` begins a new segment. */
  #flush(): void {
    this.#scheduled = false;
    const pending = this.#pending;
    const [first] = pending;
    if (first === undefined || this.#over || this.#socket.destroyed) return;
    this.#pending = [];
    this.#socket.write(pending.length === 1 ? first : Buffer.concat(pending));
  }

  /** Sends what is queued, then ends TCP without waiting for the other side (FIN). */
  drop(): void {
    this.#flush();
    this.#socket.pause();
    this.#socket.destroySoon();
  }

  /** Ends TCP at once and throws away what is queued (RST). */
  abort(): void {
    this.#pending = [];
    // TLS sockets have no reset of their own.
    if ('encrypted' in this.#socket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  /** Ends TCP at once and says so: what a fault inside the original's own handler does. */
  tearDown(): void {
    this.#pending = [];
    this.#socket.destroy();
    this.#lose();
  }

  /** Ends TCP at once and says nothing about it, now or later. */
  destroy(): void {
    this.#over = true;
    this.#pending = [];
    this.#socket.destroy();
  }

  #lose(): void {
    if (this.#over || !this.#connected) return;
    this.#over = true;
    this.#socket.destroy();
    this.#events.lost();
  }

  #refuse(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#socket.destroy();
    this.#events.refused(error);
  }
}
