import { count } from '../../../../reports/wording/vocabulary.ts';

/**
 * The shape of a case: what is sent, what is allowed to come back, how the end is judged. Cases are data; the player
 * knows how to perform a step and the judge how to compare, and neither knows any case by name.
 */

/**
 * Octets to be sent, described so that the catalogue can be read without building megabytes of them.
 * `run` is one octet many times; `pattern` is a few octets repeated and cut to `length`, which the wire log shows as
 * the pattern alone (that is how Autobahn records it).
 */
export type Payload =
  | { kind: 'octets'; octets: Buffer }
  | { kind: 'run'; octet: number; length: number }
  | { kind: 'pattern'; pattern: Buffer; length: number };

/** One thing the fuzzing client does, in the order of the script. Delays are in seconds. */
export type Step =
  /** One frame, legal or not. `chop`: octets per write; `sync`: the frame leaves in a write of its own. */
  | { step: 'frame'; opcode: number; fin: boolean; rsv: number; payload: Payload; chop?: number; sync?: true }
  /** A whole message, cut into frames of `fragment` octets where given; nothing is sent unless the connection is OPEN. */
  | { step: 'message'; binary: boolean; payload: Payload; fragment?: number }
  /** A Close frame. `code: null` sends none, so that a reason alone makes an illegal body. */
  | { step: 'close'; code: number | null; reason?: Payload }
  /** The header of an unfinished frame (FIN 0) that announces `length` octets; `piece` steps bring them. */
  | { step: 'header'; opcode: number; length: number }
  | { step: 'piece'; octets: Buffer }
  /**
   * Wait. With a tag the rest of the script is played only if the connection is still OPEN then, and the passing of
   * the time is recorded as an event; with `null` the rest is played whatever happened.
   */
  | { step: 'wait'; seconds: number; tag: string | null }
  /** Arms a limit for the whole case: `kill` fails the connection with 1001, `close` sends an empty Close. */
  | { step: 'limit'; limit: 'kill' | 'close'; seconds: number };

/** Something the server did that the case is about. Pings are answered and not recorded. */
export type CaseEvent =
  | { kind: 'message'; payload: Payload; binary: boolean }
  | { kind: 'pong'; payload: Payload }
  | { kind: 'timeout'; tag: string };

/** Who has to close first, which codes the server may answer with (none at all is always right), how cleanly. */
export interface CloseDemand {
  /** True: the fuzzing client closes first. */
  closedByMe: boolean;
  /** `codes[0]` is also what the fuzzing client sends when it closes because all that was allowed has come. */
  codes: readonly [number, ...number[]];
  /** The closing handshake must be complete and the server must end TCP in time. */
  requireClean: boolean;
  /** The wrong endpoint closing first fails the behavior too, not only the close. */
  wrongEndpointIsFatal: boolean;
}

/** The data files of 12.x and 13.x, by character; see `data.ts`. */
export const CORPORA = ['json', 'bitmap', 'prose', 'html', 'compressed'] as const;
export type Corpus = (typeof CORPORA)[number];

/** How the behavior is judged. */
export type Judging =
  /** By the list of events, equal to one of `allowed`. */
  | { by: 'events' }
  /** By kind and length of any message that comes back (9.1–9.6). */
  | { by: 'size'; binary: boolean; length: number }
  /** By kind and length of each of `count` echoes, each sent when the one before has come (9.7, 9.8). */
  | { by: 'round-trips'; binary: boolean; payload: Payload; length: number; count: number }
  /** As round trips, over a compressed connection, with messages cut from a corpus and compared octet by octet. */
  | {
      by: 'compressed round-trips';
      corpus: Corpus;
      binary: boolean;
      /** Units per message: octets of binary corpora, code points of text. */
      length: number;
      count: number;
      /** Octets of compressed data per frame; 0 does not cut. */
      fragment: number;
      /** Seconds after which an empty Close ends the case. */
      seconds: number;
      /** Each an element of `Sec-WebSocket-Extensions`, in order of preference. */
      offers: readonly string[];
    };

/** What is done to the two grades after they are found. */
export type FinalRule =
  | 'none'
  /** A close code that is not allowed fails the behavior too. */
  | 'wrong code fails'
  /** The grades say INFORMATIONAL whatever happened; the facts still stand beside them. */
  | 'informational'
  /** We must have sent exactly one TEXT and fifty CONTINUATION frames (10.1.1). */
  | 'frame count';

/** What the wire log shows. `quiet`: nothing from the open connection to the first message; `switched`: same, and says so. */
export type WireLogMode = 'full' | 'quiet' | 'switched';

export interface Case {
  id: string;
  /** A few words for lists. */
  title: string;
  /** What is sent, as a sentence. */
  sends: string;
  /** What must happen and why, as a sentence. */
  demands: string;
  /** Sections such as `RFC 6455 5.5.1`, the most telling first. */
  rfc: readonly string[];
  script: readonly Step[];
  judging: Judging;
  allowed: { readonly OK?: readonly CaseEvent[]; readonly 'NON-STRICT'?: readonly CaseEvent[] };
  close: CloseDemand;
  /** The fuzzing client does not close of its own accord once everything allowed has come: the script closes. */
  suppressClose: boolean;
  finalRule: FinalRule;
  /** The reason we close with is not text: it is recorded as hex (7.5.1). */
  reasonIsOctets: boolean;
  wirelog: WireLogMode;
  reportTime: boolean;
  reportCompressionRatio: boolean;
}

/** One of the suite's categories; `subcategories` gives titles by id (`6.12`). Categories without any have none. */
export interface Family {
  category: string;
  title: string;
  subcategories: Readonly<Record<string, string>>;
  cases: readonly Case[];
}

/** The server echoes and lets us close: a clean handshake with 1000. */
export const WE_CLOSE: CloseDemand = {
  closedByMe: true,
  codes: [1000],
  requireClean: true,
  wrongEndpointIsFatal: false,
};
/** The server must fail the connection itself, with 1002 if it says why (RFC 6455 7.1.7). */
export const SERVER_FAILS: CloseDemand = {
  closedByMe: false,
  codes: [1002],
  requireClean: false,
  wrongEndpointIsFatal: false,
};
/** The server must fail the connection itself because text was not UTF-8 (RFC 6455 8.1). */
export const SERVER_FAILS_TEXT: CloseDemand = {
  closedByMe: false,
  codes: [1007],
  requireClean: false,
  wrongEndpointIsFatal: true,
};
/** We closed, but with something the server must refuse. */
export const CLOSE_REFUSED: CloseDemand = {
  closedByMe: true,
  codes: [1002],
  requireClean: false,
  wrongEndpointIsFatal: false,
};

type Rare =
  | 'judging'
  | 'suppressClose'
  | 'finalRule'
  | 'reasonIsOctets'
  | 'wirelog'
  | 'reportTime'
  | 'reportCompressionRatio';

/** A case judged by its events, with the usual answers to the rarer questions. */
export function aCase(facts: Omit<Case, Rare> & Partial<Pick<Case, Rare>>): Case {
  return {
    judging: { by: 'events' },
    suppressClose: false,
    finalRule: 'none',
    reasonIsOctets: false,
    wirelog: 'full',
    reportTime: false,
    reportCompressionRatio: false,
    ...facts,
  };
}

export const text = (value: string): Payload => ({ kind: 'octets', octets: Buffer.from(value, 'utf8') });
export const hex = (value: string): Payload => ({ kind: 'octets', octets: Buffer.from(value, 'hex') });
export const octets = (value: Buffer): Payload => ({ kind: 'octets', octets: value });
export const run = (octet: number, length: number): Payload => ({ kind: 'run', octet, length });
export const pattern = (value: Buffer, length: number): Payload => ({ kind: 'pattern', pattern: value, length });
export const EMPTY: Payload = { kind: 'octets', octets: Buffer.alloc(0) };

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** How frames leave: all of one turn together, each in its own write, or octet by octet. */
export type Cut = 'together' | 'apart' | 'octets';
const CUTS: Record<Cut, { chop?: number; sync?: true }> = {
  together: {},
  apart: { sync: true },
  octets: { chop: 1 },
};
/** The end of a title that tells how frames leave. */
export const CUT_TITLES: Record<Cut, string> = {
  together: '',
  apart: ', one write per frame',
  octets: ', one octet per write',
};
/** The end of a sentence that tells how frames leave. */
export const CUT_SENTENCES: Record<Cut, string> = {
  together: '',
  apart: ' Every frame leaves in a write of its own.',
  octets: ' Every octet leaves in a write of its own.',
};

export const frame = (
  opcode: number,
  payload: Payload,
  how: { fin?: boolean; rsv?: number; chop?: number; cut?: Cut } = {},
): Step => ({
  step: 'frame',
  opcode,
  fin: how.fin ?? true,
  rsv: how.rsv ?? 0,
  payload,
  ...(how.chop === undefined ? CUTS[how.cut ?? 'together'] : { chop: how.chop }),
});
export const message = (payload: Payload, how: { binary?: boolean; fragment?: number } = {}): Step => ({
  step: 'message',
  binary: how.binary ?? false,
  payload,
  ...(how.fragment === undefined ? {} : { fragment: how.fragment }),
});
export const close = (code: number | null, reason?: Payload): Step => ({
  step: 'close',
  code,
  ...(reason === undefined ? {} : { reason }),
});
export const wait = (seconds: number, tag: string | null): Step => ({ step: 'wait', seconds, tag });
export const killAfter = (seconds: number): Step => ({ step: 'limit', limit: 'kill', seconds });
export const closeAfter = (seconds: number): Step => ({ step: 'limit', limit: 'close', seconds });

export const gotText = (payload: Payload): CaseEvent => ({ kind: 'message', payload, binary: false });
export const gotBinary = (payload: Payload): CaseEvent => ({ kind: 'message', payload, binary: true });
export const gotPong = (payload: Payload): CaseEvent => ({ kind: 'pong', payload });
export const gotTimeout = (tag: string): CaseEvent => ({ kind: 'timeout', tag });

/** The payload itself. Builds a new buffer for `run` and `pattern`: share the result where it is large. */
export function payloadOctets(payload: Payload): Buffer {
  switch (payload.kind) {
    case 'octets':
      return payload.octets;
    case 'run':
      return Buffer.alloc(payload.length, payload.octet);
    case 'pattern':
      return Buffer.alloc(payload.length, payload.pattern);
  }
}

/** `64 KiB`, `4 MiB`, `16 octets`: the largest unit that leaves no rest. */
export function size(n: number): string {
  if (n >= 1 << 20 && n % (1 << 20) === 0) return `${n / (1 << 20)} MiB`;
  if (n >= 1 << 10 && n % (1 << 10) === 0) return `${n / (1 << 10)} KiB`;
  return n === 1 ? '1 octet' : `${count(n)} octets`;
}
