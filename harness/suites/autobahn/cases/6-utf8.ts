import {
  bytes,
  type Case,
  CONTINUATION,
  closeAfter,
  defineCase,
  EMPTY,
  type Family,
  frame,
  gotText,
  gotTimeout,
  hex,
  killAfter,
  message,
  type Payload,
  SERVER_FAILS_TEXT,
  type Step,
  TEXT,
  text,
  WE_CLOSE,
  wait,
} from './case.ts';

/** The Greek word "κόσμε": five letters in eleven bytes of UTF-8. */
const GREEK = Buffer.from('cebae1bdb9cf83cebcceb5', 'hex');
/** Latin letters with and without accents: 29 bytes of UTF-8. */
const LATIN = Buffer.from('48656c6c6f2dc2b540c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121', 'hex');
const EDITED = Buffer.from('edited', 'ascii');
/** A Greek word, half of a surrogate pair (not allowed in UTF-8), and a Latin word. */
const WITH_SURROGATE = Buffer.concat([GREEK, Buffer.from('eda080', 'hex'), EDITED]);
/**
 * A Greek word, a code point beyond U+10FFFF, a Latin word. The byte at index 12 is the first byte that cannot be part
 * of UTF-8.
 */
const BEYOND_UNICODE = Buffer.concat([GREEK, Buffer.from('f4908080', 'hex'), EDITED]);

const VALID_RFC = ['RFC 6455 5.6', 'RFC 6455 8.1', 'RFC 3629 3'];
const INVALID_RFC = ['RFC 6455 8.1', 'RFC 6455 7.4.1', 'RFC 3629 3'];
const ECHOED = 'The server echoes the text byte for byte. Then it answers the client’s Close and ends TCP.';

const valid = (facts: {
  id: string;
  title: string;
  sends: string;
  script: readonly Step[];
  echo: Payload;
  why?: string;
  rfc?: readonly string[];
}): Case =>
  defineCase({
    id: facts.id,
    title: facts.title,
    sends: facts.sends,
    demands: facts.why ? `${ECHOED} ${facts.why}` : ECHOED,
    rfc: facts.rfc ?? VALID_RFC,
    script: facts.script,
    allowed: { OK: [gotText(facts.echo)] },
    close: WE_CLOSE,
  });

const MIDDLE = text('middle frame payload');
const latin = bytes(LATIN);
const greek = bytes(GREEK);
const EMPTY_RFC = ['RFC 6455 5.4', 'RFC 6455 5.6'];

const wholeAndSplit: Case[] = [
  valid({
    id: '6.1.1',
    title: 'Empty text message',
    sends: 'A text message without any byte.',
    script: [frame(TEXT, EMPTY), closeAfter(1)],
    echo: EMPTY,
    why: 'A message may be empty.',
    rfc: EMPTY_RFC,
  }),
  valid({
    id: '6.1.2',
    title: 'Empty text message in three frames',
    sends: 'A text message in three frames, all of them empty.',
    script: [
      frame(TEXT, EMPTY, { fin: false }),
      frame(CONTINUATION, EMPTY, { fin: false }),
      frame(CONTINUATION, EMPTY),
      closeAfter(1),
    ],
    echo: EMPTY,
    why: 'The three frames are one message.',
    rfc: EMPTY_RFC,
  }),
  valid({
    id: '6.1.3',
    title: 'Text in three frames, the first and the last empty',
    sends: 'A text message in three frames. Only the second frame has a payload.',
    script: [
      frame(TEXT, EMPTY, { fin: false }),
      frame(CONTINUATION, MIDDLE, { fin: false }),
      frame(CONTINUATION, EMPTY),
      closeAfter(1),
    ],
    echo: MIDDLE,
    why: 'Empty frames add nothing to the message and do not end it.',
    rfc: EMPTY_RFC,
  }),
  valid({
    id: '6.2.1',
    title: 'Valid text with accents, one frame',
    sends: 'A text with characters of one and two bytes, in one frame.',
    script: [message(latin), closeAfter(1)],
    echo: latin,
  }),
  valid({
    id: '6.2.2',
    title: 'Valid text with accents, cut between characters',
    sends: 'The same text in two frames, cut between two characters.',
    script: [
      frame(TEXT, bytes(LATIN.subarray(0, 15)), { fin: false }),
      frame(CONTINUATION, bytes(LATIN.subarray(15))),
      closeAfter(1),
    ],
    echo: latin,
  }),
  valid({
    id: '6.2.3',
    title: 'Valid text with accents, one byte per frame',
    sends: 'The same text in frames of one byte, so that characters are cut, and an empty last frame.',
    script: [message(latin, { fragment: 1 }), closeAfter(1)],
    echo: latin,
    why: 'A character may be cut into several frames: only the whole message must be UTF-8.',
  }),
  valid({
    id: '6.2.4',
    title: 'Valid Greek text, one byte per frame',
    sends: 'A Greek text in frames of one byte, so that characters are cut, and an empty last frame.',
    script: [message(greek, { fragment: 1 }), closeAfter(1)],
    echo: greek,
    why: 'A character may be cut into several frames: only the whole message must be UTF-8.',
  }),
  defineCase({
    id: '6.3.1',
    title: 'Text with a lone surrogate, one frame',
    sends: 'A text with a surrogate of three bytes in the middle, in one frame.',
    demands: 'The server fails the connection with 1007: surrogates are not characters, and UTF-8 cannot contain them.',
    rfc: INVALID_RFC,
    script: [message(bytes(WITH_SURROGATE)), killAfter(1)],
    allowed: { OK: [] },
    close: SERVER_FAILS_TEXT,
  }),
  defineCase({
    id: '6.3.2',
    title: 'Text with a lone surrogate, one byte per frame',
    sends: 'The same invalid text in frames of one byte, and an empty last frame.',
    demands: 'The server fails the connection with 1007, at the latest when the message is complete.',
    rfc: INVALID_RFC,
    script: [message(bytes(WITH_SURROGATE), { fragment: 1 }), killAfter(1)],
    allowed: { OK: [] },
    close: SERVER_FAILS_TEXT,
  }),
];

/**
 * Makes a case of the subcategory 6.4. It tests whether the server refuses text at the first invalid byte, or only at
 * the end of the message.
 */
function earlyRejection(id: string, cuts: readonly [number, number], how: 'frames' | 'pieces'): Case {
  const parts = [
    BEYOND_UNICODE.subarray(0, cuts[0]),
    BEYOND_UNICODE.subarray(cuts[0], cuts[1]),
    BEYOND_UNICODE.subarray(cuts[1]),
  ] as const;
  const cutAtInvalidByte = cuts[0] === 12;
  const sendPart = (i: 0 | 1 | 2): Step =>
    how === 'pieces'
      ? { step: 'piece', bytes: parts[i] }
      : frame(i === 0 ? TEXT : CONTINUATION, bytes(parts[i]), { fin: i === 2 });
  const script: Step[] = [
    ...(how === 'pieces' ? [{ step: 'header', opcode: TEXT, length: BEYOND_UNICODE.length } as const] : []),
    sendPart(0),
    wait(1, 'A'),
    sendPart(1),
    wait(1, 'B'),
    sendPart(2),
    ...(how === 'pieces' ? [frame(CONTINUATION, EMPTY)] : []),
    killAfter(1),
  ];
  const parcels = how === 'frames' ? 'three frames' : 'three pieces of one frame';
  return defineCase({
    id,
    title: `Invalid text in ${parcels} with pauses of 1 s${cutAtInvalidByte ? ', cut at the invalid byte' : ''}`,
    sends: `A text in ${parcels}, 1 s apart; ${
      cutAtInvalidByte
        ? 'the second is one byte, the first that cannot be UTF-8'
        : 'the second is four bytes that are not a character'
    }.`,
    demands:
      'The first part is valid, and the server waits. At the second part it fails the connection with 1007 at once, before the third part is sent: no further byte can make the text valid. If the server fails the connection only at the end of the message, the case is NON-STRICT.',
    rfc: INVALID_RFC,
    script,
    allowed: { OK: [gotTimeout('A')], 'NON-STRICT': [gotTimeout('A'), gotTimeout('B')] },
    close: SERVER_FAILS_TEXT,
  });
}

/**
 * One of the subcategories 6.5 to 6.23. Each byte sequence is sent as one unfragmented text message, and the answer is
 * judged after half a second.
 */
interface Group {
  sub: string;
  title: string;
  /** What the byte sequences have in common, as a sentence. It becomes a part of the text `demands` of each case. */
  why: string;
  /** Byte sequences in hex. A leading `!` marks a sequence that is not valid UTF-8. */
  sequences: readonly string[];
}

/**
 * Returns, in hex, every byte from `first` to `last`, each followed by a space. These are first bytes of characters
 * whose other bytes are missing.
 */
const loneLeads = (first: number, last: number): string =>
  Array.from({ length: last - first + 1 }, (_, i) => `${(first + i).toString(16)}20`).join('');
const byteRange = (first: number, last: number): string =>
  Array.from({ length: last - first + 1 }, (_, i) => (first + i).toString(16).padStart(2, '0')).join('');

const PREFIXES_VALID = new Set([2, 5, 7, 9, 11]);
const CUT_SHORT = ['c0', 'e080', 'f08080', 'f8808080', 'fc80808080', 'df', 'efbf', 'f7bfbf', 'fbbfbfbf', 'fdbfbfbfbf'];
const LAST_OF_PLANES = [
  ['f0', '9f af bf'],
  ['f1', '8f 9f af bf'],
  ['f2', '8f 9f af bf'],
  ['f3', '8f 9f af bf'],
  ['f4', '8f'],
].flatMap(([lead, seconds]) => (seconds ?? '').split(' ').map((second) => `${lead}${second}`));

const GROUPS: readonly Group[] = [
  {
    sub: '6.5',
    title: 'Characters of one to four bytes',
    why: 'The whole text is well-formed UTF-8.',
    sequences: [
      '68656c6c6f24776f726c64',
      '68656c6c6fc2a2776f726c64',
      '68656c6c6fe282ac776f726c64',
      '68656c6c6ff0a4ada2776f726c64',
      GREEK.toString('hex'),
    ],
  },
  {
    sub: '6.6',
    title: 'Every prefix of a Greek word',
    why: 'A prefix is UTF-8 only if it ends between two characters.',
    sequences: Array.from(
      { length: 11 },
      (_, i) => `${PREFIXES_VALID.has(i + 1) ? '' : '!'}${GREEK.subarray(0, i + 1).toString('hex')}`,
    ),
  },
  {
    sub: '6.7',
    title: 'First character of each length',
    why: 'The text is the smallest code point that needs one, two, three or four bytes.',
    sequences: ['00', 'c280', 'e0a080', 'f0908080'],
  },
  {
    sub: '6.8',
    title: 'First sequence of five and six bytes',
    why: 'Since RFC 3629 no character has more than four bytes.',
    sequences: ['!f888808080', '!fc8480808080'],
  },
  {
    sub: '6.9',
    title: 'Last character of each length',
    why: 'The text is the largest code point that fits into one, two, three or four bytes.',
    sequences: ['7f', 'dfbf', 'efbfbf', 'f48fbfbf'],
  },
  {
    sub: '6.10',
    title: 'Last sequence of four, five and six bytes',
    why: 'These sequences would encode code points beyond U+10FFFF, which do not exist.',
    sequences: ['!f7bfbfbf', '!fbbfbfbfbf', '!fdbfbfbfbfbf'],
  },
  {
    sub: '6.11',
    title: 'Around the limits of the code space',
    why: 'U+D7FF and U+E000 are next to the surrogates, U+FFFD is an ordinary character, U+10FFFF is the last code point, and U+110000 does not exist.',
    sequences: ['ed9fbf', 'ee8080', 'efbfbd', 'f48fbfbf', '!f4908080'],
  },
  {
    sub: '6.12',
    title: 'Continuation bytes without a lead byte',
    why: 'A byte from 80 to bf can only continue a character, never begin one.',
    sequences: [
      '!80',
      '!bf',
      '!80bf',
      '!80bf80',
      '!80bf80bf',
      '!80bf80bf80',
      '!80bf80bf80bf',
      `!${byteRange(0x80, 0xbe)}`,
    ],
  },
  {
    sub: '6.13',
    title: 'Lead bytes without a continuation byte',
    why: 'Each lead byte is followed by a space instead of a continuation byte.',
    sequences: [
      loneLeads(0xc0, 0xde),
      loneLeads(0xe0, 0xee),
      loneLeads(0xf0, 0xf6),
      loneLeads(0xf8, 0xfa),
      loneLeads(0xfc, 0xfc),
    ].map((sequence) => `!${sequence}`),
  },
  {
    sub: '6.14',
    title: 'Last continuation byte missing',
    why: 'The message ends inside a character.',
    sequences: CUT_SHORT.map((sequence) => `!${sequence}`),
  },
  {
    sub: '6.15',
    title: 'All incomplete sequences in a row',
    why: 'Every sequence ends before its character is complete.',
    sequences: [`!${CUT_SHORT.join('')}`],
  },
  {
    sub: '6.16',
    title: 'Bytes that UTF-8 never uses',
    why: 'The bytes fe and ff never occur in UTF-8.',
    sequences: ['!fe', '!ff', '!fefeffff'],
  },
  {
    sub: '6.17',
    title: 'A slash in too many bytes',
    why: 'Only the shortest form of a character is UTF-8. Longer forms have been used to hide a slash from a security check.',
    sequences: ['!c0af', '!e080af', '!f08080af', '!f8808080af', '!fc80808080af'],
  },
  {
    sub: '6.18',
    title: 'Largest characters in too many bytes',
    why: 'Only the shortest form of a character is UTF-8. These are the largest characters that have a shorter form.',
    sequences: ['!c1bf', '!e09fbf', '!f08fbfbf', '!f887bfbfbf', '!fc83bfbfbfbf'],
  },
  {
    sub: '6.19',
    title: 'NUL in too many bytes',
    why: 'Only the shortest form of a character is UTF-8, even for U+0000 ("modified UTF-8" writes c0 80).',
    sequences: ['!c080', '!e08080', '!f0808080', '!f880808080', '!fc8080808080'],
  },
  {
    sub: '6.20',
    title: 'Lone surrogates',
    why: 'U+D800 to U+DFFF are halves of UTF-16 pairs, not characters.',
    sequences: ['!eda080', '!edadbf', '!edae80', '!edafbf', '!edb080', '!edbe80', '!edbfbf'],
  },
  {
    sub: '6.21',
    title: 'Pairs of surrogates',
    why: 'A pair of surrogates in UTF-8 (CESU-8) is not a character either.',
    sequences: [
      '!eda080edb080',
      '!eda080edbfbf',
      '!edadbfedb080',
      '!edadbfedbfbf',
      '!edae80edb080',
      '!edae80edbfbf',
      '!edafbfedb080',
      '!edafbfedbfbf',
    ],
  },
  {
    sub: '6.22',
    title: 'Noncharacters at the end of each plane',
    why: 'Noncharacters such as U+FFFE are valid code points in UTF-8, and the server must accept them.',
    sequences: ['efbfbe', 'efbfbf', ...LAST_OF_PLANES.flatMap((start) => [`${start}bfbe`, `${start}bfbf`])],
  },
  {
    sub: '6.23',
    title: 'The specials, U+FFF9 to U+FFFF',
    why: 'The specials are valid code points in UTF-8, and the server must accept them.',
    sequences: ['efbfb9', 'efbfba', 'efbfbb', 'efbfbc', 'efbfbd', 'efbfbe', 'efbfbf'],
  },
];

/** Formats a byte sequence in hex. If it has more than 14 bytes, only the first six and the last two are shown. */
function shown(sequence: string): string {
  const pairs = sequence.match(/../g) ?? [];
  return pairs.length <= 14 ? pairs.join(' ') : `${pairs.slice(0, 6).join(' ')} … ${pairs.slice(-2).join(' ')}`;
}

const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/** Lists the code points of a valid sequence, except lower-case ASCII letters. */
function characters(sequence: string): string {
  const all = [...Buffer.from(sequence, 'hex').toString('utf8')];
  const special = all.filter((character) => !/^[a-z]$/.test(character));
  return special.map(codePoint).join(' ');
}

function sequenceCase(group: Group, marked: string, n: number): Case {
  const invalid = marked.startsWith('!');
  const sequence = invalid ? marked.slice(1) : marked;
  const payload = hex(sequence);
  const length = sequence.length / 2;
  const common = {
    id: `${group.sub}.${n}`,
    title: invalid ? `Not UTF-8: ${shown(sequence)}` : `UTF-8: ${characters(sequence)}`,
    sends: `One text frame with ${length === 1 ? 'the byte' : `the ${length} bytes`} ${shown(sequence)}, which ${
      length === 1 ? 'is' : 'are'
    } ${invalid ? 'not ' : ''}UTF-8.`,
    script: [message(payload), killAfter(0.5)],
  };
  return invalid
    ? defineCase({
        ...common,
        demands: `The server fails the connection with 1007 within half a second and echoes nothing. ${group.why}`,
        rfc: INVALID_RFC,
        allowed: { OK: [] },
        close: SERVER_FAILS_TEXT,
      })
    : defineCase({
        ...common,
        demands: `The server echoes the text byte for byte within half a second. ${group.why}`,
        rfc: VALID_RFC,
        allowed: { OK: [gotText(payload)] },
        close: WE_CLOSE,
      });
}

const cases: Case[] = [
  ...wholeAndSplit,
  earlyRejection('6.4.1', [11, 15], 'frames'),
  earlyRejection('6.4.2', [12, 13], 'frames'),
  earlyRejection('6.4.3', [11, 15], 'pieces'),
  earlyRejection('6.4.4', [12, 13], 'pieces'),
  ...GROUPS.flatMap((group) => group.sequences.map((sequence, i) => sequenceCase(group, sequence, i + 1))),
];

/** The cases of category 6: the server must echo valid text and refuse text that is not UTF-8. */
export const utf8: Family = {
  category: '6',
  title: 'UTF-8',
  subcategories: {
    '6.1': 'Text of empty frames',
    '6.2': 'Valid text, whole and cut',
    '6.3': 'Invalid text, whole and cut',
    '6.4': 'Invalid text refused early',
    ...Object.fromEntries(GROUPS.map((group) => [group.sub, group.title])),
  },
  cases,
};
