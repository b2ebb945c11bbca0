/*
 * The faults of a random server (a server whose faults are drawn at random), as JSON values. The number `n` of a fault
 * says which message or frame has the fault: 1 is the first, and 0 means all of them. Payloads and bodies are in hex,
 * and pauses are in seconds.
 */

/** A frame with any header. A field that is left out has the value of a correct frame of a server. */
export interface FrameSpec {
  opcode: number;
  fin?: boolean;
  /** The three reserved bits as a number: 4 is RSV1. */
  rsv?: number;
  masked?: boolean;
  /** Size in bits of the length field, if not the smallest possible. */
  form?: 16 | 64;
  payload?: string;
  /** Payload length that the header announces, in decimal. Given only if it differs from the real length. */
  announced?: string;
  /** Number of bytes of the encoded frame that are sent. Given only if the frame is not sent completely. */
  cut?: number;
}

/** The events that a server counts. A fault can happen at the n-th event of a kind. */
export type EventName = 'opened' | 'frame' | 'message' | 'close' | 'answered' | 'sent';

/** The moment of a fault: the n-th event of a kind. `pause`: seconds between the event and the fault. */
export interface Moment {
  at: EventName;
  n: number;
  pause?: number;
}

export type EndOfTcp = 'fin' | 'reset' | 'half';
/** The kinds of frames that a server sends without a fault. */
export type OwnFrame = 'echo' | 'pong' | 'close' | 'any';
/** The checks of received frames that a server with the fault `lenient` can leave out. */
export type Check = 'reserved bits' | 'opcodes' | 'control frames' | 'order' | 'text' | 'close codes';

/** A fault of the HTTP response. In a `value`, {} stands for the correct value of the field. */
export type OpeningFault =
  | { fault: 'status line'; line: string }
  | { fault: 'field value'; field: string; value: string }
  | { fault: 'missing field'; field: string }
  | { fault: 'repeated field'; field: string; value: string }
  | { fault: 'additional line'; line: string; position: number }
  | { fault: 'additional bytes'; hex: string; position: number }
  | { fault: 'line end'; line: 'first' | 'second' | 'last' | 'all'; text: string }
  | { fault: 'white space'; field: string; where: Place; text: string }
  | { fault: 'text before the head'; text: string }
  | { fault: 'extensions'; value: string; twice?: true }
  | { fault: 'subprotocol'; value: string; twice?: true }
  | { fault: 'head in pieces'; at: number[] }
  | { fault: 'late head'; pause: number }
  | { fault: 'end in the head'; at: number; how: EndOfTcp | 'nothing' }
  | { fault: 'bytes behind the head'; hex: string };

/** Places in an HTTP field where a fault inserts white space. */
export type Place =
  | 'before name'
  | 'behind name'
  | 'before value'
  | 'behind value'
  | 'inside value'
  | 'between two fields';

/** A fault that happens while the connection is open. */
export type StreamFault =
  | {
      fault: 'frames';
      when: Moment;
      frames: FrameSpec[];
      gap?: number;
      split?: number;
      next?: 'close' | 'fin';
      instead?: true;
    }
  | { fault: 'bytes'; when: Moment; hex: string; next?: 'close' | 'fin' }
  | { fault: 'end'; when: Moment; how: EndOfTcp }
  | { fault: 'first close'; when: Moment; body: string; next?: 'message' | 'ping' | 'fin' | 'go on' }
  | { fault: 'header'; of: OwnFrame; n: number; set: Omit<FrameSpec, 'opcode' | 'payload'> & { opcode?: number } }
  | { fault: 'repeated frame'; of: OwnFrame; n: number }
  | { fault: 'missing frame'; of: OwnFrame; n: number }
  | { fault: 'held frame'; n: number; until: 'next' | 'close' }
  | { fault: 'changed echo'; n: number; how: 'flip' | 'cut' | 'empty' | 'append'; byte?: number; hex?: string }
  | { fault: 'fragments'; n: number; cuts: number[]; wrong?: WrongFragments; between?: FrameSpec; pause?: number }
  | { fault: 'small writes'; size: number }
  | { fault: 'changed pong'; n: number; how: 'empty' | 'cut' | 'flip' | 'append' | 'long' }
  | { fault: 'close body'; body: string; own?: true }
  | { fault: 'second close'; body: string; pause?: number }
  | { fault: 'no close'; next?: EndOfTcp }
  | { fault: 'late end'; pause: number | null; how: EndOfTcp }
  | { fault: 'frames around the close'; frames: FrameSpec[]; side: 'before' | 'behind'; pause?: number }
  | { fault: 'lenient'; without: Check[] }
  | { fault: 'deaf'; to: 'messages' | 'pings' | 'everything' };

export type WrongFragments = 'opcode' | 'no fin' | 'early fin' | 'rsv' | 'last empty';

/** A fault of the compression (permessage-deflate). Places of cuts are in thousandths of the length. */
export type CompressionFault =
  | { fault: 'plain echo'; n: number; rsv1: boolean }
  | { fault: 'damaged deflate'; n: number; how: 'flip' | 'cut' | 'tail' | 'final' | 'empty'; at?: number }
  | {
      fault: 'compressed fragments';
      n: number;
      cuts: number[];
      damage?: true;
      rsv?: true;
      between?: FrameSpec;
      stop?: 'fin' | 'close' | 'nothing';
    }
  | { fault: 'compressed text'; hex: string; cuts: number[]; opcode: number; stop?: 'fin' | 'close' | 'nothing' }
  | { fault: 'compressed junk'; hex: string; fin: boolean; opcode: number }
  /** Not really a fault: the server compresses with context takeover, and says so in the opening handshake. */
  | { fault: 'agreed takeover' }
  | { fault: 'kept window' }
  | { fault: 'wide window' };

export type Fault = OpeningFault | StreamFault | CompressionFault;

/** The type of the faults with a given name. */
export type FaultNamed<Name extends Fault['fault']> = Extract<Fault, { fault: Name }>;

/** The faults of a server. Finds faults by their name, and by the event at which they happen. */
export class FaultList {
  readonly #faults: readonly Fault[];
  /** Faults that happen only once and have already happened. */
  readonly #done = new Set<Fault>();

  constructor(faults: readonly Fault[]) {
    this.#faults = faults;
  }

  all<Name extends Fault['fault']>(name: Name): FaultNamed<Name>[] {
    return this.#faults.filter((fault): fault is FaultNamed<Name> => fault.fault === name);
  }

  first<Name extends Fault['fault']>(name: Name): FaultNamed<Name> | undefined {
    return this.all(name)[0];
  }

  /** Returns the faults that happen at an event. Each fault is returned only once. */
  takeAt(at: EventName, n: number): TimedFault[] {
    const taken = this.#faults.filter(
      (fault): fault is TimedFault =>
        'when' in fault && fault.when.at === at && fault.when.n === n && !this.#done.has(fault),
    );
    for (const fault of taken) this.#done.add(fault);
    return taken;
  }
}

/** The faults that happen at a certain event on the connection. */
export type TimedFault = FaultNamed<'frames' | 'bytes' | 'end' | 'first close'>;

/** Whether the number `n` of a fault selects the message or frame number `count`. 0 selects all. */
export const means = (n: number, count: number): boolean => n === 0 || n === count;
