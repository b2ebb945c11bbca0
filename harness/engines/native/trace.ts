import { payloadText } from '../../suites/autobahn/payload-text.ts';
import type { FrameHead } from './wire.ts';

/** One thing that happened on a case's connection, told at once: what `--trace` prints. */
export type TraceEntry = { /** Since the connection was made. */ ms: number } & (
  | {
      kind: 'frame';
      from: 'us' | 'server';
      head: FrameHead;
      /** Octets of payload on the wire. */
      length: number;
      mask: Buffer | null;
      /**
       * Unmasked. Of ours, as it left, or the pattern that fills it; of the server's, what the case gets of it: of a
       * compressed message all of it, inflated, at its last frame.
       */
      payload: Buffer;
    }
  /** Anything else of ours or the server's, in words: handshakes, timers, the end of TCP. */
  | { kind: 'note'; text: string }
);

/** Whom the moments of all cases are told. */
export type Trace = (id: string, moment: TraceEntry) => void;

const OPCODES: Readonly<Record<number, string>> = {
  0: 'continuation',
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};

/**
 * A moment as one line of ASCII but for payloads, which may hold anything: make it `visible` before it meets a
 * terminal. Line breaks are escaped already, so that a server cannot make up a line of its own.
 */
export function momentLine(id: string, moment: TraceEntry): string {
  const start = `${id.padEnd(8)} ${moment.ms.toFixed(3).padStart(10)} ms `;
  switch (moment.kind) {
    case 'note':
      return `${start} * ${oneLine(moment.text)}`;
    case 'frame': {
      const { from, head, length, mask } = moment;
      const rsv = head.rsv.toString(2).padStart(3, '0');
      const name = OPCODES[head.opcode] ?? 'reserved';
      return [
        `${start}${from === 'us' ? '->' : '<-'} ${name} FIN=${head.fin ? 1 : 0} RSV=${rsv} opcode=${head.opcode}`,
        `length=${length} mask=${mask === null ? 'none' : mask.toString('hex')}`,
        payloadPart(moment),
      ]
        .filter((part) => part !== '')
        .join(' ');
    }
  }
}

/** The short form of a payload; of a Close its code (RFC 6455 5.5.1) and reason. */
function payloadPart({ from, head: { opcode }, length, payload }: Extract<TraceEntry, { kind: 'frame' }>): string {
  if (opcode === 8 && payload.length >= 2) {
    const reason = payload.subarray(2);
    return `code=${payload.readUInt16BE(0)}${reason.length > 0 ? ` reason=${JSON.stringify(payloadText(reason))}` : ''}`;
  }
  if (payload.length === 0) return '';
  // A pattern that fills a frame is shorter than it, too: only what came says how long it was before.
  const inflated = from === 'server' && payload.length !== length ? `inflated to ${payload.length}: ` : '';
  return `${inflated}${JSON.stringify(payloadText(payload))}`;
}

const oneLine = (text: string): string => text.replaceAll('\r', '\\r').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
