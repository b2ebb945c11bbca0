import { FIN } from '../protocol/frame.ts';
import type { Protocol, Step } from '../protocol/protocol.ts';

/** Converts hexadecimal text to bytes; spaces are allowed: hex`81 05 48 65 6c 6c 6f`. */
export function hex(text: TemplateStringsArray, ...values: readonly string[]): Buffer {
  return Buffer.from(String.raw({ raw: text }, ...values).replace(/\s/g, ''), 'hex');
}

/**
 * Builds a masked client frame with the shortest possible length field (RFC 6455 §5.2). `first` is the whole first
 * byte.
 */
export function frame(first: number, payload: Uint8Array | string = '', mask = 0x37fa213d): Buffer {
  const bytes = Buffer.from(payload);
  const length = bytes.length;
  const head =
    length < 126
      ? Buffer.from([first, 0x80 | length])
      : length < 0x10000
        ? Buffer.from([first, 0xfe, length >> 8, length & 0xff])
        : Buffer.from([first, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
  if (length >= 0x10000) head.writeUInt32BE(length, 6);
  const key = Buffer.alloc(4);
  key.writeUInt32BE(mask);
  const masked = bytes.map((byte, at) => byte ^ (key[at & 3] ?? 0));
  return Buffer.concat([head, key, masked]);
}

/** Builds a client frame with FIN: an unfragmented message, a control frame or the last fragment of a message. */
export function finalFrame(opcode: number, payload: Uint8Array | string = ''): Buffer {
  return frame(FIN | opcode, payload);
}

/**
 * Describes each step (an action that `Protocol` demands) as one line of text, such as `text Hello`, `pong x`, `close
 * 1002` or `end by 5.2`. The last example means that the peer broke a rule of RFC 6455 §5.2.
 */
export function describeSteps(steps: readonly Step[]): string[] {
  return steps.map(describeStep);
}

function describeStep(step: Step): string {
  switch (step.do) {
    case 'deliver':
      return `${step.message.kind} ${step.message.bytes.toString('latin1')}`;
    case 'pong':
      return `pong ${step.payload.toString('latin1')}`;
    case 'heard':
      return `heard ${step.payload.toString('latin1')}`;
    case 'close':
      return `close ${step.close.code ?? 'empty'}`;
    case 'end':
      return step.violation === undefined ? 'end clean' : `end by ${step.violation.section}`;
  }
}

/**
 * Passes the pieces to a protocol one by one, each as a copy, because the protocol unmasks in place.
 *
 * @returns the described steps.
 */
export function feed(protocol: Protocol, pieces: Iterable<Uint8Array>): string[] {
  const descriptions: string[] = [];
  for (const piece of pieces) descriptions.push(...describeSteps(protocol.receive(Buffer.from(piece))));
  return descriptions;
}

/**
 * Yields several ways to split `bytes` into reads: one read, a read for each byte, and two reads with a split at each
 * of the first 199 positions.
 */
export function* cuts(bytes: Buffer): Generator<Buffer[]> {
  yield [bytes];
  yield [...bytes].map((byte) => Buffer.from([byte]));
  for (let at = 1; at < Math.min(bytes.length, 200); at++) yield [bytes.subarray(0, at), bytes.subarray(at)];
}
