/**
 * One case as an engine recorded it: everything that the page of a case shows. The shape follows Autobahn's own JSON,
 * with 39 keys that are never absent. The reader of the suite turns unknown JSON into this type.
 */

/** Grades of a case in Autobahn's words. NON-STRICT: allowed by the RFC, but a strict server does something else. */
export const GRADES = ['OK', 'NON-STRICT', 'INFORMATIONAL', 'UNIMPLEMENTED', 'FAILED'] as const;
/** One of the grades in GRADES. */
export type Grade = (typeof GRADES)[number];

/** Grades of how the connection ended, in Autobahn's words. */
export const CLOSE_GRADES = ['OK', 'INFORMATIONAL', 'WRONG CODE', 'UNCLEAN', 'FAILED BY CLIENT', 'FAILED'] as const;
/** One of the grades in CLOSE_GRADES. */
export type CloseGrade = (typeof CLOSE_GRADES)[number];

/**
 * An event that the fuzzing client saw. A list of events is in the order in which they happened. `payload` is
 * Autobahn's short form: text if the bytes are UTF-8, otherwise `0x` and hex. A payload of more than 60 bytes is cut
 * after 64 bytes and ends with ` ...`.
 */
export type ReceivedEvent =
  | { kind: 'message'; payload: string; binary: boolean }
  | { kind: 'pong'; payload: string }
  | { kind: 'timeout'; tag: string };

/**
 * Which side has to close the connection, with which close codes, and whether the close has to be clean. `codes[0]` is
 * also the close code that the fuzzing client sends.
 */
export interface ExpectedClose {
  closedByMe: boolean;
  codes: readonly number[];
  requireClean: boolean;
  closedByWrongEndpointIsFatal: boolean;
}

/** A row of the wire log. The direction is the fuzzing client's: `in` was sent by the server under test. */
export type WireRow =
  | { row: 'octets'; direction: 'in' | 'out'; length: number; hex: string; sync?: boolean; atMs?: number }
  | {
      row: 'frame';
      direction: 'in' | 'out';
      /** Number of payload bytes; of the repeated pattern, if `repeatLength` is set. */
      length: number;
      /** Short form of the payload, as in ReceivedEvent. */
      payload: string;
      opcode: number;
      fin: boolean;
      rsv: number;
      masked: boolean;
      mask: string | null;
      /** Number of payload bytes on the wire, if the payload is a repeated pattern. */
      repeatLength?: number | null;
      /** Number of bytes in each write, if the frame was written in pieces. */
      chop?: number | null;
      sync?: boolean;
      atMs?: number;
    }
  /**
   * A timer. Autobahn's log keys CT, KL and TI: the timer was started, to fire after `seconds`. CTE, KLE and TIE: the
   * timer fired.
   */
  | {
      row: 'timer';
      timer: 'continue' | 'kill' | 'close';
      fired: boolean;
      seconds?: number;
      tag?: string | null;
      atMs?: number;
    }
  /** Autobahn's log key WLM: the wire log was switched on or off. */
  | { row: 'log'; on: boolean; atMs?: number };

/** Compression figures of the categories 12 and 13: numbers of bytes on the wire, in frames and in messages. */
export type TrafficStats = Readonly<Record<string, number | null>>;

/** A recorded case. Keys that are not described here have the meaning of the same key in Autobahn's JSON. */
export interface RecordedCase {
  id: string;
  /** Number of the case among all cases of the suite, from 1. */
  index: number;
  agent: string;
  description: string;
  expectation: string;
  /** When the case started: UTC, `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  started: string;
  /** Milliseconds from the opened connection to its end; null if the connection never opened. */
  durationMs: number | null;
  behavior: Grade;
  behaviorClose: CloseGrade;
  result: string;
  resultClose: string;
  /** Lists of events that the case expects, by the grade that each list earns. Empty for categories 9, 12 and 13. */
  expected: Readonly<Partial<Record<'OK' | 'NON-STRICT', readonly ReceivedEvent[]>>>;
  received: readonly ReceivedEvent[];
  /** How the connection has to end; null if the connection never opened. */
  expectedClose: ExpectedClose | null;
  isServer: boolean;
  closedByMe: boolean;
  failedByMe: boolean;
  droppedByMe: boolean;
  wasClean: boolean;
  wasNotCleanReason: string | null;
  wasServerConnectionDropTimeout: boolean;
  wasOpenHandshakeTimeout: boolean;
  wasCloseHandshakeTimeout: boolean;
  localCloseCode: number | null;
  localCloseReason: string | null;
  remoteCloseCode: number | null;
  remoteCloseReason: string | null;
  /** Number of reads (`rx`) or writes (`tx`) by their size in bytes. */
  rxOctetStats: Readonly<Record<string, number>>;
  txOctetStats: Readonly<Record<string, number>>;
  /** Number of received (`rx`) or sent (`tx`) frames by opcode. */
  rxFrameStats: Readonly<Record<string, number>>;
  txFrameStats: Readonly<Record<string, number>>;
  /** Header block of the HTTP request or response, as bytes on the wire; `?` if there was none. */
  httpRequest: string;
  httpResponse: string;
  trafficStats: TrafficStats | null;
  createWirelog: boolean;
  reportTime: boolean;
  reportCompressionRatio: boolean;
  wirelog: readonly WireRow[];
  /** The case failed while other cases were running, so the engine ran the case alone; this is the second result. */
  playedAgainAlone?: boolean;
  /** How the first result differed, if the case was played again alone: part of a sentence. */
  unsteady?: string;
}
