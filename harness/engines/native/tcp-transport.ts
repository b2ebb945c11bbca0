import { connect as openTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as openTls } from 'node:tls';
import type { Transport, TransportEvents } from './transport.ts';

/** Where a server listens. `tls` is null for plain TCP; certificates are verified only if `tls` asks for it, as in Autobahn. */
export interface Address {
  host: string;
  port: number;
  tls: Pick<ConnectionOptions, 'ca' | 'servername' | 'rejectUnauthorized'> | null;
}

/** Seconds to wait until TCP (and TLS) is connected. */
const CONNECT_SECONDS = 30;

/** Connects to a server over TCP or TLS. A failure is reported as `refused`. */
export function connectTcp({ host, port, tls }: Address): Transport {
  if (tls === null) return new TcpTransport(openTcp({ host, port }), 'connect');
  return new TcpTransport(openTls({ host, port, ...tls }), 'secureConnect');
}

/** A transport over a TCP connection that a listening socket has accepted. */
export function acceptTcp(socket: Socket): Transport {
  return new TcpTransport(socket, null);
}

/**
 * A transport over one socket. Writes of one turn of the event loop leave together, because Autobahn's do: some cases
 * send several frames in one segment, others send each frame in a segment of its own, and servers react differently.
 */
class TcpTransport implements Transport {
  readonly #socket: Socket;
  readonly #connectEvent: 'connect' | 'secureConnect' | null;
  #events: TransportEvents | null = null;
  #pending: Buffer[] = [];
  #flushScheduled = false;
  #connected = false;
  #over = false;

  /** `connectEvent` is the socket's event that reports the connection; null if the socket is connected already. */
  constructor(socket: Socket, connectEvent: 'connect' | 'secureConnect' | null) {
    this.#socket = socket;
    this.#connectEvent = connectEvent;
  }

  open(events: TransportEvents): void {
    this.#events = events;
    const socket = this.#socket;
    socket.setNoDelay(true);
    if (this.#connectEvent === null) queueMicrotask(() => this.#reportConnected());
    else {
      socket.setTimeout(CONNECT_SECONDS * 1000, () => {
        if (!this.#connected) this.#reportRefused(new Error(`no TCP connection within ${CONNECT_SECONDS} s`));
      });
      socket.once(this.#connectEvent, () => this.#reportConnected());
    }
    socket.on('data', (chunk: Buffer) => {
      if (!this.#over) events.received(chunk);
    });
    // The other side's FIN ends the connection at once: our own half is not kept open.
    socket.on('end', () => this.#reportLost());
    socket.on('error', (error) => (this.#connected ? this.#reportLost() : this.#reportRefused(error)));
    socket.on('close', () => this.#reportLost());
  }

  write(bytes: Buffer): void {
    if (this.#over) return;
    this.#pending.push(bytes);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    process.nextTick(() => this.#flush());
  }

  end(): void {
    this.#flush();
    this.#socket.pause();
    this.#socket.destroySoon();
  }

  abort(): void {
    this.#pending = [];
    // A TLS socket has no resetAndDestroy.
    if ('encrypted' in this.#socket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.#over = true;
    this.#pending = [];
    this.#socket.destroy();
  }

  #flush(): void {
    this.#flushScheduled = false;
    const pending = this.#pending;
    const [first] = pending;
    if (first === undefined || this.#over || this.#socket.destroyed) return;
    this.#pending = [];
    this.#socket.write(pending.length === 1 ? first : Buffer.concat(pending));
  }

  #reportConnected(): void {
    if (this.#over) return;
    this.#connected = true;
    this.#socket.setTimeout(0);
    this.#events?.connected();
  }

  #reportLost(): void {
    if (this.#over || !this.#connected) return;
    this.#over = true;
    this.#socket.destroy();
    this.#events?.lost();
  }

  #reportRefused(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#socket.destroy();
    this.#events?.refused(error);
  }
}
