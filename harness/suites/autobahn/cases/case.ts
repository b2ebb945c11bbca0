import { count } from '../../../../reports/wording/vocabulary.ts';

/**
 * The types of a case: the frames that the fuzzing client sends, the events that are allowed, and how the end of the
 * connection is judged. Cases are data only. The code that plays and judges a case does not depend on its id.
 */

/**
 * The bytes of a payload, described without a large buffer, because the list of all cases must need little memory.
 * `run`: one byte, repeated `length` times. `pattern`: a few bytes, repeated up to `length` bytes; as in Autobahn, the
 * wire log shows only the pattern.
 */
export type Payload =
  | { kind: 'bytes'; bytes: Buffer }
  | { kind: 'run'; byte: number; length: number }
  | { kind: 'pattern'; pattern: Buffer; length: number };

/**
 * One step of a case's script: an action of the fuzzing client (Autobahn's side of the connection). Times are in
 * seconds.
 */
export type Step =
  /** Sends one frame, legal or not. `chop`: bytes per write; `sync`: the frame is sent in a write of its own. */
  | { step: 'frame'; opcode: number; fin: boolean; rsv: number; payload: Payload; chop?: number; sync?: true }
  /** Sends a message if the connection is open. `fragment`: bytes of payload per frame; without it, one frame. */
  | { step: 'message'; binary: boolean; payload: Payload; fragment?: number }
  /** Sends a Close frame. `code: null` sends no code. A reason without a code makes the body illegal. */
  | { step: 'close'; code: number | null; reason?: Payload }
  /**
   * Sends the header of a frame without FIN. It announces `length` bytes of payload, which the `piece` steps send
   * later.
   */
  | { step: 'header'; opcode: number; length: number }
  | { step: 'piece'; bytes: Buffer }
  /**
   * Waits. With a tag (a name), the end of the wait is recorded as an event, and the rest of the script is played only
   * if the connection is still open. Without a tag (`null`), the rest of the script is always played.
   */
  | { step: 'wait'; seconds: number; tag: string | null }
  /**
   * Starts the time limit of the case. When the time is over, `kill` fails the connection with code 1001, and `close`
   * sends a Close frame with an empty body.
   */
  | { step: 'limit'; limit: 'kill' | 'close'; seconds: number };

/**
 * An event that a case allows: a message or a Pong from the server, or the end of a wait. A Ping from the server is not
 * an event.
 */
export type CaseEvent =
  | { kind: 'message'; payload: Payload; binary: boolean }
  | { kind: 'pong'; payload: Payload }
  | { kind: 'timeout'; tag: string };

/** How the connection of a case must end. */
export interface CloseDemand {
  /** Whether the fuzzing client, and not the server, must send the first Close. */
  closedByMe: boolean;
  /**
   * Codes that the server's Close frame may have; a Close frame without a code is always allowed. The fuzzing client
   * uses the first code for its own Close frame, which it sends when all allowed events have been observed.
   */
  codes: readonly [number, ...number[]];
  /** Whether the closing handshake must be complete and the server must end TCP in time. */
  requireClean: boolean;
  /** If true, the behavior is graded FAILED if the first Close frame comes from the side that should not send it. */
  wrongEndpointIsFatal: boolean;
}

/** The names of the five corpora: data from which the compressed messages of the cases 12.x and 13.x are cut. */
export const CORPORA = ['json', 'bitmap', 'prose', 'html', 'compressed'] as const;
export type Corpus = (typeof CORPORA)[number];

/** How the behavior of the server is judged: by the observed events, or by the echoes of messages. */
export type Criterion =
  /** Judged by the list of observed events, which must be equal to one of the lists in `allowed`. */
  | { by: 'events' }
  /** Judged by type and length of the echo of one message (9.1 to 9.6). */
  | { by: 'size'; binary: boolean; length: number }
  /**
   * Judged by type and length of `count` echoes. Each message is sent after the echo of the previous message (9.7,
   * 9.8).
   */
  | { by: 'round-trips'; binary: boolean; payload: Payload; length: number; count: number }
  /**
   * Judged by the content of `count` echoes. The compressed messages are cut from a corpus, which is a body of data
   * (12.x, 13.x).
   */
  | {
      by: 'compressed round-trips';
      corpus: Corpus;
      binary: boolean;
      /** Length of each message: in bytes for a binary corpus, in characters for a text. */
      length: number;
      count: number;
      /** Compressed bytes per frame; 0 sends each message in one frame. */
      fragment: number;
      /** Time limit in seconds. After it, a Close frame with an empty body ends the case. */
      seconds: number;
      /** Elements of the client's `Sec-WebSocket-Extensions`, in order of preference. */
      offers: readonly string[];
    };

/** A rule that is applied to the two grades of a case at the end and may change them. */
export type FinalRule =
  | 'none'
  /** A close code that is not allowed also makes the grade of the behavior FAILED. */
  | 'wrong code fails'
  /** Both grades are INFORMATIONAL, whatever the server did. */
  | 'informational'
  /** In case 10.1.1, the fuzzing client must have sent one text frame and fifty continuation frames. */
  | 'frame count';

/**
 * Which rows the wire log (the list of everything sent and received) of a case has. `quiet`: no rows between the
 * opening handshake and the first echo. `switched`: no rows until the case is over, except a row each time the log is
 * switched off or on.
 */
export type WireLogMode = 'full' | 'quiet' | 'switched';

/** One case of the suite. */
export interface Case {
  id: string;
  /** A short description, for lists of cases. */
  title: string;
  /** What the fuzzing client sends, in sentences. */
  sends: string;
  /** What the server must do, and why, in sentences. */
  demands: string;
  /** Sections such as `RFC 6455 5.5.1`, the most relevant section first. */
  rfc: readonly string[];
  script: readonly Step[];
  criterion: Criterion;
  allowed: { readonly OK?: readonly CaseEvent[]; readonly 'NON-STRICT'?: readonly CaseEvent[] };
  close: CloseDemand;
  /**
   * Whether the fuzzing client closes the connection only if the script says so. Otherwise it also closes after all
   * allowed events.
   */
  suppressClose: boolean;
  finalRule: FinalRule;
  /** Whether the reason of the client's Close is not text, and is recorded in hex (7.5.1). */
  reasonIsBinary: boolean;
  wirelog: WireLogMode;
  reportTime: boolean;
  reportCompressionRatio: boolean;
}

/** A category of the suite with its cases. `subcategories`: titles by id (`6.12`), empty if the category has none. */
export interface Family {
  category: string;
  title: string;
  subcategories: Readonly<Record<string, string>>;
  cases: readonly Case[];
}

/**
 * The close that most cases demand: the fuzzing client sends the first Close frame, with code 1000, and the closing
 * handshake must be clean.
 */
export const WE_CLOSE: CloseDemand = {
  closedByMe: true,
  codes: [1000],
  requireClean: true,
  wrongEndpointIsFatal: false,
};
/**
 * The close after a violation of the protocol: the server must fail the connection, with code 1002 or without a Close
 * frame (RFC 6455 7.1.7).
 */
export const SERVER_FAILS: CloseDemand = {
  closedByMe: false,
  codes: [1002],
  requireClean: false,
  wrongEndpointIsFatal: false,
};
/** The close after text that is not UTF-8: the server must fail the connection with code 1007 (RFC 6455 8.1). */
export const SERVER_FAILS_TEXT: CloseDemand = {
  closedByMe: false,
  codes: [1007],
  requireClean: false,
  wrongEndpointIsFatal: true,
};
/** The close after an illegal Close frame of the fuzzing client: the server must answer with code 1002. */
export const CLOSE_REFUSED: CloseDemand = {
  closedByMe: true,
  codes: [1002],
  requireClean: false,
  wrongEndpointIsFatal: false,
};

/** Names of the fields for which most cases use the default value. */
type OptionalField =
  | 'criterion'
  | 'suppressClose'
  | 'finalRule'
  | 'reasonIsBinary'
  | 'wirelog'
  | 'reportTime'
  | 'reportCompressionRatio';

/**
 * Makes a case from `facts`. Fields that `facts` does not contain get their default value; for example, the case is
 * judged by its events.
 */
export function defineCase(facts: Omit<Case, OptionalField> & Partial<Pick<Case, OptionalField>>): Case {
  return {
    criterion: { by: 'events' },
    suppressClose: false,
    finalRule: 'none',
    reasonIsBinary: false,
    wirelog: 'full',
    reportTime: false,
    reportCompressionRatio: false,
    ...facts,
  };
}

/** Makes a payload from a text, in UTF-8. */
export const text = (value: string): Payload => ({ kind: 'bytes', bytes: Buffer.from(value, 'utf8') });
/** Makes a payload from bytes in hex. */
export const hex = (value: string): Payload => ({ kind: 'bytes', bytes: Buffer.from(value, 'hex') });
/** Makes a payload from a buffer. */
export const bytes = (value: Buffer): Payload => ({ kind: 'bytes', bytes: value });
/** Makes a payload of one byte, `length` times. */
export const run = (byte: number, length: number): Payload => ({ kind: 'run', byte, length });
/** Makes a payload that repeats `value` up to `length` bytes. */
export const pattern = (value: Buffer, length: number): Payload => ({ kind: 'pattern', pattern: value, length });
/** The empty payload. */
export const EMPTY: Payload = { kind: 'bytes', bytes: Buffer.alloc(0) };

/** Opcodes of frames (RFC 6455 5.2). */
export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** How frames are written: all in one write, each frame in a write of its own, or each byte in a write of its own. */
export type Cut = 'together' | 'apart' | 'bytes';
const CUTS: Record<Cut, { chop?: number; sync?: true }> = {
  together: {},
  apart: { sync: true },
  bytes: { chop: 1 },
};
/** The last part of a case title. It says how frames are written. */
export const CUT_TITLES: Record<Cut, string> = {
  together: '',
  apart: ', one write per frame',
  bytes: ', one byte per write',
};
/** The last sentence of the text `sends` of a case. It says how frames are written. */
export const CUT_SENTENCES: Record<Cut, string> = {
  together: '',
  apart: ' Every frame is sent in a write of its own.',
  bytes: ' Every byte is sent in a write of its own.',
};

/**
 * Makes a script step that sends one frame. By default FIN is set, no reserved bit is set, and the frame is written
 * together with other frames; `how` changes this.
 */
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
/** Makes a script step that sends a message. By default it is a text in one frame; `how` changes this. */
export const message = (payload: Payload, how: { binary?: boolean; fragment?: number } = {}): Step => ({
  step: 'message',
  binary: how.binary ?? false,
  payload,
  ...(how.fragment === undefined ? {} : { fragment: how.fragment }),
});
/** Makes a script step that sends a Close frame. */
export const close = (code: number | null, reason?: Payload): Step => ({
  step: 'close',
  code,
  ...(reason === undefined ? {} : { reason }),
});
/** Makes a script step that waits for some seconds. */
export const wait = (seconds: number, tag: string | null): Step => ({ step: 'wait', seconds, tag });
/** Makes a script step that starts a time limit. When the time is up, the fuzzing client fails the connection. */
export const killAfter = (seconds: number): Step => ({ step: 'limit', limit: 'kill', seconds });
/**
 * Makes a script step that starts a time limit. When the time is up, the fuzzing client sends a Close frame with an empty body.
 */
export const closeAfter = (seconds: number): Step => ({ step: 'limit', limit: 'close', seconds });

/** Makes an event that a case allows: a text message arrives. */
export const gotText = (payload: Payload): CaseEvent => ({ kind: 'message', payload, binary: false });
/** Makes an event that a case allows: a binary message arrives. */
export const gotBinary = (payload: Payload): CaseEvent => ({ kind: 'message', payload, binary: true });
/** Makes an event that a case allows: a Pong arrives. */
export const gotPong = (payload: Payload): CaseEvent => ({ kind: 'pong', payload });
/** Makes an event that a case allows: the wait with this tag (its name) ends while the connection is still open. */
export const gotTimeout = (tag: string): CaseEvent => ({ kind: 'timeout', tag });

/**
 * Returns the bytes of a payload. For `run` and `pattern`, each call allocates a new buffer, so avoid repeated calls
 * for a large payload.
 */
export function payloadBytes(payload: Payload): Buffer {
  switch (payload.kind) {
    case 'bytes':
      return payload.bytes;
    case 'run':
      return Buffer.alloc(payload.length, payload.byte);
    case 'pattern':
      return Buffer.alloc(payload.length, payload.pattern);
  }
}

/** Formats a size in the largest unit that needs no fraction: `4 MiB`, `64 KiB`, `16 bytes`. */
export function size(n: number): string {
  if (n >= 1 << 20 && n % (1 << 20) === 0) return `${n / (1 << 20)} MiB`;
  if (n >= 1 << 10 && n % (1 << 10) === 0) return `${n / (1 << 10)} KiB`;
  return n === 1 ? '1 byte' : `${count(n)} bytes`;
}
