import type { Socket } from 'node:net';
import { allocateBorrowed } from '../memory/borrowed-memory.ts';

/**
 * Largest size of one read, and size of the shared read buffer. The size is several times what a socket usually holds
 * when it is read. Large reads are useful because they split fewer messages: a message that is split between two reads
 * must be copied.
 */
export const MAX_READ_BYTES = 512 * 1024;

/**
 * Size of the first read of a connection. At that time the server does not know how much time the client's messages
 * take.
 */
export const FIRST_READ_BYTES = 64 * 1024;

/**
 * Read buffer of all sockets. Each read is processed before the next one starts, and no code may keep a view of the
 * buffer. Node itself would allocate 64 KiB for each read, and would never read more than 64 KiB at a time.
 */
const SHARED = allocateBorrowed(MAX_READ_BYTES);

/** View of the shared read buffer for the first read of each connection. */
const FIRST = SHARED.subarray(0, FIRST_READ_BYTES);

type Handle = { useUserBuffer?: (memory: Uint8Array) => void };

/**
 * Symbol keys of three internal fields of a socket: its read buffer, the function that Node calls after a read, and the
 * function that returns the buffer for the next read.
 */
type FieldKeys = readonly [buffer: symbol, callback: symbol, nextBuffer: symbol];

/** Cached symbol keys of the internal fields. All sockets have the same keys. */
let cachedKeys: FieldKeys | undefined;

function findKeys(socket: Socket): FieldKeys | undefined {
  if (cachedKeys !== undefined && cachedKeys[0] in socket) return cachedKeys;
  const symbols = new Map(Object.getOwnPropertySymbols(socket).map((symbol) => [symbol.description, symbol]));
  const [buffer, callback, nextBuffer] = [symbols.get('kBuffer'), symbols.get('kBufferCb'), symbols.get('kBufferGen')];
  if (buffer === undefined || callback === undefined || nextBuffer === undefined) return undefined;
  cachedKeys = [buffer, callback, nextBuffer];
  return cachedKeys;
}

/**
 * Makes `socket` read into the shared read buffer. Each read is passed to `read` as a view of the buffer, which is
 * valid only during the call.
 *
 * Node documents this feature (`onread` of `net.Socket`) for client sockets, but not for sockets that a server accepts.
 * This function does the same as Node does for a client socket: it sets three fields of the socket and calls one method
 * of its handle. Node does not document these fields, so only this file uses them. If they are missing, the function
 * changes nothing.
 *
 * @returns a function that limits the size of the next reads in bytes; call it inside `read`. Undefined if the socket
 * cannot share a buffer, for example with TLS. The caller must then listen for `data` events.
 */
export function useSharedReadBuffer(
  socket: Socket,
  read: (chunk: Buffer) => void,
): ((bytes: number) => void) | undefined {
  if ('encrypted' in socket) return undefined;
  const { _handle: handle } = socket as unknown as { _handle?: Handle | null };
  if (typeof handle?.useUserBuffer !== 'function') return undefined;
  const keys = findKeys(socket);
  if (keys === undefined) return undefined;
  const fields = socket as unknown as Record<symbol, unknown>;
  const [buffer, callback, nextBuffer] = keys;
  fields[buffer] = FIRST;
  fields[callback] = (count: number): void => read(SHARED.subarray(0, count));
  fields[nextBuffer] = null;
  handle.useUserBuffer(FIRST);
  let current = FIRST_READ_BYTES;
  return (bytes) => {
    if (bytes === current) return;
    current = bytes;
    // If this field holds a function, Node calls the function after each read to get the buffer of the next read.
    fields[nextBuffer] = (): Uint8Array => {
      fields[nextBuffer] = null;
      return SHARED.subarray(0, bytes);
    };
  };
}
