/**
 * The record of one case, as the engine wrote it. The page of a case shows everything in this record. The fields follow
 * the 39 keys of Autobahn's own JSON; none of these fields is ever absent. The reader of the suite turns unknown JSON
 * into this type.
 */

/**
 * The grades of a case, in Autobahn's words. NON-STRICT means: the RFC allows it, but a strict server acts differently.
 */
export const GRADES = ['OK', 'NON-STRICT', 'INFORMATIONAL', 'UNIMPLEMENTED', 'FAILED'] as const;
/** One of the grades in GRADES. */
export type Grade = (typeof GRADES)[number];

/** The grades for the end of a connection, in Autobahn's words. */
export const CLOSE_GRADES = ['OK', 'INFORMATIONAL', 'WRONG CODE', 'UNCLEAN', 'FAILED BY CLIENT', 'FAILED'] as const;
/** One of the grades in CLOSE_GRADES. */
export type CloseGrade = (typeof CLOSE_GRADES)[number];

/**
 * An event that the fuzzing client saw. The fuzzing client is the program that plays the cases against the server. A
 * list of events is in the order in which the events happened. The field `payload` is Autobahn's short form: text if
 * the bytes are UTF-8, otherwise `0x` and hex. Autobahn cuts a payload of more than 60 bytes after 64 bytes and appends
 * ` ...`.
 */
export type ReceivedEvent =
  | { kind: 'message'; payload: string; binary: boolean }
  | { kind: 'pong'; payload: string }
  | { kind: 'timeout'; tag: string };

/**
 * The end of a connection that a case demands: which side has to close the connection, with which close codes, and
 * whether the close has to be clean. The fuzzing client sends the close code `codes[0]`.
 */
export interface ExpectedClose {
  closedByMe: boolean;
  codes: readonly number[];
  requireClean: boolean;
  closedByWrongEndpointIsFatal: boolean;
}

/**
 * A row of the wire log, the list of everything sent and received. `in` marks what the server sent, `out` what the
 * client sent.
 */
export type WireRow =
  | { row: 'octets'; direction: 'in' | 'out'; length: number; hex: string; sync?: boolean; atMs?: number }
  | {
      row: 'frame';
      direction: 'in' | 'out';
      /**
       * The number of payload bytes. If `repeatLength` is set, `length` is the size of the pattern that is repeated.
       */
      length: number;
      /** The short form of the payload, as described at ReceivedEvent. */
      payload: string;
      opcode: number;
      fin: boolean;
      rsv: number;
      masked: boolean;
      mask: string | null;
      /** The number of payload bytes on the wire, if the payload repeats a pattern. */
      repeatLength?: number | null;
      /** The number of bytes in each write, if the client wrote the frame in pieces. */
      chop?: number | null;
      sync?: boolean;
      atMs?: number;
    }
  /**
   * A row about a timer. In a row with one of Autobahn's log keys CT, KL and TI, the client started a timer of
   * `seconds`. In a row with CTE, KLE or TIE, the timer fired.
   */
  | {
      row: 'timer';
      timer: 'continue' | 'kill' | 'close';
      fired: boolean;
      seconds?: number;
      tag?: string | null;
      atMs?: number;
    }
  /** A row with Autobahn's log key WLM: the client switched the wire log on or off. */
  | { row: 'log'; on: boolean; atMs?: number };

/** The compression figures of categories 12 and 13: numbers of bytes on the wire, in frames and in messages. */
export type TrafficStats = Readonly<Record<string, number | null>>;

/** A recorded case. A key without a comment has the meaning of the same key in Autobahn's JSON. */
export interface RecordedCase {
  id: string;
  /** The number of the case among all cases of the suite. The first case has the number 1. */
  index: number;
  agent: string;
  description: string;
  expectation: string;
  /** The start time of the case: UTC, in the form `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  started: string;
  /** The milliseconds from the opening of the connection to its end; null if the connection never opened. */
  durationMs: number | null;
  behavior: Grade;
  behaviorClose: CloseGrade;
  result: string;
  resultClose: string;
  /**
   * The lists of events that the case accepts, each under the grade that it earns. Empty for categories 9, 12 and 13.
   */
  expected: Readonly<Partial<Record<'OK' | 'NON-STRICT', readonly ReceivedEvent[]>>>;
  received: readonly ReceivedEvent[];
  /** How the connection has to end. The value is null if the connection never opened. */
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
  /** How many reads (`rx`) or writes (`tx`) had each size. The keys are sizes in bytes. */
  rxOctetStats: Readonly<Record<string, number>>;
  txOctetStats: Readonly<Record<string, number>>;
  /** How many frames of each opcode were received (`rx`) or sent (`tx`). The keys are opcodes. */
  rxFrameStats: Readonly<Record<string, number>>;
  txFrameStats: Readonly<Record<string, number>>;
  /**
   * The header block of the HTTP request or response, as bytes on the wire. `?` means that there was no header block.
   */
  httpRequest: string;
  httpResponse: string;
  trafficStats: TrafficStats | null;
  createWirelog: boolean;
  reportTime: boolean;
  reportCompressionRatio: boolean;
  wirelog: readonly WireRow[];
  /**
   * Set if the case failed beside other running cases. The engine then ran the case alone, and this record is from that
   * run.
   */
  playedAgainAlone?: boolean;
  /** If the case was played again alone: how its first result differed from this record, as a part of a sentence. */
  unsteady?: string;
}
