import { type OnReadOpts, connect as openTcp, type Socket } from 'node:net';
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
  const transport = (connect: (onread: OnReadOpts) => Socket, event: 'connect' | 'secureConnect'): Transport => {
    const reads = new Reads();
    return new TcpTransport(connect(reads.options), event, reads);
  };
  if (tls === null) return transport((onread) => openTcp({ host, port, onread }), 'connect');
  return transport((onread) => openTls({ host, port, ...tls, onread } as ConnectionOptions), 'secureConnect');
}

/** A transport over a TCP connection that a listening socket has accepted. */
export function acceptTcp(socket: Socket): Transport {
  return new TcpTransport(socket, null, null);
}

/** Size in bytes of the buffer that all connections read into: as much as Node reads at once. */
const READ_SIZE = 65_536;
/** The reads of all connections use one buffer, because each read is handled before the next. */
const readBuffer = Buffer.alloc(READ_SIZE);

/**
 * Hands the bytes of a socket to its transport as soon as they are read, past the stream. A stream discards what is read
 * after a failed write; `Reads` does not.
 */
class Reads {
  /** Receives a copy of the bytes. */
  listener: ((bytes: Buffer) => void) | null = null;

  /** The value of the socket's option `onread`. */
  readonly options: OnReadOpts = {
    buffer: readBuffer,
    callback: (length) => {
      this.listener?.(Buffer.from(readBuffer.subarray(0, length)));
      return true;
    },
  };
}

/**
 * Event-loop turns without a byte after which nothing more can be read. When a write fails, the kernel holds all bytes
 * that the other side has sent before its reset, and each turn reads up to 2 MiB of them.
 */
const QUIET_TURNS = 2;

/**
 * A transport over one socket. Writes of one turn of the event loop leave together, because Autobahn's do: some cases
 * send several frames in one segment, others send each frame in a segment of its own, and servers react differently.
 *
 * If a write fails, the other side has closed the connection. What it sent before is read first, and then the transport
 * reports its end: a server with a message limit sends a Close and resets TCP while this side still writes. Autobahn reads
 * before it writes in each turn, so it sees that Close.
 */
class TcpTransport implements Transport {
  readonly #socket: Socket;
  readonly #connectEvent: 'connect' | 'secureConnect' | null;
  #events: TransportEvents | null = null;
  #pending: Buffer[] = [];
  #flushScheduled = false;
  #connected = false;
  #over = false;
  /** Whether a write has failed: nothing more is written, and the rest is read. */
  #writeFailed = false;
  /** Event-loop turns since the failed write in which nothing was read. */
  #quietTurns = 0;
  readonly #reads: Reads | null;

  /**
   * `connectEvent` is the socket's event that reports the connection; null if the socket is connected already. `reads` is null
   * if the socket was made without the option `onread`: then its stream hands over the bytes.
   */
  constructor(socket: Socket, connectEvent: 'connect' | 'secureConnect' | null, reads: Reads | null) {
    this.#socket = socket;
    this.#reads = reads;
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
    const received = (bytes: Buffer): void => {
      this.#quietTurns = 0;
      if (!this.#over) events.received(bytes);
    };
    if (this.#reads === null) socket.on('data', received);
    else {
      this.#reads.listener = received;
      this.#readOnAfterFailedWrite();
    }
    // The other side's FIN ends the connection at once: our own half is not kept open.
    socket.on('end', () => this.#reportLost());
    socket.on('error', (error) => (this.#connected ? this.#reportLost() : this.#reportRefused(error)));
    socket.on('close', () => this.#reportLost());
  }

  write(bytes: Buffer): void {
    if (this.#over || this.#writeFailed) return;
    this.#pending.push(bytes);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    process.nextTick(() => this.#flush());
  }

  end(): void {
    if (this.#writeFailed) return;
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

  /** Makes the socket read on after a failed write, which destroys a socket otherwise. */
  #readOnAfterFailedWrite(): void {
    const socket = this.#socket;
    const destroy = socket.destroy.bind(socket);
    socket.destroy = (error?: Error & { syscall?: string }) => {
      if (error?.syscall !== 'write' || !this.#connected || this.#over || this.#writeFailed) return destroy(error);
      this.#writeFailed = true;
      this.#pending = [];
      this.#awaitRest();
      return socket;
    };
  }

  /** Reports the end when everything that has arrived has been read. */
  #awaitRest(): void {
    setImmediate(() => {
      if (this.#over) return;
      if (this.#quietTurns++ < QUIET_TURNS) this.#awaitRest();
      else this.#reportLost();
    });
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
