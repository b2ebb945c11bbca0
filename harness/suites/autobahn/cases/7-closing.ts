import {
  aCase,
  type Case,
  CLOSE,
  CLOSE_REFUSED,
  type CloseDemand,
  CONTINUATION,
  close,
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

/** We send a Close and something after it, which a server in the closing handshake must not act upon. */
const afterClose = (facts: {
  id: string;
  title: string;
  sends: string;
  demands: string;
  script: readonly Step[];
}): Case =>
  aCase({
    ...facts,
    rfc: HANDSHAKE_RFC,
    script: [...facts.script, killAfter(1)],
    allowed: { OK: [] },
    close: WE_CLOSE,
    suppressClose: true,
    finalRule: 'wrong code fails',
  });

/** We close with a body the case is about. */
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
  aCase({
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
  aCase({
    id: '7.1.1',
    title: 'Text echoed, then close',
    sends: 'A text message; when its echo has come, a Close with 1000.',
    demands: 'The echo comes, the Close is answered and TCP ended by the server.',
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
    demands: 'The first Close is answered and TCP ended; the second is not looked at.',
    script: [close(1000), frame(CLOSE, EMPTY)],
  }),
  afterClose({
    id: '7.1.3',
    title: 'Ping after close',
    sends: 'A Close with 1000, then a Ping.',
    demands: 'The Close is answered and TCP ended. No Pong: a Close has been received, so the Ping is not answered.',
    script: [close(1000), frame(PING, EMPTY)],
  }),
  afterClose({
    id: '7.1.4',
    title: 'Text after close',
    sends: 'A Close with 1000, then a text message.',
    demands: 'The Close is answered and TCP ended. The text is not echoed: what follows a Close is discarded.',
    script: [close(1000), frame(TEXT, HELLO)],
  }),
  afterClose({
    id: '7.1.5',
    title: 'Close between two fragments',
    sends: 'The first fragment of a text, a Close with 1000, the last fragment.',
    demands: 'The Close is answered and TCP ended. The message is not echoed: it was never finished before the Close.',
    script: [frame(TEXT, text('fragment1'), { fin: false }), close(1000), frame(CONTINUATION, text('fragment2'))],
  }),
  aCase({
    id: '7.1.6',
    title: '256 KiB of text, a short text, close, ping',
    sends: 'A text of 256 KiB, a short text, a Close with 1000 and a Ping, all at once.',
    demands:
      'Both texts were complete before the Close, so both come back; then the Close is answered, the Ping is not, and TCP ends. The suite grades this as informational whatever happens: look at the facts.',
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
    sends: 'A Close without code or reason.',
    demands: 'The Close is answered (with a body or without) and TCP ended: the body is optional.',
    rfc: ['RFC 6455 5.5.1', 'RFC 6455 7.1.5'],
    code: null,
    demand: WE_CLOSE,
  }),
  closing({
    id: '7.3.2',
    title: 'Close with a body of one octet',
    sends: 'A Close whose body is a single octet.',
    demands: 'The server fails the connection (1002): if there is a body, it begins with a code of two octets.',
    rfc: ['RFC 6455 5.5.1', 'RFC 6455 7.1.7'],
    code: null,
    reason: text('a'),
    demand: CLOSE_REFUSED,
  }),
  closing({
    id: '7.3.3',
    title: 'Close with a code',
    sends: 'A Close with 1000 and no reason.',
    demands: 'The Close is answered with 1000 or without a code, and TCP ended.',
    rfc: ['RFC 6455 5.5.1'],
    code: 1000,
    demand: WE_CLOSE,
  }),
  closing({
    id: '7.3.4',
    title: 'Close with a code and a reason',
    sends: 'A Close with 1000 and a short reason.',
    demands: 'The Close is answered and TCP ended; the reason may be echoed or not.',
    rfc: ['RFC 6455 5.5.1', 'RFC 6455 7.1.6'],
    code: 1000,
    reason: HELLO,
    demand: WE_CLOSE,
  }),
  closing({
    id: '7.3.5',
    title: 'Close with a reason of 123 octets, the longest',
    sends: 'A Close with 1000 and a reason of 123 octets: with the code 125, the most a control frame may carry.',
    demands: 'The Close is answered and TCP ended: the body is legal.',
    rfc: ['RFC 6455 5.5', 'RFC 6455 5.5.1'],
    code: 1000,
    reason: run(0x2a, 123),
    demand: WE_CLOSE,
  }),
  closing({
    id: '7.3.6',
    title: 'Close with a reason of 124 octets, one too many',
    sends: 'A Close with 1000 and a reason of 124 octets, so that its length needs the 16-bit form.',
    demands: 'The server fails the connection (1002): control frames carry at most 125 octets.',
    rfc: ['RFC 6455 5.5', 'RFC 6455 7.1.7'],
    code: 1000,
    reason: run(0x2a, 124),
    demand: CLOSE_REFUSED,
  }),
  {
    ...closing({
      id: '7.5.1',
      title: 'Close with a reason that is not UTF-8',
      sends: 'A Close with 1000 and a reason that holds a lone surrogate.',
      demands: 'The server fails the connection with 1007 (or 1002): the reason is text, and text is UTF-8.',
      rfc: ['RFC 6455 5.5.1', 'RFC 6455 8.1'],
      code: 1000,
      reason: hex('cebae1bdb9cf83cebcceb5eda080656469746564'),
      demand: { closedByMe: true, codes: [1002, 1007], requireClean: false, wrongEndpointIsFatal: false },
    }),
    reasonIsOctets: true,
  },
];

const LEGAL: readonly (readonly [code: number, meaning: string])[] = [
  [1000, 'normal closure'],
  [1001, 'going away'],
  [1002, 'protocol error'],
  [1003, 'data it cannot accept'],
  [1007, 'data that does not fit its type'],
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
  [1004, 'it is reserved and has no meaning yet'],
  [1005, 'it means "no code came" and must not stand in a frame'],
  [1006, 'it means "no Close came" and must not stand in a frame'],
  [1016, 'no standard has defined it'],
  [1100, 'no standard has defined it'],
  [2000, 'the range is kept for extensions and nothing of it is defined'],
  [2999, 'the range is kept for extensions and nothing of it is defined'],
];

const codes: Case[] = [
  ...LEGAL.map(([code, meaning], i) =>
    closing({
      id: `7.7.${i + 1}`,
      title: `Close with the legal code ${code}`,
      sends: `A Close with ${code}: ${meaning}.`,
      demands: `The Close is answered with ${code}, with 1000 or without a code, and TCP ended: an endpoint may send this code.`,
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
        sends: `A Close with ${code}, which belongs to no range at all.`,
        demands:
          'What the server does is its own affair; failing the connection (1002) is the careful answer. The suite grades this as informational whatever happens: look at the facts.',
        rfc: ['RFC 6455 7.4.2', 'RFC 6455 7.4.1'],
        code,
        demand: { closedByMe: true, codes: [1000, code, 1002], requireClean: false, wrongEndpointIsFatal: false },
      }),
      finalRule: 'informational',
    }),
  ),
];

/** 7.x: the closing handshake, what may stand in a Close and what may follow it. */
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
