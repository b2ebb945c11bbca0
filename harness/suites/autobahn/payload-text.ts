/**
 * The short form in which a payload stands in results: text where the octets are UTF-8, else `0x` and hex. Payloads of
 * more than 60 octets show their first 64 and ` ...`; a character cut there forces the hex form. UTF-8 is what Autobahn
 * (Python 2) takes for it: surrogates pass, overlong forms and code points beyond U+10FFFF do not.
 */
export function payloadText(octets: Uint8Array): string {
  const long = octets.length > LONG;
  const start = long ? octets.subarray(0, SHOWN) : octets;
  return `${decodeLoosely(start) ?? `0x${hexOf(start)}`}${long ? DOTS : ''}`;
}

/** Octets as hex, cut in the same way: how reads and writes stand in the wire log. */
export function payloadHex(octets: Uint8Array): string {
  return octets.length > LONG ? `${hexOf(octets.subarray(0, SHOWN))}${DOTS}` : hexOf(octets);
}

const LONG = 60;
const SHOWN = 64;
const DOTS = ' ...';

const hexOf = (octets: Uint8Array): string =>
  Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('hex');

/** UTF-8 to text, surrogates allowed; null where it is not even that. */
function decodeLoosely(octets: Uint8Array): string | null {
  let text = '';
  for (let i = 0; i < octets.length; ) {
    const lead = octets[i] ?? 0;
    const width = widthOf(lead);
    if (width === 0 || i + width > octets.length) return null;
    let point = width === 1 ? lead : lead & (0xff >> (width + 1));
    for (let k = 1; k < width; k++) {
      const next = octets[i + k] ?? 0;
      if ((next & 0xc0) !== 0x80) return null;
      point = (point << 6) | (next & 0x3f);
    }
    if ((width === 3 && point < 0x800) || (width === 4 && (point < 0x10000 || point > 0x10ffff))) return null;
    text += String.fromCodePoint(point);
    i += width;
  }
  return text;
}

/** How many octets a character has that begins with `lead`; 0 where none does (continuation octets, c0, c1, f5–ff). */
function widthOf(lead: number): 0 | 1 | 2 | 3 | 4 {
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}
