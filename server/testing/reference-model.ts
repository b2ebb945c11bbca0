/**
 * A second, slow and simple implementation of RFC 6455 for tests. It gets the whole stream at once and shares no code
 * with the server. For the same stream the class `Protocol` must report the same events, however the stream is split.
 * The model does not implement permessage-deflate.
 *
 * @returns one line per event, in the format of `describeSteps`.
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
    const available = Math.min(Number(length), rest - head);
    const payload: number[] = [];
    for (let n = 0; n < available; n++)
      payload.push((stream[at + head + n] ?? 0) ^ (stream[at + head - 4 + (n % 4)] ?? 0));
    const complete = available === Number(length);
    if (!control) {
      message.push(...payload);
      if (kind === 'text' && !couldBeText(message, fin && complete)) return fail(1007, '8.1');
    }
    if (!complete) return events;
    at += head + available;
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
      events.push(`${kind} ${message.map((byte) => String.fromCharCode(byte)).join('')}`);
      kind = '';
      message = [];
    }
  }
}

/**
 * Tells whether `bytes` are UTF-8 (RFC 3629 §4). If `ends` is false, the text may continue after `bytes`, even in the
 * middle of a character.
 */
function couldBeText(bytes: readonly number[], ends: boolean): boolean {
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] ?? 0;
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
      const byte = bytes[at + n];
      if (byte === undefined) return !ends;
      if (byte < 0x80 || byte > 0xbf) return false;
      if (n === 1 && lead === 0xe0 && byte < 0xa0) return false;
      if (n === 1 && lead === 0xed && byte > 0x9f) return false;
      if (n === 1 && lead === 0xf0 && byte < 0x90) return false;
      if (n === 1 && lead === 0xf4 && byte > 0x8f) return false;
    }
    at += size;
  }
  return true;
}
