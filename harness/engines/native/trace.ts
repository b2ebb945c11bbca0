import { payloadText } from '../../suites/autobahn/payload-text.ts';
import type { FrameHead } from './protocol/wire.ts';

/** One event of a case's connection, reported when it happens: a line of `--trace`. */
export type TraceEntry = { /** Time of the event in milliseconds since the connection was made. */ ms: number } & (
  | {
      kind: 'frame';
      from: 'us' | 'peer';
      head: FrameHead;
      /** Length of the payload on the wire, in bytes. */
      length: number;
      mask: Buffer | null;
      /**
       * The unmasked payload. A sent frame that repeats a pattern has the pattern here. For a compressed message that
       * is received, the last frame has the whole decompressed message, and the other frames have nothing.
       */
      payload: Buffer;
    }
  /** Any other event, described in a sentence: a handshake, a timer, the end of TCP. */
  | { kind: 'note'; text: string }
);

/** A function that receives the trace entries of all cases. `id` is the id of the case. */
export type Trace = (id: string, entry: TraceEntry) => void;

const OPCODES: Readonly<Record<number, string>> = {
  0: 'continuation',
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};

/**
 * Formats a trace entry as one line. Line breaks and tabs are escaped, because a server could otherwise forge a line.
 * Payloads can contain other control characters, which must be escaped before the line is printed on a terminal.
 */
export function traceLine(id: string, entry: TraceEntry): string {
  const start = `${id.padEnd(8)} ${entry.ms.toFixed(3).padStart(10)} ms `;
  switch (entry.kind) {
    case 'note':
      return `${start} * ${escapeBreaks(entry.text)}`;
    case 'frame': {
      const { from, head, length, mask } = entry;
      const rsv = head.rsv.toString(2).padStart(3, '0');
      const name = OPCODES[head.opcode] ?? 'reserved';
      return [
        `${start}${from === 'us' ? '->' : '<-'} ${name} FIN=${head.fin ? 1 : 0} RSV=${rsv} opcode=${head.opcode}`,
        `length=${length} mask=${mask === null ? 'none' : mask.toString('hex')}`,
        payloadPart(entry),
      ]
        .filter((part) => part !== '')
        .join(' ');
    }
  }
}

/** Formats the payload of a frame, shortened; for a Close frame, its code and reason (RFC 6455 5.5.1). */
function payloadPart({ from, head: { opcode }, length, payload }: Extract<TraceEntry, { kind: 'frame' }>): string {
  if (opcode === 8 && payload.length >= 2) {
    const reason = payload.subarray(2);
    return `code=${payload.readUInt16BE(0)}${reason.length > 0 ? ` reason=${JSON.stringify(payloadText(reason))}` : ''}`;
  }
  if (payload.length === 0) return '';
  // Only a received payload can be compressed. In a sent frame, `payload` can be shorter than `length` because it is a
  // pattern that is repeated.
  const inflated = from === 'peer' && payload.length !== length ? `inflated to ${payload.length}: ` : '';
  return `${inflated}${JSON.stringify(payloadText(payload))}`;
}

const escapeBreaks = (text: string): string =>
  text.replaceAll('\r', '\\r').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
