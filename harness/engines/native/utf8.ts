import { isUtf8 } from 'node:buffer';

/**
 * UTF-8 judged as it arrives (RFC 3629 3), with the first octet that cannot be part of any text refused at once.
 * One object judges one message.
 */
export class Utf8Judge {
  /** The octets of a character that has begun but not ended, at most three. */
  #begun: Buffer = Buffer.alloc(0);
  #refused = false;

  /** Takes the next octets; false when they hold what cannot be UTF-8, and from then on for any octets that follow. */
  push(chunk: Buffer): boolean {
    if (chunk.length === 0) return true;
    if (this.#refused) return false;
    const octets = this.#begun.length === 0 ? chunk : Buffer.concat([this.#begun, chunk]);
    const whole = octets.length - unfinished(octets);
    this.#begun = Buffer.from(octets.subarray(whole));
    this.#refused = !isUtf8(octets.subarray(0, whole)) || !mayGoOn(this.#begun);
    return !this.#refused;
  }

  /** Whether what has come so far is a whole text: nothing refused, no character unfinished. */
  get complete(): boolean {
    return !this.#refused && this.#begun.length === 0;
  }
}

/** How many octets at the end belong to a character whose lead octet promises more than are there; 0 to 3. */
function unfinished(octets: Buffer): number {
  const last = octets.length;
  for (let back = 1; back <= Math.min(3, last); back++) {
    const octet = octets[last - back] ?? 0;
    if ((octet & 0xc0) === 0x80) continue;
    const width = octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : octet >= 0xc0 ? 2 : 1;
    return width > back ? back : 0;
  }
  return 0;
}

/** Whether the beginning of a character (lead octet first) can still become one; RFC 3629 4 has the ranges. */
function mayGoOn(begun: Buffer): boolean {
  const [lead, second] = begun;
  if (lead === undefined) return true;
  if (lead < 0xc2 || lead > 0xf4) return false;
  if (second === undefined) return true;
  switch (lead) {
    case 0xe0:
      return second >= 0xa0; // below: overlong
    case 0xed:
      return second < 0xa0; // above: surrogates
    case 0xf0:
      return second >= 0x90; // below: overlong
    case 0xf4:
      return second < 0x90; // above: beyond U+10FFFF
    default:
      return true;
  }
}
