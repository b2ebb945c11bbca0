/**
 * One case as an engine recorded it, typed: everything a case page shows. The shape follows Autobahn's own JSON (39
 * keys, never absent); `harness/results/read-results.ts` is the one place where unknown JSON becomes this.
 */

/** How a case itself was judged. NON-STRICT: allowed by the RFC, but not what a strict server does. */
export const GRADES = ['OK', 'NON-STRICT', 'INFORMATIONAL', 'UNIMPLEMENTED', 'FAILED'] as const;
export type Grade = (typeof GRADES)[number];

/** How the end of the connection was judged. */
export const CLOSE_GRADES = ['OK', 'INFORMATIONAL', 'WRONG CODE', 'UNCLEAN', 'FAILED BY CLIENT', 'FAILED'] as const;
export type CloseGrade = (typeof CLOSE_GRADES)[number];

/**
 * Something the fuzzing client saw, in the order it saw it. `payload` is Autobahn's short form: text where the octets
 * are UTF-8, else `0x` and hex; cut after 64 octets with ` ...` behind it when it was longer than 60.
 */
export type ReceivedEvent =
  | { kind: 'message'; payload: string; binary: boolean }
  | { kind: 'pong'; payload: string }
  | { kind: 'timeout'; tag: string };

/** Who has to close, with which codes, and how cleanly. `codes[0]` is also the code the fuzzing client itself sends. */
export interface ExpectedClose {
  closedByMe: boolean;
  codes: readonly number[];
  requireClean: boolean;
  closedByWrongEndpointIsFatal: boolean;
}

/** A row of the wire log. Directions are the fuzzing client's: `in` is what the server under test sent. */
export type WireRow =
  | { row: 'octets'; direction: 'in' | 'out'; length: number; hex: string; sync?: boolean; atMs?: number }
  | {
      row: 'frame';
      direction: 'in' | 'out';
      /** Octets of the payload (of the pattern, when `repeatLength` is set). */
      length: number;
      /** The payload's short form; see ReceivedEvent. */
      payload: string;
      opcode: number;
      fin: boolean;
      rsv: number;
      masked: boolean;
      mask: string | null;
      /** Octets on the wire when the payload is a pattern that is repeated. */
      repeatLength?: number | null;
      /** Octets per write when the frame was chopped. */
      chop?: number | null;
      sync?: boolean;
      atMs?: number;
    }
  /** CT, KL, TI: a timer armed, `seconds` from then. CTE, KLE, TIE: it fired. */
  | {
      row: 'timer';
      timer: 'continue' | 'kill' | 'close';
      fired: boolean;
      seconds?: number;
      tag?: string | null;
      atMs?: number;
    }
  /** WLM: the wire log was switched on or off. */
  | { row: 'log'; on: boolean; atMs?: number };

/** Compression figures of 12.x and 13.x: octets at the level of wire, frames and application. */
export type TrafficStats = Readonly<Record<string, number | null>>;

export interface RecordedCase {
  id: string;
  /** 1-based place among all cases of the suite. */
  index: number;
  agent: string;
  description: string;
  expectation: string;
  /** UTC, `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  started: string;
  /** Milliseconds from the open connection to its end; null when it never opened. */
  durationMs: number | null;
  behavior: Grade;
  behaviorClose: CloseGrade;
  result: string;
  resultClose: string;
  /** Event lists the case would accept, by the grade they earn. Empty for 9.x, 12.x, 13.x. */
  expected: Readonly<Partial<Record<'OK' | 'NON-STRICT', readonly ReceivedEvent[]>>>;
  received: readonly ReceivedEvent[];
  /** null when the connection never opened. */
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
  /** Size of a read or write in octets → how many of that size. */
  rxOctetStats: Readonly<Record<string, number>>;
  txOctetStats: Readonly<Record<string, number>>;
  /** Opcode → how many frames. */
  rxFrameStats: Readonly<Record<string, number>>;
  txFrameStats: Readonly<Record<string, number>>;
  /** Raw header blocks; `?` when there was none. */
  httpRequest: string;
  httpResponse: string;
  trafficStats: TrafficStats | null;
  createWirelog: boolean;
  reportTime: boolean;
  reportCompressionRatio: boolean;
  wirelog: readonly WireRow[];
  /** It failed beside other cases and was played again alone; this is the second time. */
  playedAgainAlone?: boolean;
}
