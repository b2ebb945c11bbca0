import { count } from '../../../../reports/wording/vocabulary.ts';
import { type Case, type Corpus, closeAfter, defineCase, type Family, size, WE_CLOSE } from './case.ts';

const COUNT = 1000;

/**
 * The eighteen cases of every subcategory of the categories 12 and 13. `length`: characters or bytes per message;
 * `fragment`: compressed bytes per frame, or 0 for one frame; `seconds`: time limit.
 */
const ROWS: readonly { length: number; fragment: number; seconds: number }[] = [
  { length: 16, fragment: 0, seconds: 60 },
  { length: 64, fragment: 0, seconds: 60 },
  { length: 256, fragment: 0, seconds: 120 },
  { length: 1024, fragment: 0, seconds: 240 },
  { length: 4096, fragment: 0, seconds: 480 },
  { length: 8192, fragment: 0, seconds: 480 },
  { length: 16_384, fragment: 0, seconds: 480 },
  { length: 32_768, fragment: 0, seconds: 480 },
  { length: 65_536, fragment: 0, seconds: 480 },
  { length: 131_072, fragment: 0, seconds: 480 },
  { length: 8192, fragment: 256, seconds: 480 },
  { length: 16_384, fragment: 256, seconds: 480 },
  { length: 32_768, fragment: 256, seconds: 480 },
  { length: 65_536, fragment: 256, seconds: 480 },
  { length: 131_072, fragment: 256, seconds: 480 },
  { length: 131_072, fragment: 1024, seconds: 480 },
  { length: 131_072, fragment: 4096, seconds: 480 },
  { length: 131_072, fragment: 32_768, seconds: 480 },
];

/**
 * The start of every permessage-deflate offer. It allows the server to demand that the client uses no context takeover
 * and a smaller window.
 */
const BASE = 'permessage-deflate; client_no_context_takeover; client_max_window_bits';
const NO_CONTEXT = `${BASE}; server_no_context_takeover`;
const WINDOW_9 = `${BASE}; server_max_window_bits=9`;
const WINDOW_15 = `${BASE}; server_max_window_bits=15`;
const NO_CONTEXT_9 = `${NO_CONTEXT}; server_max_window_bits=9`;
const NO_CONTEXT_15 = `${NO_CONTEXT}; server_max_window_bits=15`;

interface Group {
  sub: string;
  title: string;
  corpus: Corpus;
  binary: boolean;
  offers: readonly string[];
  /** What these cases test, as a sentence. It becomes a part of the text `demands` of each case. */
  why: string;
  rfc: readonly string[];
}

const PAYLOAD_RFC = ['RFC 7692 7.2.1', 'RFC 7692 7.2.2', 'RFC 7692 6'];
const PAYLOADS: readonly Group[] = [
  {
    sub: '12.1',
    title: 'JSON, as text',
    corpus: 'json',
    binary: false,
    offers: [BASE],
    why: 'JSON is repetitive and compresses well.',
    rfc: PAYLOAD_RFC,
  },
  {
    sub: '12.2',
    title: 'A bitmap, as binary',
    corpus: 'bitmap',
    binary: true,
    offers: [BASE],
    why: 'Pixels compress a little, and contain every byte value.',
    rfc: PAYLOAD_RFC,
  },
  {
    sub: '12.3',
    title: 'English prose, as binary',
    corpus: 'prose',
    binary: true,
    offers: [BASE],
    why: 'Prose compresses to about a third. A binary message must come back as a binary message.',
    rfc: PAYLOAD_RFC,
  },
  {
    sub: '12.4',
    title: 'HTML with accents, as text',
    corpus: 'html',
    binary: false,
    offers: [BASE],
    why: 'Text must be checked as UTF-8 after it was decompressed, never before.',
    rfc: [...PAYLOAD_RFC, 'RFC 6455 8.1'],
  },
  {
    sub: '12.5',
    title: 'Data already compressed, as binary',
    corpus: 'compressed',
    binary: true,
    offers: [BASE],
    why: 'Incompressible data grows by a few bytes, and must still come back.',
    rfc: PAYLOAD_RFC,
  },
];

const PARAMETERS: readonly Pick<Group, 'sub' | 'title' | 'offers' | 'why' | 'rfc'>[] = [
  {
    sub: '13.1',
    title: 'No parameter for the server',
    offers: [BASE],
    why: 'The server may keep its context between messages and use any window.',
    rfc: ['RFC 7692 7.1', 'RFC 7692 7.1.1.2', 'RFC 7692 7.1.2.2'],
  },
  {
    sub: '13.2',
    title: 'No context takeover for the server',
    offers: [NO_CONTEXT],
    why: 'A server that agrees to server_no_context_takeover compresses every message with an empty window.',
    rfc: ['RFC 7692 7.1.1.1'],
  },
  {
    sub: '13.3',
    title: 'A window of 512 bytes for the server',
    offers: [WINDOW_9],
    why: 'A server that agrees to server_max_window_bits=9 never refers back more than 512 bytes.',
    rfc: ['RFC 7692 7.1.2.1'],
  },
  {
    sub: '13.4',
    title: 'A window of 32 KiB for the server',
    offers: [WINDOW_15],
    why: 'server_max_window_bits=15 is the default of RFC 7692.',
    rfc: ['RFC 7692 7.1.2.1'],
  },
  {
    sub: '13.5',
    title: 'No context takeover and a window of 512 bytes for the server',
    offers: [NO_CONTEXT_9],
    why: 'The server must answer and keep both server_no_context_takeover and server_max_window_bits=9.',
    rfc: ['RFC 7692 7.1.1.1', 'RFC 7692 7.1.2.1'],
  },
  {
    sub: '13.6',
    title: 'No context takeover and a window of 32 KiB for the server',
    offers: [NO_CONTEXT_15],
    why: 'The server must answer and keep both server_no_context_takeover and server_max_window_bits=15.',
    rfc: ['RFC 7692 7.1.1.1', 'RFC 7692 7.1.2.1'],
  },
  {
    sub: '13.7',
    title: 'Three offers to choose from',
    offers: [NO_CONTEXT_9, NO_CONTEXT, BASE],
    why: 'The server chooses the first offer that it supports, and answers that offer only.',
    rfc: ['RFC 7692 5', 'RFC 7692 7.1'],
  },
];

/** Formats a message length: characters of a text, bytes of a binary message. */
const units = (group: Group, length: number): string =>
  group.binary ? size(length) : length === 1 ? '1 character' : `${count(length)} characters`;

const row = (group: Group, { length, fragment, seconds }: (typeof ROWS)[number], n: number): Case =>
  defineCase({
    id: `${group.sub}.${n}`,
    title: `${COUNT} compressed messages of ${units(group, length)}${fragment ? `, frames of ${size(fragment)}` : ''}`,
    sends: `${COUNT} ${group.binary ? 'binary' : 'text'} messages of ${units(group, length)}, compressed${
      fragment ? ` and cut into frames of ${size(fragment)}` : ', one frame each'
    }, each sent after the echo of the previous message. Offered: ${group.offers.join(', ')}.`,
    demands: `The server agrees to permessage-deflate and echoes every message byte for byte, compressed or not, all within ${seconds} s. ${group.why} If the server declines the extension, the case is UNIMPLEMENTED.`,
    rfc: group.rfc,
    script: [closeAfter(seconds)],
    criterion: {
      by: 'compressed round-trips',
      corpus: group.corpus,
      binary: group.binary,
      length,
      count: COUNT,
      fragment,
      seconds,
      offers: group.offers,
    },
    allowed: {},
    close: WE_CLOSE,
    wirelog: 'switched',
    reportTime: true,
    reportCompressionRatio: true,
  });

const family = (category: string, title: string, groups: readonly Group[]): Family => ({
  category,
  title,
  subcategories: Object.fromEntries(groups.map((group) => [group.sub, group.title])),
  cases: groups.flatMap((group) => ROWS.map((facts, i) => row(group, facts, i + 1))),
});

/** The cases of category 12: permessage-deflate with five kinds of data. */
export const compressedPayloads = family('12', 'Compression of different payloads', PAYLOADS);

/** The cases of category 13: permessage-deflate with seven different offers and the same JSON. */
export const compressionParameters = family(
  '13',
  'Compression with different parameters',
  PARAMETERS.map((group) => ({ ...group, corpus: 'json', binary: false })),
);
