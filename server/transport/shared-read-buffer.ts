import type { Socket } from 'node:net';
import { allocateBorrowed } from '../memory/borrowed-memory.ts';

/**
 * As much as one read may bring. Several times what a socket usually holds when it is looked at, and somewhat more than
 * a power of two of messages whose length is one, with their headers: a message cut by a read has to be joined again.
 */
export const READ_BYTES = 512 * 1024;

/** As much as the first read brings: what a client costs is not known yet. */
export const FIRST_READ_BYTES = 64 * 1024;

/**
 * All sockets read into this memory, one after the other: each read is dealt with before the next begins, so nothing
 * of it may be kept. Node would otherwise make 64 KiB for each read, and never give more than that.
 */
const SHARED = allocateBorrowed(READ_BYTES);

/** The memory of every first read. */
const FIRST = SHARED.subarray(0, FIRST_READ_BYTES);

type Handle = { useUserBuffer?: (memory: Uint8Array) => void };

/** Keys of a socket's fields: the memory it reads to, who is called after a read, and who is asked for memory for the next. */
type Fields = readonly [memory: symbol, callback: symbol, next: symbol];

/** The same for every socket, so that they are looked for once. */
let known: Fields | undefined;

function fieldsOf(socket: Socket): Fields | undefined {
  if (known !== undefined && known[0] in socket) return known;
  const symbols = new Map(Object.getOwnPropertySymbols(socket).map((symbol) => [symbol.description, symbol]));
  const [memory, callback, next] = [symbols.get('kBuffer'), symbols.get('kBufferCb'), symbols.get('kBufferGen')];
  if (memory === undefined || callback === undefined || next === undefined) return undefined;
  known = [memory, callback, next];
  return known;
}

/**
 * Has `socket` hand its reads to `read` as views of shared memory, valid only during the call.
 *
 * Node offers this for sockets one makes oneself (`onread` of net.Socket), but not for those that a server accepts.
 * The switch is the same: three fields of the socket and one call of its handle. They are not documented, so this file
 * is the only one that knows of them, looks whether they are there, and changes nothing if not.
 *
 * @returns called within `read`: the next reads bring at most so many octets. Undefined where reads cannot be lent, as
 * over TLS: then listen for `data`, as always.
 */
export function useSharedReadBuffer(
  socket: Socket,
  read: (chunk: Buffer) => void,
): ((bytes: number) => void) | undefined {
  if ('encrypted' in socket) return undefined;
  const { _handle: handle } = socket as unknown as { _handle?: Handle | null };
  if (typeof handle?.useUserBuffer !== 'function') return undefined;
  const keys = fieldsOf(socket);
  if (keys === undefined) return undefined;
  const fields = socket as unknown as Record<symbol, unknown>;
  const [memory, callback, next] = keys;
  fields[memory] = FIRST;
  fields[callback] = (count: number): void => read(SHARED.subarray(0, count));
  fields[next] = null;
  handle.useUserBuffer(FIRST);
  let most = FIRST_READ_BYTES;
  return (bytes) => {
    if (bytes === most) return;
    most = bytes;
    // Node asks for other memory after each read, while there is somebody to ask.
    fields[next] = (): Uint8Array => {
      fields[next] = null;
      return SHARED.subarray(0, bytes);
    };
  };
}
