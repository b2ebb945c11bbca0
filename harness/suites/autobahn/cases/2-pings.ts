import {
  type Case,
  close,
  closeAfter,
  defineCase,
  EMPTY,
  type Family,
  frame,
  gotPong,
  hex,
  killAfter,
  type Payload,
  PING,
  PONG,
  run,
  SERVER_FAILS,
  text,
  WE_CLOSE,
} from './case.ts';

const PING_RFC = ['RFC 6455 5.5.2', 'RFC 6455 5.5.3'];

/** Makes a case that sends one legal Ping. The server must answer with one Pong of the same payload. */
const onePing = (facts: {
  id: string;
  title: string;
  sends: string;
  why: string;
  payload: Payload;
  chop?: number;
  seconds?: number;
}): Case =>
  defineCase({
    id: facts.id,
    title: facts.title,
    sends: facts.sends,
    demands: `The server sends one Pong with exactly the bytes of the Ping: ${facts.why}.`,
    rfc: PING_RFC,
    script: [frame(PING, facts.payload, facts.chop ? { chop: facts.chop } : {}), closeAfter(facts.seconds ?? 1)],
    allowed: { OK: [gotPong(facts.payload)] },
    close: WE_CLOSE,
  });

const TEN = Array.from({ length: 10 }, (_, i) => text(`payload-${i}`));
const tenPings = (id: string, chop?: number): Case =>
  defineCase({
    id,
    title: chop ? 'Ten pings, one byte per write' : 'Ten pings at once',
    sends: chop
      ? 'Ten Pings with ten different payloads, every byte in a write of its own.'
      : 'Ten Pings with ten different payloads, all in one write.',
    demands:
      'The server sends ten Pongs, in the order of the Pings. RFC 6455 allows a server to answer only the latest of several Pings; this case does not.',
    rfc: PING_RFC,
    script: [...TEN.map((payload) => frame(PING, payload, chop ? { chop } : {})), closeAfter(3)],
    allowed: { OK: TEN.map(gotPong) },
    close: WE_CLOSE,
  });

const UNSOLICITED = text('unsolicited pong payload');
const PING_PAYLOAD = text('ping payload');
const LONGEST = run(0xfe, 125);

const cases: Case[] = [
  onePing({
    id: '2.1',
    title: 'Ping without payload',
    sends: 'A Ping with an empty payload.',
    why: 'an empty Ping gets an empty Pong',
    payload: EMPTY,
  }),
  onePing({
    id: '2.2',
    title: 'Ping with a text payload',
    sends: 'A Ping with a short readable payload.',
    why: 'the Application data of a Ping is copied, not replaced',
    payload: text('Hello, world!'),
  }),
  onePing({
    id: '2.3',
    title: 'Ping with a payload that is not UTF-8',
    sends: 'A Ping with eight bytes that are not UTF-8.',
    why: 'the payload of a Ping need not be text, so the server must not decode or refuse it',
    payload: hex('00fffefdfcfb00ff'),
  }),
  onePing({
    id: '2.4',
    title: 'Ping with 125 bytes',
    sends: 'A Ping with 125 bytes, the most that a control frame may carry.',
    why: '125 bytes are legal and must all come back',
    payload: LONGEST,
  }),
  defineCase({
    id: '2.5',
    title: 'Ping with 126 bytes, one too many',
    sends: 'A Ping with 126 bytes, so that its length needs the 16-bit form.',
    demands: 'The server fails the connection (1002): control frames carry at most 125 bytes. It sends no Pong.',
    rfc: ['RFC 6455 5.5', 'RFC 6455 7.1.7'],
    script: [frame(PING, run(0xfe, 126)), killAfter(1)],
    allowed: { OK: [] },
    close: SERVER_FAILS,
  }),
  onePing({
    id: '2.6',
    title: 'Ping with 125 bytes, one byte per write',
    sends: 'A Ping with 125 bytes, every byte in a write of its own.',
    why: 'TCP is a stream, and a read can end inside a frame',
    payload: LONGEST,
    chop: 1,
    seconds: 2,
  }),
  defineCase({
    id: '2.7',
    title: 'Unsolicited pong without payload, then close',
    sends: 'An empty Pong without a Ping before it, then a Close with 1000.',
    demands: 'The server ignores the Pong, which is a one-way heartbeat, and answers the Close.',
    rfc: ['RFC 6455 5.5.3'],
    script: [frame(PONG, EMPTY), close(1000), closeAfter(1)],
    allowed: { OK: [] },
    close: WE_CLOSE,
  }),
  defineCase({
    id: '2.8',
    title: 'Unsolicited pong with payload, then close',
    sends: 'A Pong with a payload and without a Ping before it, then a Close with 1000.',
    demands: 'The server ignores the Pong and its payload, and answers the Close.',
    rfc: ['RFC 6455 5.5.3'],
    script: [frame(PONG, UNSOLICITED), close(1000), closeAfter(1)],
    allowed: { OK: [] },
    close: WE_CLOSE,
  }),
  defineCase({
    id: '2.9',
    title: 'Unsolicited pong, then ping',
    sends: 'A Pong without a Ping before it, then a Ping with another payload.',
    demands: 'The server ignores the Pong and answers the Ping with the payload of the Ping.',
    rfc: PING_RFC,
    script: [frame(PONG, UNSOLICITED), frame(PING, PING_PAYLOAD), closeAfter(1)],
    allowed: { OK: [gotPong(PING_PAYLOAD)] },
    close: WE_CLOSE,
  }),
  tenPings('2.10'),
  tenPings('2.11', 1),
];

/** The cases of category 2: the server must answer each Ping and ignore each Pong. */
export const pings: Family = { category: '2', title: 'Pings and pongs', subcategories: {}, cases };
