import { type Case, TEXT } from '../../suites/autobahn/cases/case.ts';
import { decodePython2Utf8 } from '../../support/python2-utf8.ts';
import type { Endpoint } from './endpoint.ts';
import { trafficStats } from './endpoint-facts.ts';
import type { Verdict } from './judge.ts';
import type { MessageStore, PreparedMessage } from './messages/message-store.ts';
import type { Deflate } from './protocol/permessage-deflate.ts';
import { sharedBytes } from './script-player.ts';
import type { WireLog } from './wire-log.ts';

/** How a case is judged if only the echoes of its messages count, not a list of events. */
type EchoCriterion = Exclude<Case['criterion'], { by: 'events' }>;

/**
 * Plays the part of a case in which the server must echo messages. The cases 9.1 to 9.6 have one message, which is
 * judged by its size. The other cases have 1,000 messages, plain (9.7, 9.8) or compressed (12.x, 13.x), and each
 * message is sent after the echo of the previous message.
 */
export class Echoes {
  readonly #criterion: EchoCriterion;
  readonly #endpoint: Endpoint;
  readonly #log: WireLog;
  readonly #messages: MessageStore;
  #deflate: Deflate | null = null;
  #sent = 0;
  /** The compressed message whose echo has not come yet. */
  #awaited: PreparedMessage | null = null;
  #verdict: Verdict;
  #trafficStats: Readonly<Record<string, number | null>> | null = null;

  constructor(criterion: EchoCriterion, endpoint: Endpoint, log: WireLog, messages: MessageStore) {
    this.#criterion = criterion;
    this.#endpoint = endpoint;
    this.#log = log;
    this.#messages = messages;
    this.#verdict = { behavior: 'FAILED', result: missingEchoes(criterion) };
  }

  /** The verdict on the echoes that have arrived so far. */
  get verdict(): Verdict {
    return this.#verdict;
  }

  /** The compression figures; null before all compressed messages have come back. */
  get trafficStats(): Readonly<Record<string, number | null>> | null {
    return this.#trafficStats;
  }

  /**
   * Takes the result of the opening handshake. If the case needs compression and the server declined it, closes the
   * connection and returns false.
   */
  agree(deflate: Deflate | null): boolean {
    this.#deflate = deflate;
    if (this.#criterion.by !== 'compressed round-trips' || deflate !== null) return true;
    this.#verdict = {
      behavior: 'UNIMPLEMENTED',
      result: 'The server did not agree to permessage-deflate, so there was nothing to test.',
    };
    this.#endpoint.sendClose(1000, null);
    return false;
  }

  /**
   * Starts the round trips (a message and its echo). The script of the case was performed before this call, and it has
   * already sent the first message of a case without compression.
   */
  start(): void {
    if (this.#criterion.by === 'compressed round-trips') this.#sendNext();
    else if (this.#criterion.by === 'round-trips') this.#sent = 1;
  }

  /**
   * Compares an echo with its message, then sends the next message or ends the case. Throws TypeError if text is not
   * UTF-8.
   */
  receive(echo: Buffer, binary: boolean): void {
    const criterion = this.#criterion;
    switch (criterion.by) {
      case 'size':
        if (binary === criterion.binary && echo.length === criterion.length)
          this.#verdict = { behavior: 'OK', result: `The message came back with its ${echo.length} bytes.` };
        else if (this.#verdict.behavior !== 'OK')
          this.#verdict = { behavior: 'FAILED', result: differentMessage(criterion, echo.length, binary) };
        this.#log.on = true;
        this.#endpoint.sendClose(1000, null);
        break;
      case 'round-trips':
        if (binary !== criterion.binary || echo.length !== criterion.length)
          this.#finish({ behavior: 'FAILED', result: differentMessage(criterion, echo.length, binary) });
        else if (this.#sent < criterion.count) this.#sendNext();
        else this.#finish({ behavior: 'OK', result: `All ${criterion.count} messages came back in time.` });
        break;
      case 'compressed round-trips':
        this.#receiveCompressed(echo, binary, criterion);
        break;
    }
  }

  #receiveCompressed(
    echo: Buffer,
    binary: boolean,
    criterion: Extract<EchoCriterion, { by: 'compressed round-trips' }>,
  ): void {
    // As in Autobahn, if text is expected, the echo is decoded as UTF-8 before it is compared. A failure to decode ends
    // the connection.
    if (!criterion.binary && binary && decodePython2Utf8(echo) === null)
      throw new TypeError('binary echo of text is not UTF-8');
    const equal = binary === criterion.binary && this.#awaited !== null && echo.equals(this.#awaited.plain);
    if (!equal)
      this.#finish({
        behavior: 'FAILED',
        result: `The echo of message ${this.#sent} of ${criterion.count} was not equal to the message.`,
      });
    else if (this.#sent < criterion.count) this.#sendNext();
    else {
      this.#trafficStats = trafficStats(this.#endpoint.send.traffic, this.#endpoint.received);
      this.#finish({ behavior: 'OK', result: `All ${criterion.count} messages came back in time, byte for byte.` });
    }
  }

  #sendNext(): void {
    const criterion = this.#criterion;
    const { send, role } = this.#endpoint;
    if (criterion.by === 'round-trips')
      send.frame({ opcode: criterion.binary ? 2 : TEXT, fin: true, rsv: 0 }, sharedBytes(criterion.payload), {
        repeat: criterion.length,
      });
    else if (criterion.by === 'compressed round-trips' && this.#deflate !== null) {
      this.#awaited = this.#messages.get(criterion, role, this.#deflate, this.#sent);
      send.prepared(this.#awaited);
    }
    this.#sent++;
  }

  #finish(verdict: Verdict): void {
    this.#verdict = verdict;
    this.#log.switch(true);
    this.#endpoint.sendClose(1000, null);
  }
}

function missingEchoes(criterion: EchoCriterion): string {
  return criterion.by === 'size'
    ? 'The message did not come back in time.'
    : `Not all of the ${criterion.count} messages came back in time.`;
}

function differentMessage(sent: { binary: boolean; length: number }, length: number, binary: boolean): string {
  const kind = (isBinary: boolean): string => (isBinary ? 'binary' : 'text');
  return `A ${kind(sent.binary)} message of ${sent.length} bytes was sent, and a ${kind(binary)} message of ${length} came back.`;
}
