import {
  type Case,
  CLOSE,
  CLOSE_REFUSED,
  type CloseDemand,
  CONTINUATION,
  close,
  defineCase,
  EMPTY,
  type Family,
  frame,
  gotText,
  hex,
  killAfter,
  type Payload,
  PING,
  pattern,
  run,
  type Step,
  TEXT,
  text,
  WE_CLOSE,
} from './case.ts';

const HELLO = text('Hello World!');
const HANDSHAKE_RFC = ['RFC 6455 5.5.1', 'RFC 6455 7.1.2'];
const CODE_RFC = ['RFC 6455 7.4.1', 'RFC 6455 7.4.2', 'RFC 6455 5.5.1'];

/** Makes a case that sends a Close and then another frame, which the server must ignore. */
const afterClose = (facts: {
  id: string;
  title: string;
  sends: string;
  demands: string;
  script: readonly Step[];
}): Case =>
  defineCase({
    ...facts,
    rfc: HANDSHAKE_RFC,
    script: [...facts.script, killAfter(1)],
    allowed: { OK: [] },
    close: WE_CLOSE,
    suppressClose: true,
    finalRule: 'wrong code fails',
  });

/** Makes a case that sends one Close, with a legal or an illegal body. */
const closing = (facts: {
  id: string;
  title: string;
  sends: string;
  demands: string;
  rfc: readonly string[];
  code: number | null;
  reason?: Payload;
  demand: CloseDemand;
  suppressClose?: boolean;
}): Case =>
  defineCase({
    id: facts.id,
    title: facts.title,
    sends: facts.sends,
    demands: facts.demands,
    rfc: facts.rfc,
    script: [close(facts.code, facts.reason), killAfter(1)],
    allowed: { OK: [] },
    close: facts.demand,
    suppressClose: facts.suppressClose ?? true,
    finalRule: 'wrong code fails',
  });

const basics: Case[] = [
  defineCase({
    id: '7.1.1',
    title: 'Text echoed, then close',
    sends: 'A text message, and after its echo a Close with 1000.',
    demands: 'The server echoes the text, answers the Close and ends TCP.',
    rfc: HANDSHAKE_RFC,
    script: [frame(TEXT, HELLO), killAfter(1)],
    allowed: { OK: [gotText(HELLO)] },
    close: WE_CLOSE,
    finalRule: 'wrong code fails',
  }),
  afterClose({
    id: '7.1.2',
    title: 'Two closes',
    sends: 'A Close with 1000, then a second, empty Close.',
    demands: 'The server answers the first Close and ends TCP. It ignores the second Close.',
    script: [close(1000), frame(CLOSE, EMPTY)],
  }),
  afterClose({
    id: '7.1.3',
    title: 'Ping after close',
    sends: 'A Close with 1000, then a Ping.',
    demands:
      'The server answers the Close and ends TCP. It sends no Pong, because it has received a Close before the Ping.',
    script: [close(1000), frame(PING, EMPTY)],
  }),
  afterClose({
    id: '7.1.4',
    title: 'Text after close',
    sends: 'A Close with 1000, then a text message.',
    demands:
      'The server answers the Close and ends TCP. It does not echo the text: frames after a Close are discarded.',
    script: [close(1000), frame(TEXT, HELLO)],
  }),
  afterClose({
    id: '7.1.5',
    title: 'Close between two fragments',
    sends: 'The first fragment of a text, a Close with 1000, the last fragment.',
    demands:
      'The server answers the Close and ends TCP. It does not echo the message, which was not finished before the Close.',
    script: [frame(TEXT, text('fragment1'), { fin: false }), close(1000), frame(CONTINUATION, text('fragment2'))],
  }),
  defineCase({
    id: '7.1.6',
    title: '256 KiB of text, a short text, close, ping',
    sends: 'A text of 256 KiB, a short text, a Close with 1000 and a Ping, all at once.',
    demands:
      'Both texts were complete before the Close, so the server echoes both. Then it answers the Close and ends TCP, without a Pong. The suite always grades this case INFORMATIONAL: look at the facts.',
    rfc: HANDSHAKE_RFC,
    script: [
      frame(TEXT, pattern(Buffer.from('BAsd7&jh23', 'ascii'), 262_144)),
      frame(TEXT, HELLO),
      close(1000),
      frame(PING, EMPTY),
      killAfter(1),
    ],
    allowed: { OK: [gotText(HELLO)], 'NON-STRICT': [] },
    close: WE_CLOSE,
    suppressClose: true,
    finalRule: 'informational',
  }),
];

const bodies: Case[] = [
  closing({
    id: '7.3.1',
    title: 'Close without a body',
    sends: 'A Close without code and reason.',
    demands: 'The server answers the Close, with or without a body, and ends TCP: the body is optional.',
    rfc: ['RFC 6455 5.5.1', 'RFC 6455 7.1.5'],
    code: null,
    demand: WE_CLOSE,
  }),
  closing({
    id: '7.3.2',
    title: 'Close with a body of one byte',
    sends: 'A Close with a body of a single byte.',
    demands: 'The server fails the connection (1002): a body must begin with a code of two bytes.',
    rfc: ['RFC 6455 5.5.1', 'RFC 6455 7.1.7'],
    code: null,
    reason: text('a'),
    demand: CLOSE_REFUSED,
  }),
  closing({
    id: '7.3.3',
    title: 'Close with a code',
    sends: 'A Close with 1000 and no reason.',
    demands: 'The server answers with 1000 or without a code, and ends TCP.',
    rfc: ['RFC 6455 5.5.1'],
    code: 1000,
    demand: WE_CLOSE,
  }),
  closing({
    id: '7.3.4',
    title: 'Close with a code and a reason',
    sends: 'A Close with 1000 and a short reason.',
    demands: 'The server answers the Close and ends TCP. It may echo the reason.',
    rfc: ['RFC 6455 5.5.1', 'RFC 6455 7.1.6'],
    code: 1000,
    reason: HELLO,
    demand: WE_CLOSE,
  }),
  closing({
    id: '7.3.5',
    title: 'Close with a reason of 123 bytes, the longest',
    sends: 'A Close with 1000 and a reason of 123 bytes: together 125 bytes, the most that a control frame may carry.',
    demands: 'The server answers the Close and ends TCP: the body is legal.',
    rfc: ['RFC 6455 5.5', 'RFC 6455 5.5.1'],
    code: 1000,
    reason: run(0x2a, 123),
    demand: WE_CLOSE,
  }),
  closing({
    id: '7.3.6',
    title: 'Close with a reason of 124 bytes, one too many',
    sends: 'A Close with 1000 and a reason of 124 bytes, so that the length of the frame needs the 16-bit form.',
    demands: 'The server fails the connection (1002): control frames carry at most 125 bytes.',
    rfc: ['RFC 6455 5.5', 'RFC 6455 7.1.7'],
    code: 1000,
    reason: run(0x2a, 124),
    demand: CLOSE_REFUSED,
  }),
  {
    ...closing({
      id: '7.5.1',
      title: 'Close with a reason that is not UTF-8',
      sends: 'A Close with 1000 and a reason that contains a lone surrogate.',
      demands: 'The server fails the connection with 1007 (or 1002): the reason must be UTF-8.',
      rfc: ['RFC 6455 5.5.1', 'RFC 6455 8.1'],
      code: 1000,
      reason: hex('cebae1bdb9cf83cebcceb5eda080656469746564'),
      demand: { closedByMe: true, codes: [1002, 1007], requireClean: false, wrongEndpointIsFatal: false },
    }),
    reasonIsBinary: true,
  },
];

const LEGAL: readonly (readonly [code: number, meaning: string])[] = [
  [1000, 'normal closure'],
  [1001, 'going away'],
  [1002, 'protocol error'],
  [1003, 'data that cannot be accepted'],
  [1007, 'data that does not match its type'],
  [1008, 'a policy was violated'],
  [1009, 'a message too big'],
  [1010, 'an extension was missing'],
  [1011, 'an unexpected condition'],
  [3000, 'the first of the registered range'],
  [3999, 'the last of the registered range'],
  [4000, 'the first of the private range'],
  [4999, 'the last of the private range'],
];
const ILLEGAL: readonly (readonly [code: number, meaning: string])[] = [
  [0, 'codes below 1000 are not used'],
  [999, 'codes below 1000 are not used'],
  [1004, 'the code is reserved and has no meaning yet'],
  [1005, 'the code means "no code received" and must not be sent'],
  [1006, 'the code means "no Close received" and must not be sent'],
  [1016, 'no standard defines the code'],
  [1100, 'no standard defines the code'],
  [2000, 'the range is reserved for extensions, and none of its codes is defined'],
  [2999, 'the range is reserved for extensions, and none of its codes is defined'],
];

const codes: Case[] = [
  ...LEGAL.map(([code, meaning], i) =>
    closing({
      id: `7.7.${i + 1}`,
      title: `Close with the legal code ${code}`,
      sends: `A Close with ${code}: ${meaning}.`,
      demands: `The server answers with ${code}, with 1000 or without a code, and ends TCP: an endpoint may send this code.`,
      rfc: CODE_RFC,
      code,
      demand: { ...WE_CLOSE, codes: [1000, code] },
      suppressClose: false,
    }),
  ),
  ...ILLEGAL.map(([code, meaning], i) =>
    closing({
      id: `7.9.${i + 1}`,
      title: `Close with the illegal code ${code}`,
      sends: `A Close with ${code}.`,
      demands: `The server fails the connection (1002, or no code): ${meaning}.`,
      rfc: CODE_RFC,
      code,
      demand: CLOSE_REFUSED,
      suppressClose: false,
    }),
  ),
  ...[5000, 65_535].map(
    (code, i): Case => ({
      ...closing({
        id: `7.13.${i + 1}`,
        title: `Close with ${code}, outside every range`,
        sends: `A Close with ${code}, which belongs to no defined range.`,
        demands:
          'No rule says what the server must do; a careful server fails the connection (1002). The suite always grades this case INFORMATIONAL: look at the facts.',
        rfc: ['RFC 6455 7.4.2', 'RFC 6455 7.4.1'],
        code,
        demand: { closedByMe: true, codes: [1000, code, 1002], requireClean: false, wrongEndpointIsFatal: false },
      }),
      finalRule: 'informational',
    }),
  ),
];

/** The cases of category 7: the closing handshake, the body of a Close, and frames after a Close. */
export const closingHandshake: Family = {
  category: '7',
  title: 'Closing',
  subcategories: {
    '7.1': 'The closing handshake',
    '7.3': 'Length of the body',
    '7.5': 'Text of the reason',
    '7.7': 'Legal codes',
    '7.9': 'Illegal codes',
    '7.13': 'Codes outside every range',
  },
  cases: [...basics, ...bodies, ...codes],
};
