import {
  aCase,
  type Case,
  CONTINUATION,
  closeAfter,
  EMPTY,
  type Family,
  frame,
  gotText,
  gotTimeout,
  hex,
  killAfter,
  message,
  octets,
  type Payload,
  SERVER_FAILS_TEXT,
  type Step,
  TEXT,
  text,
  WE_CLOSE,
  wait,
} from './case.ts';

/** "κόσμε": five Greek letters in eleven octets. */
const GREEK = Buffer.from('cebae1bdb9cf83cebcceb5', 'hex');
/** Latin letters with and without accents, 29 octets. */
const LATIN = Buffer.from('48656c6c6f2dc2b540c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121', 'hex');
const EDITED = Buffer.from('edited', 'ascii');
/** Greek, a lone surrogate, Latin. */
const WITH_SURROGATE = Buffer.concat([GREEK, Buffer.from('eda080', 'hex'), EDITED]);
/** Greek, a code point beyond U+10FFFF, Latin. The octet at index 12 is the first that cannot be UTF-8. */
const BEYOND_UNICODE = Buffer.concat([GREEK, Buffer.from('f4908080', 'hex'), EDITED]);

const VALID_RFC = ['RFC 6455 5.6', 'RFC 6455 8.1', 'RFC 3629 3'];
const INVALID_RFC = ['RFC 6455 8.1', 'RFC 6455 7.4.1', 'RFC 3629 3'];
const COMES_BACK = 'The same text comes back octet for octet; then our Close is answered and TCP ended.';

const valid = (facts: {
  id: string;
  title: string;
  sends: string;
  script: readonly Step[];
  echo: Payload;
  why?: string;
  rfc?: readonly string[];
}): Case =>
  aCase({
    id: facts.id,
    title: facts.title,
    sends: facts.sends,
    demands: facts.why ? `${COMES_BACK} ${facts.why}` : COMES_BACK,
    rfc: facts.rfc ?? VALID_RFC,
    script: facts.script,
    allowed: { OK: [gotText(facts.echo)] },
    close: WE_CLOSE,
  });

const MIDDLE = text('middle frame payload');
const latin = octets(LATIN);
const greek = octets(GREEK);
const EMPTY_RFC = ['RFC 6455 5.4', 'RFC 6455 5.6'];

const wholeAndSplit: Case[] = [
  valid({
    id: '6.1.1',
    title: 'Empty text message',
    sends: 'A text message without any octet.',
    script: [frame(TEXT, EMPTY), closeAfter(1)],
    echo: EMPTY,
    why: 'An empty message is a message.',
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
    why: 'One message, not three and not none.',
    rfc: EMPTY_RFC,
  }),
  valid({
    id: '6.1.3',
    title: 'Text in three frames, the first and the last empty',
    sends: 'A text message in three frames of which only the middle one carries anything.',
    script: [
      frame(TEXT, EMPTY, { fin: false }),
      frame(CONTINUATION, MIDDLE, { fin: false }),
      frame(CONTINUATION, EMPTY),
      closeAfter(1),
    ],
    echo: MIDDLE,
    why: 'Empty frames add nothing and end nothing early.',
    rfc: EMPTY_RFC,
  }),
  valid({
    id: '6.2.1',
    title: 'Valid text with accents, one frame',
    sends: 'A text with one- and two-octet characters in one frame.',
    script: [message(latin), closeAfter(1)],
    echo: latin,
  }),
  valid({
    id: '6.2.2',
    title: 'Valid text with accents, cut between characters',
    sends: 'The same text in two frames, cut between two characters.',
    script: [
      frame(TEXT, octets(LATIN.subarray(0, 15)), { fin: false }),
      frame(CONTINUATION, octets(LATIN.subarray(15))),
      closeAfter(1),
    ],
    echo: latin,
  }),
  valid({
    id: '6.2.3',
    title: 'Valid text with accents, one octet per frame',
    sends: 'The same text in frames of one octet, so that cuts fall inside characters, and an empty last frame.',
    script: [message(latin, { fragment: 1 }), closeAfter(1)],
    echo: latin,
    why: 'A character may be spread over frames: only the message as a whole must be UTF-8.',
  }),
  valid({
    id: '6.2.4',
    title: 'Valid Greek text, one octet per frame',
    sends: 'A Greek text in frames of one octet, so that cuts fall inside characters, and an empty last frame.',
    script: [message(greek, { fragment: 1 }), closeAfter(1)],
    echo: greek,
    why: 'A character may be spread over frames: only the message as a whole must be UTF-8.',
  }),
  aCase({
    id: '6.3.1',
    title: 'Text with a lone surrogate, one frame',
    sends: 'A text whose middle is a surrogate in three octets, in one frame.',
    demands: 'The server fails the connection with 1007: surrogates are no characters and never UTF-8.',
    rfc: INVALID_RFC,
    script: [message(octets(WITH_SURROGATE)), killAfter(1)],
    allowed: { OK: [] },
    close: SERVER_FAILS_TEXT,
  }),
  aCase({
    id: '6.3.2',
    title: 'Text with a lone surrogate, one octet per frame',
    sends: 'The same invalid text in frames of one octet, and an empty last frame.',
    demands: 'The server fails the connection with 1007, at the latest when the message is complete.',
    rfc: INVALID_RFC,
    script: [message(octets(WITH_SURROGATE), { fragment: 1 }), killAfter(1)],
    allowed: { OK: [] },
    close: SERVER_FAILS_TEXT,
  }),
];

/** 6.4: is text refused as soon as it cannot become UTF-8 any more, or only when the message ends? */
function earlyRejection(id: string, cuts: readonly [number, number], how: 'frames' | 'pieces'): Case {
  const parts = [
    BEYOND_UNICODE.subarray(0, cuts[0]),
    BEYOND_UNICODE.subarray(cuts[0], cuts[1]),
    BEYOND_UNICODE.subarray(cuts[1]),
  ] as const;
  const exact = cuts[0] === 12;
  const sendPart = (i: 0 | 1 | 2): Step =>
    how === 'pieces'
      ? { step: 'piece', octets: parts[i] }
      : frame(i === 0 ? TEXT : CONTINUATION, octets(parts[i]), { fin: i === 2 });
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
  const where = how === 'frames' ? 'three frames' : 'three pieces of one frame';
  return aCase({
    id,
    title: `Invalid text in ${where} with pauses of 1 s${exact ? ', cut at the bad octet' : ''}`,
    sends: `A text in ${where}, 1 s apart; ${
      exact
        ? 'the second is one octet, the first that cannot be UTF-8'
        : 'the second holds four octets that stand for no character'
    }.`,
    demands:
      'The first part is good and the server waits. At the second it fails the connection with 1007 at once, before the third is sent: nothing that follows can make the text valid. Noticing only at the end of the message is allowed but not strict.',
    rfc: INVALID_RFC,
    script,
    allowed: { OK: [gotTimeout('A')], 'NON-STRICT': [gotTimeout('A'), gotTimeout('B')] },
    close: SERVER_FAILS_TEXT,
  });
}

/** Sequences of 6.5–6.23: one unfragmented text each, judged within half a second. `!` marks what is not UTF-8. */
interface Group {
  sub: string;
  title: string;
  /** What the sequences have in common, completing "because …" or standing after the demand. */
  why: string;
  sequences: readonly string[];
}

/** Every octet from `first` to `last`, each followed by a blank: a lead octet that leads nothing. */
const leads = (first: number, last: number): string =>
  Array.from({ length: last - first + 1 }, (_, i) => `${(first + i).toString(16)}20`).join('');
const octetRange = (first: number, last: number): string =>
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
    title: 'Characters of one to four octets',
    why: 'All of it is well-formed UTF-8.',
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
    why: 'A prefix is UTF-8 where it ends between two characters, and only there.',
    sequences: Array.from(
      { length: 11 },
      (_, i) => `${PREFIXES_VALID.has(i + 1) ? '' : '!'}${GREEK.subarray(0, i + 1).toString('hex')}`,
    ),
  },
  {
    sub: '6.7',
    title: 'First character of each length',
    why: 'The smallest code point that needs one, two, three or four octets.',
    sequences: ['00', 'c280', 'e0a080', 'f0908080'],
  },
  {
    sub: '6.8',
    title: 'First sequence of five and six octets',
    why: 'Since RFC 3629 no character has more than four octets.',
    sequences: ['!f888808080', '!fc8480808080'],
  },
  {
    sub: '6.9',
    title: 'Last character of each length',
    why: 'The largest code point that fits one, two, three or four octets.',
    sequences: ['7f', 'dfbf', 'efbfbf', 'f48fbfbf'],
  },
  {
    sub: '6.10',
    title: 'Last sequence of four, five and six octets',
    why: 'They would stand for code points beyond U+10FFFF, which do not exist.',
    sequences: ['!f7bfbfbf', '!fbbfbfbfbf', '!fdbfbfbfbfbf'],
  },
  {
    sub: '6.11',
    title: 'Around the limits of the code space',
    why: 'U+D7FF and U+E000 enclose the surrogates, U+FFFD is ordinary, U+10FFFF is the last code point and U+110000 is none.',
    sequences: ['ed9fbf', 'ee8080', 'efbfbd', 'f48fbfbf', '!f4908080'],
  },
  {
    sub: '6.12',
    title: 'Continuation octets without a lead',
    why: 'An octet from 80 to bf can only continue a character, never begin one.',
    sequences: [
      '!80',
      '!bf',
      '!80bf',
      '!80bf80',
      '!80bf80bf',
      '!80bf80bf80',
      '!80bf80bf80bf',
      `!${octetRange(0x80, 0xbe)}`,
    ],
  },
  {
    sub: '6.13',
    title: 'Lead octets that lead nothing',
    why: 'Each lead octet is followed by a blank where a continuation octet must stand.',
    sequences: [leads(0xc0, 0xde), leads(0xe0, 0xee), leads(0xf0, 0xf6), leads(0xf8, 0xfa), leads(0xfc, 0xfc)].map(
      (sequence) => `!${sequence}`,
    ),
  },
  {
    sub: '6.14',
    title: 'Last continuation octet missing',
    why: 'The message ends inside a character.',
    sequences: CUT_SHORT.map((sequence) => `!${sequence}`),
  },
  {
    sub: '6.15',
    title: 'All incomplete sequences in a row',
    why: 'Every one of them ends before its character is complete.',
    sequences: [`!${CUT_SHORT.join('')}`],
  },
  {
    sub: '6.16',
    title: 'Octets that UTF-8 never uses',
    why: 'fe and ff stand in no UTF-8 text.',
    sequences: ['!fe', '!ff', '!fefeffff'],
  },
  {
    sub: '6.17',
    title: 'A slash in too many octets',
    why: 'Only the shortest form of a character is UTF-8; longer ones have been used to smuggle a slash past a check.',
    sequences: ['!c0af', '!e080af', '!f08080af', '!f8808080af', '!fc80808080af'],
  },
  {
    sub: '6.18',
    title: 'Largest characters in too many octets',
    why: 'Only the shortest form of a character is UTF-8; these are the last that would have fitted a shorter one.',
    sequences: ['!c1bf', '!e09fbf', '!f08fbfbf', '!f887bfbfbf', '!fc83bfbfbfbf'],
  },
  {
    sub: '6.19',
    title: 'NUL in too many octets',
    why: 'Only the shortest form of a character is UTF-8, also for U+0000 ("modified UTF-8" writes c0 80).',
    sequences: ['!c080', '!e08080', '!f0808080', '!f880808080', '!fc8080808080'],
  },
  {
    sub: '6.20',
    title: 'Lone surrogates',
    why: 'U+D800 to U+DFFF are halves of UTF-16 pairs, no characters.',
    sequences: ['!eda080', '!edadbf', '!edae80', '!edafbf', '!edb080', '!edbe80', '!edbfbf'],
  },
  {
    sub: '6.21',
    title: 'Pairs of surrogates',
    why: 'A pair of surrogates in UTF-8 (CESU-8) does not make a character either.',
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
    why: 'Noncharacters such as U+FFFE are code points like any other to UTF-8 and must pass.',
    sequences: ['efbfbe', 'efbfbf', ...LAST_OF_PLANES.flatMap((start) => [`${start}bfbe`, `${start}bfbf`])],
  },
  {
    sub: '6.23',
    title: 'The specials, U+FFF9 to U+FFFF',
    why: 'Specials are code points like any other to UTF-8 and must pass.',
    sequences: ['efbfb9', 'efbfba', 'efbfbb', 'efbfbc', 'efbfbd', 'efbfbe', 'efbfbf'],
  },
];

/** Hex in pairs, the middle left out where it is long. */
function shown(sequence: string): string {
  const pairs = sequence.match(/../g) ?? [];
  return pairs.length <= 14 ? pairs.join(' ') : `${pairs.slice(0, 6).join(' ')} … ${pairs.slice(-2).join(' ')}`;
}

const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/** The code points of a valid sequence that are not ASCII letters, for its title. */
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
    sends: `One text frame with ${length === 1 ? 'the octet' : `the ${length} octets`} ${shown(sequence)}, which ${
      length === 1 ? 'is' : 'are'
    } ${invalid ? 'not ' : ''}UTF-8.`,
    script: [message(payload), killAfter(0.5)],
  };
  return invalid
    ? aCase({
        ...common,
        demands: `The server fails the connection with 1007 within half a second and echoes nothing. ${group.why}`,
        rfc: INVALID_RFC,
        allowed: { OK: [] },
        close: SERVER_FAILS_TEXT,
      })
    : aCase({
        ...common,
        demands: `The same text comes back octet for octet within half a second. ${group.why}`,
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

/** 6.x: text is UTF-8, all of it and nothing else. */
export const utf8: Family = {
  category: '6',
  title: 'UTF-8',
  subcategories: {
    '6.1': 'Text of empty frames',
    '6.2': 'Valid text, whole and cut inside characters',
    '6.3': 'Invalid text, whole and cut',
    '6.4': 'Invalid text refused early',
    ...Object.fromEntries(GROUPS.map((group) => [group.sub, group.title])),
  },
  cases,
};
