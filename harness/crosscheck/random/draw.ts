import type { Chance } from './chance.ts';
import type {
  Check,
  CompressionFault,
  EndOfTcp,
  EventName,
  Fault,
  FrameSpec,
  Moment,
  OpeningFault,
  OwnFrame,
  Place,
  StreamFault,
} from './faults.ts';
import {
  BAD_TEXT,
  BEFORE_HEAD,
  CLOSE_CODES,
  EXTENSIONS,
  FIELD_VALUES,
  LINE_ENDS,
  LINES,
  PAYLOADS,
  REASONS,
  SPACES,
  STATUS_LINES,
  SUBPROTOCOLS,
  WINDOW_BITS,
} from './values.ts';

/**
 * The main kind of a random server's faults. It decides which cases are played: for example, compression faults need
 * the cases of compression.
 */
export const FAMILIES = ['opening', 'stream', 'compression'] as const;
export type Family = (typeof FAMILIES)[number];

/**
 * Pauses in seconds. Even the sum of up to three pauses is never close to a timer of the suite (0.5 s, 1 s and more).
 * If it were, the outcome would depend on chance.
 */
const PAUSES = [0.2, 0.2, 1.2];
const FIELDS = ['Upgrade', 'Connection', 'Sec-WebSocket-Accept'] as const;
const EVENTS: readonly EventName[] = ['opened', 'frame', 'frame', 'message', 'message', 'close', 'answered', 'sent'];
const OWN_FRAMES: readonly OwnFrame[] = ['echo', 'echo', 'pong', 'close', 'any'];
const ENDS: readonly EndOfTcp[] = ['fin', 'fin', 'reset', 'half'];
const CHECKS: readonly Check[] = ['reserved bits', 'opcodes', 'control frames', 'order', 'text', 'close codes'];

/** Draws one to three faults, most of them of the given kind. */
export function drawFaults(chance: Chance, family: Family): Fault[] {
  const count = chance.of([1, 1, 1, 2, 2, 3]);
  const faults = Array.from({ length: count }, () => drawFault(chance, family));
  return family === 'compression' && count < 3 && chance.percent(40)
    ? [...faults, { fault: 'agreed takeover' }]
    : faults;
}

function drawFault(chance: Chance, family: Family): Fault {
  switch (family) {
    case 'opening':
      return drawOpening(chance);
    case 'stream':
      return chance.percent(8) ? drawOpening(chance) : drawStream(chance);
    case 'compression':
      return chance.percent(75) ? drawCompression(chance) : drawStream(chance);
  }
}

function drawOpening(chance: Chance): OpeningFault {
  const field = chance.of(FIELDS);
  const spot = chance.below(6);
  return chance.of<() => OpeningFault>([
    () => ({ fault: 'status line', line: chance.of(STATUS_LINES) }),
    () => ({ fault: 'status line', line: chance.of(STATUS_LINES) }),
    () => ({ fault: 'field value', field, value: chance.of(FIELD_VALUES[field]) }),
    () => ({ fault: 'field value', field, value: chance.of(FIELD_VALUES[field]) }),
    () => ({ fault: 'missing field', field }),
    () => ({ fault: 'repeated field', field, value: chance.of(['{}', '{}', 'x', '']) }),
    () => ({ fault: 'additional line', line: chance.of(LINES), position: spot }),
    () => ({ fault: 'additional line', line: chance.of(LINES), position: spot }),
    () => ({
      fault: 'additional bytes',
      hex: chance.of(['eda080', '61edbfbf62', 'eda080edb080', 'efbfbf']),
      position: spot,
    }),
    () => ({ fault: 'line end', line: chance.of(['first', 'second', 'last', 'all']), text: chance.of(LINE_ENDS) }),
    () => ({ fault: 'white space', field, where: chance.of(PLACES), text: chance.of(SPACES) }),
    () => ({ fault: 'white space', field, where: chance.of(PLACES), text: chance.of(SPACES) }),
    () => ({ fault: 'text before the head', text: chance.of(BEFORE_HEAD) }),
    () => ({ fault: 'extensions', value: chance.of(EXTENSIONS), ...maybe(chance, 10, { twice: true as const }) }),
    () => ({ fault: 'extensions', value: chance.of(EXTENSIONS) }),
    () => ({ fault: 'extensions', value: windowExtension(chance) }),
    () => ({ fault: 'subprotocol', value: chance.of(SUBPROTOCOLS), ...maybe(chance, 20, { twice: true as const }) }),
    () => ({ fault: 'head in pieces', at: chance.some(3, () => chance.below(140)) }),
    () => ({ fault: 'late head', pause: chance.of([0.2, 1.2, 4.2]) }),
    () => ({
      fault: 'end in the head',
      at: chance.of([0, 1, 20, 60, 120, 9999]),
      how: chance.of([...ENDS, 'nothing']),
    }),
    () => ({ fault: 'bytes behind the head', hex: chance.hex(1 + chance.below(10)) }),
  ])();
}

const PLACES: readonly Place[] = [
  'before name',
  'behind name',
  'before value',
  'behind value',
  'inside value',
  'between two fields',
];

const windowExtension = (chance: Chance): string =>
  `permessage-deflate; server_no_context_takeover; client_no_context_takeover; ${chance.of(['server', 'client'])}_max_window_bits=${chance.of(WINDOW_BITS)}`;

function drawStream(chance: Chance): StreamFault {
  const n = chance.below(4);
  return chance.of<() => StreamFault>([
    () => drawFrames(chance, 1),
    () => drawFrames(chance, 1),
    () => drawFrames(chance, 1),
    () => drawFrames(chance, 4),
    () => drawFrames(chance, 4),
    () => ({ fault: 'bytes', when: moment(chance), hex: chance.hex(1 + chance.below(16)), ...maybeNext(chance) }),
    () => ({ fault: 'end', when: moment(chance), how: chance.of(ENDS) }),
    () => ({ fault: 'end', when: moment(chance), how: chance.of(ENDS) }),
    () => drawFirstClose(chance),
    () => drawFirstClose(chance),
    () => ({ fault: 'header', of: chance.of(OWN_FRAMES), n, set: drawHeader(chance) }),
    () => ({ fault: 'header', of: chance.of(OWN_FRAMES), n, set: drawHeader(chance) }),
    () => ({ fault: 'repeated frame', of: chance.of(OWN_FRAMES), n }),
    () => ({ fault: 'missing frame', of: chance.of(OWN_FRAMES), n }),
    () => ({ fault: 'held frame', n: 1 + chance.below(3), until: chance.of(['next', 'close']) }),
    () => ({ fault: 'changed echo', n, ...drawChange(chance) }),
    () => ({ fault: 'fragments', n, ...drawFragments(chance) }),
    () => ({ fault: 'fragments', n, ...drawFragments(chance) }),
    () => ({ fault: 'small writes', size: 1 + chance.below(12) }),
    () => ({ fault: 'changed pong', n, how: chance.of(['empty', 'cut', 'flip', 'append', 'long']) }),
    () => ({ fault: 'close body', body: closeBody(chance), ...maybe(chance, 35, { own: true as const }) }),
    () => ({ fault: 'close body', body: closeBody(chance), ...maybe(chance, 35, { own: true as const }) }),
    () => ({ fault: 'close body', body: closeBody(chance) }),
    () => ({ fault: 'second close', body: closeBody(chance), ...maybePause(chance) }),
    () => ({ fault: 'no close', ...maybe(chance, 60, { next: chance.of(ENDS) }) }),
    () => ({ fault: 'late end', pause: chance.of([...PAUSES, null]), how: chance.of(['fin', 'fin', 'reset']) }),
    () => ({
      fault: 'frames around the close',
      frames: chance.some(2, () => anyFrame(chance)),
      side: chance.of(['before', 'behind']),
      ...maybePause(chance),
    }),
    () => ({ fault: 'lenient', without: chance.some(3, () => chance.of(CHECKS)) }),
    () => ({ fault: 'lenient', without: chance.some(3, () => chance.of(CHECKS)) }),
    () => ({ fault: 'deaf', to: chance.of(['messages', 'pings', 'everything']) }),
  ])();
}

function drawCompression(chance: Chance): CompressionFault {
  const n = chance.of([1, 1, 2, 3, 500, 1000, 0]);
  const stop = maybe(chance, 60, { stop: chance.of(['fin', 'close', 'nothing'] as const) });
  const cuts = chance.some(3, () => chance.below(1001));
  return chance.of<() => CompressionFault>([
    () => ({ fault: 'plain echo', n, rsv1: chance.percent(50) }),
    () => ({
      fault: 'damaged deflate',
      n,
      how: chance.of(['flip', 'flip', 'cut', 'tail', 'final', 'empty']),
      at: chance.below(24),
    }),
    () => ({
      fault: 'damaged deflate',
      n,
      how: chance.of(['flip', 'flip', 'cut', 'tail', 'final', 'empty']),
      at: chance.below(24),
    }),
    () => ({
      fault: 'compressed fragments',
      n,
      cuts,
      ...maybe(chance, 35, { damage: true as const }),
      ...maybe(chance, 15, { rsv: true as const }),
      ...maybe(chance, 30, { between: anyFrame(chance) }),
      ...stop,
    }),
    () => ({ fault: 'compressed fragments', n, cuts, ...maybe(chance, 50, { between: anyFrame(chance) }) }),
    () => ({
      fault: 'compressed text',
      hex: chance.of(BAD_TEXT),
      cuts,
      opcode: chance.of([1, 1, 2]),
      ...stop,
    }),
    () => ({
      fault: 'compressed junk',
      hex: chance.hex(chance.below(16)),
      fin: chance.percent(60),
      opcode: chance.of([0, 1, 2, 8, 9]),
    }),
    () => ({ fault: 'kept window' }),
    () => ({ fault: 'wide window' }),
  ])();
}

const maybe = <T extends object>(chance: Chance, share: number, part: T): T | Record<never, never> =>
  chance.percent(share) ? part : {};
const maybePause = (chance: Chance): { pause?: number } => maybe(chance, 40, { pause: chance.of(PAUSES) });
const maybeNext = (chance: Chance): { next?: 'close' | 'fin' } =>
  maybe(chance, 40, { next: chance.of(['close', 'fin'] as const) });

const moment = (chance: Chance): Moment => ({
  at: chance.of(EVENTS),
  n: chance.percent(60) ? 1 : 1 + chance.below(4),
  ...maybePause(chance),
});

function drawFrames(chance: Chance, most: number): StreamFault {
  return {
    fault: 'frames',
    when: moment(chance),
    frames: chance.some(most, () => anyFrame(chance)),
    ...maybe(chance, 25, { gap: chance.of(PAUSES) }),
    ...maybe(chance, 20, { split: 1 + chance.below(12) }),
    ...maybeNext(chance),
    ...maybe(chance, 20, { instead: true as const }),
  };
}

const drawFirstClose = (chance: Chance): StreamFault => ({
  fault: 'first close',
  when: { ...moment(chance), at: chance.of(['opened', 'frame', 'message', 'sent']) },
  body: closeBody(chance),
  ...maybe(chance, 60, { next: chance.of(['message', 'ping', 'fin', 'go on'] as const) }),
});

/** Draws a frame with any header. About half of these frames are correct. */
function anyFrame(chance: Chance): FrameSpec {
  const opcode = chance.percent(75) ? chance.of([0, 1, 1, 2, 8, 8, 9, 10]) : chance.below(16);
  return {
    opcode,
    payload: opcode === 8 && chance.percent(85) ? closeBody(chance) : anyPayload(chance),
    ...maybe(chance, 18, { fin: false }),
    ...maybe(chance, 15, { rsv: 1 + chance.below(7) }),
    ...maybe(chance, 8, { masked: true }),
    ...maybe(chance, 10, { form: chance.of([16, 64] as const) }),
    ...maybe(chance, 7, { announced: chance.of(ANNOUNCED) }),
    ...maybe(chance, 6, { cut: chance.below(8) }),
  };
}

/** Wrong payload lengths for the header of a frame: they are not the number of bytes that follow. */
const ANNOUNCED = [
  '0',
  '1',
  '125',
  '126',
  '200',
  '65535',
  '65536',
  '9223372036854775807',
  '9223372036854775808',
  '18446744073709551615',
];

/** Draws one or two changes of a correct header. */
function drawHeader(chance: Chance): Omit<FrameSpec, 'opcode' | 'payload'> & { opcode?: number } {
  const changes = chance.some(2, () =>
    chance.of([
      { rsv: 1 + chance.below(7) },
      { masked: true },
      { form: chance.of([16, 64] as const) },
      { fin: false },
      { opcode: chance.below(16) },
      { announced: chance.of(ANNOUNCED) },
      { cut: chance.below(8) },
    ]),
  );
  return Object.assign({}, ...changes);
}

function drawChange(chance: Chance): { how: 'flip' | 'cut' | 'empty' | 'append'; byte?: number; hex?: string } {
  const how = chance.of(['flip', 'cut', 'empty', 'append', 'append'] as const);
  if (how === 'flip') return { how, byte: chance.below(40) };
  return how === 'append' ? { how, hex: anyPayload(chance) } : { how };
}

function drawFragments(chance: Chance) {
  return {
    cuts: chance.some(4, () => chance.below(1001)),
    ...maybe(chance, 40, { wrong: chance.of(['opcode', 'no fin', 'early fin', 'rsv', 'last empty'] as const) }),
    ...maybe(chance, 50, { between: anyFrame(chance) }),
    ...maybePause(chance),
  };
}

function anyPayload(chance: Chance): string {
  const kind = chance.below(10);
  if (kind < 5) return chance.of(PAYLOADS);
  return kind < 8 ? chance.of(BAD_TEXT) : chance.hex(chance.below(130));
}

function closeBody(chance: Chance): string {
  const kind = chance.below(12);
  if (kind === 0) return '';
  if (kind === 1) return chance.hex(1);
  const code = chance.percent(60) ? chance.of(CLOSE_CODES) : chance.below(65_536);
  return code.toString(16).padStart(4, '0') + (chance.percent(50) ? chance.of(REASONS) : '');
}
