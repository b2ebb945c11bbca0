import {
  type Case,
  CONTINUATION,
  CUT_SENTENCES,
  CUT_TITLES,
  type Cut,
  closeAfter,
  defineCase,
  type Family,
  frame,
  gotPong,
  gotText,
  killAfter,
  type Payload,
  PING,
  PONG,
  SERVER_FAILS,
  type Step,
  TEXT,
  text,
  WE_CLOSE,
  wait,
} from './case.ts';

const fragmentText = (n: number): Payload => text(`fragment${n}`);
const JOINED = text('fragment1fragment2');
const PING_PAYLOAD = text('ping payload');
const HELLO = text('Hello, world!');
const ORPHAN = text('non-continuation payload');
const RFC = ['RFC 6455 5.4'];
const FAIL_RFC = ['RFC 6455 5.4', 'RFC 6455 7.1.7'];
const CUTS: readonly Cut[] = ['together', 'apart', 'bytes'];

const fragmentedControl = (id: string, opcode: number, name: string): Case =>
  defineCase({
    id,
    title: `${name} in two fragments`,
    sends: `A ${name} without FIN, then a continuation frame that would end it.`,
    demands: 'The server fails the connection (1002): control frames must not be fragmented.',
    rfc: ['RFC 6455 5.5', 'RFC 6455 5.4', 'RFC 6455 7.1.7'],
    script: [frame(opcode, fragmentText(1), { fin: false }), frame(CONTINUATION, fragmentText(2)), killAfter(1)],
    allowed: { OK: [] },
    close: SERVER_FAILS,
  });

const twoFragments = (id: string, cut: Cut): Case =>
  defineCase({
    id,
    title: `Text in two fragments${CUT_TITLES[cut]}`,
    sends: `A text message in two frames.${CUT_SENTENCES[cut]}`,
    demands: 'The server echoes one text message, made of both fragments in order.',
    rfc: RFC,
    script: [
      frame(TEXT, fragmentText(1), { fin: false, cut }),
      frame(CONTINUATION, fragmentText(2), { cut }),
      closeAfter(1),
    ],
    allowed: { OK: [gotText(JOINED)] },
    close: WE_CLOSE,
  });

const pingBetween = (id: string, cut: Cut): Case =>
  defineCase({
    id,
    title: `Ping between two fragments of a text${CUT_TITLES[cut]}`,
    sends: `A text message in two frames with a Ping between them.${CUT_SENTENCES[cut]}`,
    demands:
      'The server sends the Pong first, then the whole message: control frames may arrive between fragments and must be handled at once.',
    rfc: ['RFC 6455 5.4', 'RFC 6455 5.5.2'],
    script: [
      frame(TEXT, fragmentText(1), { fin: false, cut }),
      frame(PING, PING_PAYLOAD, { cut }),
      frame(CONTINUATION, fragmentText(2), { cut }),
      closeAfter(1),
    ],
    allowed: { OK: [gotPong(PING_PAYLOAD), gotText(JOINED)] },
    close: WE_CLOSE,
  });

const orphan = (id: string, fin: boolean, cut: Cut): Case =>
  defineCase({
    id,
    title: `Continuation ${fin ? 'with' : 'without'} FIN and no message to continue, then text${CUT_TITLES[cut]}`,
    sends: `A continuation frame ${fin ? 'with' : 'without'} FIN although no message has begun, then a valid text message.${CUT_SENTENCES[cut]}`,
    demands: 'The server fails the connection (1002) at the first frame and does not echo the text after it.',
    rfc: FAIL_RFC,
    script: [frame(CONTINUATION, ORPHAN, { fin, cut }), frame(TEXT, HELLO, { cut }), killAfter(1)],
    allowed: { OK: [] },
    close: SERVER_FAILS,
  });

const twiceOrphan = (id: string, fin: boolean): Case => {
  const sequence: readonly Step[] = [
    frame(CONTINUATION, fragmentText(1), { fin }),
    frame(TEXT, fragmentText(2), { fin: false }),
    frame(CONTINUATION, fragmentText(3)),
  ];
  return defineCase({
    id,
    title: `Twice: continuation ${fin ? 'with' : 'without'} FIN and no message to continue, then text in two fragments`,
    sends: `Twice in a row: a continuation frame ${fin ? 'with' : 'without'} FIN although no message has begun, then a text message in two frames.`,
    demands: 'The server fails the connection (1002) at the first frame and echoes nothing.',
    rfc: FAIL_RFC,
    script: [...sequence, ...sequence, killAfter(1)],
    allowed: { OK: [] },
    close: SERVER_FAILS,
  });
};

const PONGME_1 = text('pongme 1!');
const PONGME_2 = text('pongme 2!');
const longFragmented = (id: string, cut: Cut): Case =>
  defineCase({
    id,
    title: `Text in five fragments, two pings between them, a pause of 1 s${CUT_TITLES[cut]}`,
    sends: `Two fragments of a text and a Ping; after a pause of 1 s two more fragments, a Ping and the last fragment.${CUT_SENTENCES[cut]}`,
    demands:
      'The server sends the first Pong during the pause, the second before the message, and then the whole message: an unfinished message may stay open for any time.',
    rfc: ['RFC 6455 5.4', 'RFC 6455 5.5.2'],
    script: [
      frame(TEXT, fragmentText(1), { fin: false, cut }),
      frame(CONTINUATION, fragmentText(2), { fin: false, cut }),
      frame(PING, PONGME_1, { cut }),
      wait(1, null),
      frame(CONTINUATION, fragmentText(3), { fin: false, cut }),
      frame(CONTINUATION, fragmentText(4), { fin: false, cut }),
      frame(PING, PONGME_2, { cut }),
      frame(CONTINUATION, fragmentText(5), { cut }),
      closeAfter(1),
    ],
    allowed: {
      OK: [gotPong(PONGME_1), gotPong(PONGME_2), gotText(text('fragment1fragment2fragment3fragment4fragment5'))],
    },
    close: WE_CLOSE,
  });

const cases: Case[] = [
  fragmentedControl('5.1', PING, 'Ping'),
  fragmentedControl('5.2', PONG, 'Pong'),
  ...CUTS.map((cut, i) => twoFragments(`5.${3 + i}`, cut)),
  ...CUTS.map((cut, i) => pingBetween(`5.${6 + i}`, cut)),
  ...CUTS.map((cut, i) => orphan(`5.${9 + i}`, true, cut)),
  ...CUTS.map((cut, i) => orphan(`5.${12 + i}`, false, cut)),
  defineCase({
    id: '5.15',
    title: 'Text in two fragments, then a continuation with no message to continue, then text',
    sends:
      'A text message in two frames, then a continuation frame without FIN although the message has ended, then another text.',
    demands:
      'The server echoes the first message and fails the connection (1002) at the continuation frame. It does not echo the last text. If the first echo is lost with the connection, the case is NON-STRICT.',
    rfc: FAIL_RFC,
    script: [
      frame(TEXT, fragmentText(1), { fin: false }),
      frame(CONTINUATION, fragmentText(2)),
      frame(CONTINUATION, fragmentText(3), { fin: false }),
      frame(TEXT, fragmentText(4)),
      killAfter(1),
    ],
    allowed: { OK: [gotText(JOINED)], 'NON-STRICT': [] },
    close: SERVER_FAILS,
  }),
  twiceOrphan('5.16', false),
  twiceOrphan('5.17', true),
  defineCase({
    id: '5.18',
    title: 'Second fragment with the text opcode',
    sends: 'A text frame without FIN, then a second text frame in place of a continuation frame.',
    demands: 'The server fails the connection (1002): only frames with opcode 0 may continue a message.',
    rfc: FAIL_RFC,
    script: [frame(TEXT, fragmentText(1), { fin: false }), frame(TEXT, fragmentText(2)), killAfter(1)],
    allowed: { OK: [] },
    close: SERVER_FAILS,
  }),
  longFragmented('5.19', 'together'),
  longFragmented('5.20', 'apart'),
];

/** The cases of category 5: messages in several frames, and frames that belong to no message. */
export const fragmentation: Family = { category: '5', title: 'Fragmentation', subcategories: {}, cases };
