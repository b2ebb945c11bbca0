import { FIN } from '../protocol/frame.ts';
import type { Protocol, Step } from '../protocol/protocol.ts';

/** Octets from hexadecimal, blanks allowed: hex`81 05 48 65 6c 6c 6f`. */
export function hex(text: TemplateStringsArray, ...values: readonly string[]): Buffer {
  return Buffer.from(String.raw({ raw: text }, ...values).replace(/\s/g, ''), 'hex');
}

/** A client's frame (RFC 6455 §5.2): masked, shortest length. `first` is the whole first octet. */
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
  const masked = bytes.map((octet, at) => octet ^ (key[at & 3] ?? 0));
  return Buffer.concat([head, key, masked]);
}

/** A client's whole message or control frame. */
export function finalFrame(opcode: number, payload: Uint8Array | string = ''): Buffer {
  return frame(FIN | opcode, payload);
}

/** What came out, in words that compare well: one per step, with neighbours in order. */
export function describeSteps(steps: readonly Step[]): string[] {
  return steps.map(name);
}

function name(step: Step): string {
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

/** Feeds pieces one by one. Each is copied first, since a protocol unmasks what it is given. */
export function feed(protocol: Protocol, pieces: Iterable<Uint8Array>): string[] {
  const told: string[] = [];
  for (const piece of pieces) told.push(...describeSteps(protocol.receive(Buffer.from(piece))));
  return told;
}

/** Every cut worth trying: whole, octet by octet, in two at each place. */
export function* cuts(bytes: Buffer): Generator<Buffer[]> {
  yield [bytes];
  yield [...bytes].map((octet) => Buffer.from([octet]));
  for (let at = 1; at < Math.min(bytes.length, 200); at++) yield [bytes.subarray(0, at), bytes.subarray(at)];
}
