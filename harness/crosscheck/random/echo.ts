import { deflateRawSync, constants as zlib } from 'node:zlib';
import { type Fault, type FaultList, type FaultNamed, type FrameSpec, means } from './faults.ts';

/** A message that a random server sends back. */
export interface EchoedMessage {
  /** Number of the message on its connection, counted from 1. */
  n: number;
  opcode: number;
  payload: Buffer;
  /** Size of the compression window in bits; null if the connection has no compression. */
  windowBits: number | null;
  /** The previous message. A fault can make the compressed echo refer to it. */
  before: Buffer;
}

/** One part of an echo: a frame, a pause, or an early stop. The parts are sent in order. */
export type EchoPart =
  | { frame: FrameSpec; isLast: boolean }
  | { pause: number }
  | { stop: 'fin' | 'close' | 'nothing' };

/** Returns the parts of an echo, already changed by the faults that concern it. */
export function echoParts(message: EchoedMessage, faults: FaultList): EchoPart[] {
  const { n, opcode } = message;
  const payload = changed(message.payload, n, faults);
  if (message.windowBits !== null) return compressedParts({ ...message, payload }, message.windowBits, faults);
  const fault = faults.all('fragments').find((candidate) => means(candidate.n, n));
  return fault === undefined ? [whole(opcode, 0, payload)] : fragments(payload, opcode, 0, fault);
}

const whole = (opcode: number, rsv: number, payload: Buffer): EchoPart => ({
  frame: { opcode, rsv, payload: payload.toString('hex') },
  isLast: true,
});

function changed(payload: Buffer, n: number, faults: FaultList): Buffer {
  let bytes = payload;
  for (const fault of faults.all('changed echo')) if (means(fault.n, n)) bytes = changedBy(fault, bytes);
  return bytes;
}

function changedBy({ how, byte = 0, hex = '' }: FaultNamed<'changed echo'>, bytes: Buffer): Buffer {
  switch (how) {
    case 'empty':
      return Buffer.alloc(0);
    case 'cut':
      return bytes.subarray(0, -1);
    case 'append':
      return Buffer.concat([bytes, Buffer.from(hex, 'hex')]);
    case 'flip':
      return Buffer.from(bytes.map((value, i) => (i === byte % bytes.length ? value ^ 0x81 : value)));
  }
}

function compressedParts(message: EchoedMessage, windowBits: number, faults: FaultList): EchoPart[] {
  const { n, opcode, payload } = message;
  const isHere = (fault: Fault & { n: number }): boolean => means(fault.n, n);
  const text = faults.first('compressed text');
  if (text !== undefined && n === 1) {
    const bad = Buffer.concat([payload, Buffer.from(text.hex, 'hex'), Buffer.alloc(40, 'y')]);
    return fragments(deflated(bad, windowBits, null), text.opcode, 4, text);
  }
  const junk = faults.first('compressed junk');
  if (junk !== undefined && n === 1)
    return [{ frame: { opcode: junk.opcode, fin: junk.fin, rsv: 4, payload: junk.hex }, isLast: true }];
  const plain = faults.all('plain echo').find(isHere);
  if (plain !== undefined) return [whole(opcode, plain.rsv1 ? 4 : 0, payload)];
  const keepsWindow = faults.first('kept window') ?? faults.first('agreed takeover');
  const window = keepsWindow === undefined ? null : message.before;
  const compressed = faults
    .all('damaged deflate')
    .filter(isHere)
    .reduce((bytes, fault) => damaged(bytes, payload, windowBits, fault), deflated(payload, windowBits, window));
  const fault = faults.all('compressed fragments').find(isHere);
  if (fault === undefined) return [whole(opcode, 4, compressed)];
  const first = fault.damage ? Buffer.from(compressed.map((byte, i) => (i === 0 ? byte ^ 6 : byte))) : compressed;
  return fragments(first, opcode, 4, fault);
}

/** Compresses a message and leaves out the last four bytes, 00 00 ff ff (RFC 7692 7.2.1). */
function deflated(message: Buffer, windowBits: number, dictionary: Buffer | null): Buffer {
  const bytes = deflateRawSync(message, {
    windowBits: Math.max(9, windowBits),
    finishFlush: zlib.Z_SYNC_FLUSH,
    ...(dictionary === null || dictionary.length === 0 ? {} : { dictionary }),
  });
  return bytes.length < 4 ? Buffer.from([0]) : bytes.subarray(0, -4);
}

function damaged(
  bytes: Buffer,
  message: Buffer,
  windowBits: number,
  { how, at = 0 }: FaultNamed<'damaged deflate'>,
): Buffer {
  switch (how) {
    case 'flip':
      return Buffer.from(bytes.map((byte, i) => (i === at % bytes.length ? byte ^ (1 << (at % 8)) : byte)));
    case 'cut':
      return bytes.subarray(0, Math.max(0, bytes.length - 1 - (at % 5)));
    case 'tail':
      return Buffer.concat([bytes, Buffer.from([0, 0, 255, 255])]);
    case 'final':
      return deflateRawSync(message, { windowBits: Math.max(9, windowBits) });
    case 'empty':
      return Buffer.alloc(0);
  }
}

type Fragments = Pick<FaultNamed<'compressed fragments'>, 'cuts' | 'rsv' | 'between' | 'stop'> &
  Pick<FaultNamed<'fragments'>, 'pause'> & { wrong?: FaultNamed<'fragments'>['wrong'] };

/** Splits a payload into frames. The fault gives the places of the cuts in thousandths of the payload's length. */
function fragments(payload: Buffer, opcode: number, rsv: number, fault: Fragments): EchoPart[] {
  const { wrong, between, pause, stop } = fault;
  const cuts = fault.cuts.map((cut) => Math.floor((cut * payload.length) / 1000)).sort((a, b) => a - b);
  if (wrong === 'last empty') cuts.push(payload.length);
  const starts = [0, ...cuts];
  return starts.flatMap((start, i): EchoPart[] => {
    const isFirst = i === 0;
    const isLast = i === starts.length - 1;
    if (isLast && stop !== undefined) return [{ stop }];
    const frame: FrameSpec = {
      opcode: isFirst || wrong === 'opcode' ? opcode : 0,
      fin: isLast ? wrong !== 'no fin' : isFirst && wrong === 'early fin',
      rsv: isFirst || fault.rsv ? rsv : wrong === 'rsv' ? 4 : 0,
      payload: payload.subarray(start, starts[i + 1]).toString('hex'),
    };
    return [
      { frame, isLast },
      ...(isFirst && between !== undefined ? [{ frame: between, isLast: false }] : []),
      ...(isFirst && pause !== undefined ? [{ pause }] : []),
    ];
  });
}
