import type { RecordedCase } from '../document/recorded-case.ts';

/** Maximum number of wire log rows on a page. A page shows only the first and the last rows of a longer wire log. */
export const WIRE_ROWS_SHOWN = 400;

/** How Autobahn's short form of a payload ends where it was cut. */
const CUT = / \.\.\.$/;

/**
 * Whether something of a case cannot be seen on its page: a payload that was recorded in its short form, a wire log that
 * was switched off, or one too long for the page. Rows of octets do not count: those of every handshake are cut, and
 * their text is on the page.
 */
export function isTruncated({ wirelog, received, createWirelog }: RecordedCase): boolean {
  return (
    !createWirelog ||
    wirelog.length > WIRE_ROWS_SHOWN ||
    wirelog.some((row) => (row.row === 'log' ? !row.on : row.row === 'frame' && CUT.test(row.payload))) ||
    received.some((event) => event.kind !== 'timeout' && CUT.test(event.payload))
  );
}
