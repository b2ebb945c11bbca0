import {
  aCase,
  type Case,
  close,
  closeAfter,
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

/** One legal Ping, one Pong with the same octets. */
const onePing = (facts: {
  id: string;
  title: string;
  sends: string;
  why: string;
  payload: Payload;
  chop?: number;
  seconds?: number;
}): Case =>
  aCase({
    id: facts.id,
    title: facts.title,
    sends: facts.sends,
    demands: `One Pong comes back with exactly the octets of the Ping: ${facts.why}.`,
    rfc: PING_RFC,
    script: [frame(PING, facts.payload, facts.chop ? { chop: facts.chop } : {}), closeAfter(facts.seconds ?? 1)],
    allowed: { OK: [gotPong(facts.payload)] },
    close: WE_CLOSE,
  });

const TEN = Array.from({ length: 10 }, (_, i) => text(`payload-${i}`));
const tenPings = (id: string, chop?: number): Case =>
  aCase({
    id,
    title: chop ? 'Ten pings, one octet per write' : 'Ten pings at once',
    sends: chop
      ? 'Ten Pings with ten different payloads, every octet in a write of its own.'
      : 'Ten Pings with ten different payloads, all in one write.',
    demands:
      'Ten Pongs, in the order of the Pings. The RFC lets a server answer only the latest of several Pings; this case does not.',
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
    why: 'here none',
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
    sends: 'A Ping with eight octets that are no UTF-8.',
    why: 'a Ping carries octets, so nothing may be decoded or refused',
    payload: hex('00fffefdfcfb00ff'),
  }),
  onePing({
    id: '2.4',
    title: 'Ping with 125 octets',
    sends: 'A Ping with 125 octets, the most a control frame may carry.',
    why: '125 octets are legal and must come back whole',
    payload: LONGEST,
  }),
  aCase({
    id: '2.5',
    title: 'Ping with 126 octets, one too many',
    sends: 'A Ping with 126 octets, so that its length needs the 16-bit form.',
    demands: 'The server fails the connection (1002): control frames carry at most 125 octets. No Pong comes.',
    rfc: ['RFC 6455 5.5', 'RFC 6455 7.1.7'],
    script: [frame(PING, run(0xfe, 126)), killAfter(1)],
    allowed: { OK: [] },
    close: SERVER_FAILS,
  }),
  onePing({
    id: '2.6',
    title: 'Ping with 125 octets, one octet per write',
    sends: 'A Ping with 125 octets, every octet in a write of its own.',
    why: 'TCP is a stream, and frames do not end where reads do',
    payload: LONGEST,
    chop: 1,
    seconds: 2,
  }),
  aCase({
    id: '2.7',
    title: 'Unasked-for pong without payload, then close',
    sends: 'A Pong nobody asked for, empty, then a Close with 1000.',
    demands: 'The Pong is ignored (it is a one-way heartbeat) and the Close is answered.',
    rfc: ['RFC 6455 5.5.3'],
    script: [frame(PONG, EMPTY), close(1000), closeAfter(1)],
    allowed: { OK: [] },
    close: WE_CLOSE,
  }),
  aCase({
    id: '2.8',
    title: 'Unasked-for pong with payload, then close',
    sends: 'A Pong nobody asked for, with a payload, then a Close with 1000.',
    demands: 'The Pong is ignored, payload and all, and the Close is answered.',
    rfc: ['RFC 6455 5.5.3'],
    script: [frame(PONG, UNSOLICITED), close(1000), closeAfter(1)],
    allowed: { OK: [] },
    close: WE_CLOSE,
  }),
  aCase({
    id: '2.9',
    title: 'Unasked-for pong, then ping',
    sends: 'A Pong nobody asked for, then a Ping with another payload.',
    demands: 'The Pong is ignored and the Ping is answered with its own payload.',
    rfc: PING_RFC,
    script: [frame(PONG, UNSOLICITED), frame(PING, PING_PAYLOAD), closeAfter(1)],
    allowed: { OK: [gotPong(PING_PAYLOAD)] },
    close: WE_CLOSE,
  }),
  tenPings('2.10'),
  tenPings('2.11', 1),
];

/** 2.x: Pings answered, Pongs ignored. */
export const pings: Family = { category: '2', title: 'Pings and pongs', subcategories: {}, cases };
