import { isUtf8 } from 'node:buffer';
import type { Grade } from '../../../reports/document/recorded-case.ts';
import { type Case, TEXT } from '../../suites/autobahn/cases/case.ts';
import type { MessageStore, PreparedMessage } from './compressed.ts';
import type { Endpoint } from './endpoint.ts';
import { trafficStats } from './endpoint-facts.ts';
import type { Deflate } from './permessage-deflate.ts';
import { sharedBytes } from './script-player.ts';
import type { WireLog } from './wire-log.ts';

/** The grade of a case's behavior and the sentence that explains it. */
export interface Verdict {
  behavior: Grade;
  result: string;
}

/** How a case is judged by the echoes of its messages, instead of by a list of events. */
type EchoJudging = Exclude<Case['judging'], { by: 'events' }>;

/**
 * Plays the part of a case that consists of messages and their echoes: one message judged by its size (9.1 to 9.6), or
 * 1,000 round trips, plain (9.7, 9.8) or compressed (12.x, 13.x). Each message is sent after the echo of
 * the previous message.
 */
export class Echoes {
  readonly #judging: EchoJudging;
  readonly #endpoint: Endpoint;
  readonly #log: WireLog;
  readonly #messages: MessageStore;
  #deflate: Deflate | null = null;
  #sent = 0;
  /** The compressed message whose echo has not come yet. */
  #awaited: PreparedMessage | null = null;
  #verdict: Verdict;
  #trafficStats: Readonly<Record<string, number | null>> | null = null;

  constructor(judging: EchoJudging, endpoint: Endpoint, log: WireLog, messages: MessageStore) {
    this.#judging = judging;
    this.#endpoint = endpoint;
    this.#log = log;
    this.#messages = messages;
    this.#verdict = { behavior: 'FAILED', result: missingEchoes(judging) };
  }

  /** The verdict on the echoes so far. */
  get verdict(): Verdict {
    return this.#verdict;
  }

  /** The compression figures; null before all compressed messages have come back. */
  get trafficStats(): Readonly<Record<string, number | null>> | null {
    return this.#trafficStats;
  }

  /** Takes the result of the opening handshake. Returns false, and closes, if the server declined compression. */
  agree(deflate: Deflate | null): boolean {
    this.#deflate = deflate;
    if (this.#judging.by !== 'compressed round-trips' || deflate !== null) return true;
    this.#verdict = {
      behavior: 'UNIMPLEMENTED',
      result: 'The server did not agree to permessage-deflate, so there was nothing to test.',
    };
    this.#endpoint.sendClose(1000, null);
    return false;
  }

  /** Starts the round trips. The script of the case has been played before, and has sent the first plain message. */
  start(): void {
    if (this.#judging.by === 'compressed round-trips') this.#sendNext();
    else if (this.#judging.by === 'round-trips') this.#sent = 1;
  }

  /** Compares an echo with its message, then sends the next message or ends the case. Throws TypeError if text is not UTF-8. */
  receive(echo: Buffer, binary: boolean): void {
    const judging = this.#judging;
    switch (judging.by) {
      case 'size':
        if (binary === judging.binary && echo.length === judging.length)
          this.#verdict = { behavior: 'OK', result: `The message came back with its ${echo.length} bytes.` };
        else if (this.#verdict.behavior !== 'OK')
          this.#verdict = { behavior: 'FAILED', result: differentMessage(judging, echo.length, binary) };
        this.#log.on = true;
        this.#endpoint.sendClose(1000, null);
        break;
      case 'round-trips':
        if (binary !== judging.binary || echo.length !== judging.length)
          this.#finish({ behavior: 'FAILED', result: differentMessage(judging, echo.length, binary) });
        else if (this.#sent < judging.count) this.#sendNext();
        else this.#finish({ behavior: 'OK', result: `All ${judging.count} messages came back in time.` });
        break;
      case 'compressed round-trips':
        this.#receiveCompressed(echo, binary, judging);
        break;
    }
  }

  #receiveCompressed(
    echo: Buffer,
    binary: boolean,
    judging: Extract<EchoJudging, { by: 'compressed round-trips' }>,
  ): void {
    // As in Autobahn: if text is expected, the echo is decoded before it is compared, and a failure ends the connection.
    if (!judging.binary && binary && !isUtf8(echo)) throw new TypeError('binary echo of text is not UTF-8');
    const equal = binary === judging.binary && this.#awaited !== null && echo.equals(this.#awaited.plain);
    if (!equal)
      this.#finish({
        behavior: 'FAILED',
        result: `The echo of message ${this.#sent} of ${judging.count} was not equal to the message.`,
      });
    else if (this.#sent < judging.count) this.#sendNext();
    else {
      this.#trafficStats = trafficStats(this.#endpoint.send.traffic, this.#endpoint.received);
      this.#finish({ behavior: 'OK', result: `All ${judging.count} messages came back in time, byte for byte.` });
    }
  }

  #sendNext(): void {
    const judging = this.#judging;
    const { send, role } = this.#endpoint;
    if (judging.by === 'round-trips')
      send.frame({ opcode: judging.binary ? 2 : TEXT, fin: true, rsv: 0 }, sharedBytes(judging.payload), {
        repeat: judging.length,
      });
    else if (judging.by === 'compressed round-trips' && this.#deflate !== null) {
      this.#awaited = this.#messages.get(judging, role, this.#deflate, this.#sent);
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

function missingEchoes(judging: EchoJudging): string {
  return judging.by === 'size'
    ? 'The message did not come back in time.'
    : `Not all of the ${judging.count} messages came back in time.`;
}

function differentMessage(sent: { binary: boolean; length: number }, length: number, binary: boolean): string {
  const kind = (isBinary: boolean): string => (isBinary ? 'binary' : 'text');
  return `A ${kind(sent.binary)} message of ${sent.length} bytes was sent, and a ${kind(binary)} message of ${length} came back.`;
}
