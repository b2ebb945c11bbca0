import { performance } from 'node:perf_hooks';
import type { Case } from '../../suites/autobahn/cases/case.ts';
import { Echoes } from './echoes.ts';
import { Endpoint } from './endpoint.ts';
import { hasAllEvents, type ObservedEvent, type Verdict } from './judge.ts';
import type { MessageStore } from './messages/message-store.ts';
import { clientHandshake, type Request } from './protocol/client-handshake.ts';
import type { Deflate } from './protocol/permessage-deflate.ts';
import { ScriptPlayer } from './script-player.ts';
import { type Address, connectTcp } from './tcp-transport.ts';
import type { Timeouts } from './timers.ts';
import type { Trace } from './trace.ts';
import { WireLog } from './wire-log.ts';

/** The tested server, and the settings with which cases are played against it. */
export interface TestedServer {
  address: Address;
  request: Omit<Request, 'key' | 'offers'>;
  timeouts: Timeouts;
  /** The compressed messages of the cases 12.x and 13.x. */
  messages: MessageStore;
  /** Receives every frame and every timer of the connection, at the time when it happens. */
  trace?: Trace;
}

/** A case that has been played: everything that its record needs. */
export interface PlayedCase {
  testCase: Case;
  endpoint: Endpoint;
  log: WireLog;
  observed: readonly ObservedEvent[];
  started: Date;
  durationMs: number;
  ownVerdict: Verdict;
  trafficStats: Readonly<Record<string, number | null>> | null;
  /** Whether a timer decided the outcome. If so, the outcome may depend on how busy the machine was. */
  timed: boolean;
  /** By how many milliseconds the latest timer fired too late. */
  lateMs: number;
  /**
   * Set if the case was played again alone and had another outcome. The text says how the first outcome, beside other
   * cases, differed.
   */
  unsteady: string | null;
}

/** How a case ended: it was played, or no connection to the server could be made. */
export type CaseEnding = { played: PlayedCase } | { refused: Error };

/** One case played on one connection to the server. */
export class CasePlay {
  /**
   * The result of the case. The promise settles when the connection is over. After a call of `abandon`, it never
   * settles.
   */
  readonly ending: Promise<CaseEnding>;
  readonly #testCase: Case;
  readonly #log: WireLog;
  readonly #endpoint: Endpoint;
  readonly #script: ScriptPlayer;
  /** Judges the echoes of the messages; null for a case that is judged by its events. */
  readonly #echoes: Echoes | null;
  readonly #observed: ObservedEvent[] = [];
  readonly #started = new Date();

  /**
   * Connects to the server and plays the case. Each time the server answers, `onAnswer` gets the milliseconds it took.
   */
  constructor(testCase: Case, server: TestedServer, onAnswer: (ms: number) => void = () => undefined) {
    this.#testCase = testCase;
    const { criterion } = testCase;
    const { trace } = server;
    this.#log = new WireLog(trace === undefined ? undefined : (entry) => trace(testCase.id, entry));
    let settle: (ending: CaseEnding) => void = () => undefined;
    this.ending = new Promise((resolve) => {
      settle = resolve;
    });
    this.#endpoint = new Endpoint({
      role: 'client',
      transport: connectTcp(server.address),
      handshake: clientHandshake({
        ...server.request,
        offers: criterion.by === 'compressed round-trips' ? criterion.offers : [],
      }),
      log: this.#log,
      timeouts: server.timeouts,
      events: {
        opened: (deflate) => this.#opened(deflate),
        message: (bytes, binary) => {
          if (this.#echoes === null) this.#observe({ kind: 'message', payload: bytes, binary });
          else this.#echoes.receive(bytes, binary);
        },
        pong: (payload) => this.#observe({ kind: 'pong', payload }),
        answered: onAnswer,
        lost: () => settle({ played: this.#played() }),
        refused: (error) => settle({ refused: error }),
      },
    });
    this.#script = new ScriptPlayer(testCase.script, this.#endpoint, this.#log, server.timeouts, (tag) =>
      this.#observed.push({ kind: 'timeout', tag }),
    );
    this.#echoes = criterion.by === 'events' ? null : new Echoes(criterion, this.#endpoint, this.#log, server.messages);
  }

  /** Milliseconds since the server last sent anything. */
  get silentMs(): number {
    return performance.now() - this.#endpoint.heardAt;
  }

  /** Ends the connection immediately. The promise `ending` then never settles. */
  abandon(): void {
    this.#endpoint.destroy();
  }

  #opened(deflate: Deflate | null): void {
    switch (this.#testCase.wirelog) {
      case 'full':
        break;
      case 'quiet':
        this.#log.on = false;
        break;
      case 'switched':
        this.#log.switch(false);
        break;
    }
    if (this.#echoes !== null && !this.#echoes.agree(deflate)) return;
    this.#script.play();
    this.#echoes?.start();
  }

  /**
   * Records an event. Closes the connection when all allowed events have been observed, if the case wants the client to
   * close.
   */
  #observe(event: ObservedEvent): void {
    this.#observed.push(event);
    const { close, suppressClose } = this.#testCase;
    if (close.closedByMe && !suppressClose && hasAllEvents(this.#testCase, this.#observed))
      this.#endpoint.sendClose(close.codes[0], null);
  }

  #played(): PlayedCase {
    const { openedAt, facts } = this.#endpoint;
    return {
      testCase: this.#testCase,
      endpoint: this.#endpoint,
      log: this.#log,
      observed: this.#observed,
      started: this.#started,
      durationMs: openedAt === 0 ? 0 : Math.round(performance.now() - openedAt),
      ownVerdict: this.#echoes?.verdict ?? NO_LIST_FITS,
      trafficStats: this.#echoes?.trafficStats ?? null,
      timed:
        this.#script.timerDecided ||
        facts.wasOpenHandshakeTimeout ||
        facts.wasCloseHandshakeTimeout ||
        facts.wasServerConnectionDropTimeout,
      lateMs: this.#endpoint.lateMs,
      unsteady: null,
    };
  }
}

/** The verdict of a case if the observed events are equal to none of the lists of events that the case allows. */
const NO_LIST_FITS: Verdict = {
  behavior: 'FAILED',
  result: 'What the server did differs from everything that is allowed.',
};
