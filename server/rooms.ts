/** Smaller ones cost nothing to make, and the collector is quick with them. */
const LEAST_BYTES = 64 * 1024;

/** What is kept for the next who needs some. */
const MOST_SPARE_BYTES = 4 * 1024 * 1024;

/** Of a spare room at least this share has to be needed, so that nobody holds more than twice what was sent. */
const LEAST_USE = 1 / 2;

const spares: Buffer[] = [];
let spareBytes = 0;

/**
 * Memory of at least `bytes` octets, with anything in it. Large ones that nobody needs any more serve again: a message
 * that comes in pieces goes through several, one twice as large as the other, and it would be for the collector to free
 * them, which lets 32 MiB of such memory gather first.
 */
export function takeRoom(bytes: number): Buffer {
  const at =
    bytes < LEAST_BYTES ? -1 : spares.findIndex(({ length }) => length >= bytes && length * LEAST_USE <= bytes);
  const [spare] = at < 0 ? [] : spares.splice(at, 1);
  if (spare === undefined) return Buffer.allocUnsafeSlow(bytes);
  spareBytes -= spare.length;
  return spare;
}

/** Nobody looks at `room`, which came from `takeRoom`, any more. */
export function giveRoom(room: Buffer): void {
  if (room.length < LEAST_BYTES || spareBytes + room.length > MOST_SPARE_BYTES) return;
  spares.push(room);
  spareBytes += room.length;
}
