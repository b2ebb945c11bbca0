/**
 * RFC 6455 again, the slow and obvious way: all octets are there, nothing is clever, no file of the server is used.
 * What it says of a stream is what Protocol must say of it in every cut. Without permessage-deflate.
 */
export function modelEvents(stream: Buffer, maxMessageBytes: number): string[] {
  const events: string[] = [];
  let kind = '';
  let message: number[] = [];
  let at = 0;
  const fail = (code: number, section: string) => [...events, `close ${code}`, `end by ${section}`];

  for (;;) {
    const rest = stream.length - at;
    if (rest < 2) return events;
    const first = stream[at] ?? 0;
    const second = stream[at + 1] ?? 0;
    const fin = first >= 128;
    const opcode = first % 16;
    const control = opcode >= 8;
    const short = second % 128;
    if (Math.floor(first / 16) % 4 !== 0) return fail(1002, '5.2'); // RSV2, RSV3
    if (![0, 1, 2, 8, 9, 10].includes(opcode)) return fail(1002, '5.2');
    if (Math.floor(first / 64) % 2 !== 0) return fail(1002, '5.2'); // RSV1
    if (second < 128) return fail(1002, '5.1');
    if (control && !fin) return fail(1002, '5.5');
    if (control && short > 125) return fail(1002, '5.5');
    if (opcode === 8 && short === 1) return fail(1002, '5.5.1');
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const head = 2 + lengthBytes + 4;
    if (rest < head) return events;
    let length = BigInt(short);
    if (lengthBytes > 0) {
      length = 0n;
      for (let n = 0; n < lengthBytes; n++) length = length * 256n + BigInt(stream[at + 2 + n] ?? 0);
      if (length >= 2n ** 63n) return fail(1002, '5.2');
      if (length < (lengthBytes === 2 ? 126n : 65_536n)) return fail(1002, '5.2');
    }
    if (!control) {
      if (opcode === 0 && kind === '') return fail(1002, '5.4');
      if (opcode !== 0 && kind !== '') return fail(1002, '5.4');
      if (opcode !== 0) kind = opcode === 1 ? 'text' : 'binary';
      if (BigInt(message.length) + length > BigInt(maxMessageBytes)) return fail(1009, '7.4.1');
    }
    const there = Math.min(Number(length), rest - head);
    const payload: number[] = [];
    for (let n = 0; n < there; n++) payload.push((stream[at + head + n] ?? 0) ^ (stream[at + head - 4 + (n % 4)] ?? 0));
    const whole = there === Number(length);
    if (!control) {
      message.push(...payload);
      if (kind === 'text' && !couldBeText(message, fin && whole)) return fail(1007, '8.1');
    }
    if (!whole) return events;
    at += head + there;
    const text = String.fromCharCode(...payload);
    if (opcode === 9) events.push(`pong ${text}`);
    if (opcode === 10) events.push(`heard ${text}`);
    if (opcode === 8) {
      if (payload.length === 0) return [...events, 'close empty', 'end clean'];
      const code = (payload[0] ?? 0) * 256 + (payload[1] ?? 0);
      const legal = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
      if (!legal) return fail(1002, '7.4');
      if (!couldBeText(payload.slice(2), true)) return fail(1007, '8.1');
      return [...events, `close ${code}`, 'end clean'];
    }
    if (!control && fin) {
      events.push(`${kind} ${message.map((octet) => String.fromCharCode(octet)).join('')}`);
      kind = '';
      message = [];
    }
  }
}

/** Is this UTF-8 (RFC 3629 §4), or, where it does not end here, the beginning of some? */
function couldBeText(octets: readonly number[], ends: boolean): boolean {
  for (let at = 0; at < octets.length; ) {
    const lead = octets[at] ?? 0;
    const size =
      lead < 0x80
        ? 1
        : lead >= 0xc2 && lead < 0xe0
          ? 2
          : lead >= 0xe0 && lead < 0xf0
            ? 3
            : lead >= 0xf0 && lead < 0xf5
              ? 4
              : 0;
    if (size === 0) return false;
    for (let n = 1; n < size; n++) {
      const octet = octets[at + n];
      if (octet === undefined) return !ends;
      if (octet < 0x80 || octet > 0xbf) return false;
      if (n === 1 && lead === 0xe0 && octet < 0xa0) return false;
      if (n === 1 && lead === 0xed && octet > 0x9f) return false;
      if (n === 1 && lead === 0xf0 && octet < 0x90) return false;
      if (n === 1 && lead === 0xf4 && octet > 0x8f) return false;
    }
    at += size;
  }
  return true;
}
