import { type OnReadOpts, connect as openTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as openTls } from 'node:tls';
import type { Transport, TransportEvents } from './transport.ts';

/**
 * The address of a server. `tls` is null for plain TCP. As in Autobahn, certificates are verified only if `tls` asks
 * for verification.
 */
export interface Address {
  host: string;
  port: number;
  tls: Pick<ConnectionOptions, 'ca' | 'servername' | 'rejectUnauthorized'> | null;
}

/** Seconds to wait until TCP (and TLS) is connected. */
const CONNECT_SECONDS = 30;

/** Connects to a server over TCP or TLS. A failure is reported by the event `refused`. */
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

/** Size in bytes of the buffer into which all connections read. Node itself reads the same number of bytes at once. */
const READ_SIZE = 65_536;
/**
 * One read buffer for all connections. They can share it, because the bytes of each read are copied before the next
 * read.
 */
const readBuffer = Buffer.alloc(READ_SIZE);

/**
 * Passes the bytes of a socket directly to the transport, without Node's stream. After a failed write, a stream
 * discards the bytes that are read. This class does not discard them.
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
 * After a failed write, the rest of the received bytes is read. This number of event-loop turns without a byte shows
 * that nothing is left. The kernel already holds all bytes that the other side sent before its reset, and each turn
 * reads up to 2 MiB of them.
 */
const QUIET_TURNS = 2;

/**
 * A transport (stream of bytes) over one socket. As in Autobahn, all writes of one turn of the event loop are sent
 * together: some cases send several frames in one TCP segment, other cases send each frame in its own segment, and
 * servers react differently.
 *
 * A failed write shows that the other side has closed the connection. The transport then first reads the bytes that the
 * other side sent before, and reports the end afterwards. Example: a server with a message limit sends a Close frame
 * and resets TCP while this side still writes. Autobahn sees this Close frame, because it reads before it writes in
 * each turn.
 */
class TcpTransport implements Transport {
  readonly #socket: Socket;
  readonly #connectEvent: 'connect' | 'secureConnect' | null;
  #events: TransportEvents | null = null;
  #pending: Buffer[] = [];
  #flushScheduled = false;
  #connected = false;
  #over = false;
  /** Whether a write has failed. If so, nothing more is written, and the remaining received bytes are read. */
  #writeFailed = false;
  /** Event-loop turns since the failed write in which nothing was read. */
  #quietTurns = 0;
  readonly #reads: Reads | null;

  /**
   * `connectEvent` is the name of the socket event that reports the connection; null if the socket is already
   * connected. `reads` is null if the socket was made without Node's option `onread`. In this case, the socket's stream
   * delivers the bytes.
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
    // When the other side sends FIN, this side closes the connection too. It does not stay half open.
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
    // A TLS socket has no method `resetAndDestroy`.
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

  /** Lets the socket continue to read after a failed write. Node would otherwise destroy the socket. */
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

  /** Reports the end of the connection when all bytes that have arrived have been read. */
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
