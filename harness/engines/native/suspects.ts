import { performance } from 'node:perf_hooks';
import { isDeepStrictEqual } from 'node:util';
import type { Case } from '../../suites/autobahn/cases/case.ts';
import type { AnswerTimes } from './answer-times.ts';
import type { PlayedCase } from './case-play.ts';
import { grade } from './judge.ts';
import { isInPieces } from './workload.ts';

/** The outcome of one play of a case, as texts that are compared with those of another play. */
interface ComparedOutcome {
  grades: string;
  /** The fields of the outcome and the observed events. */
  facts: string;
}

/** A case whose outcome the load of the machine or server may have decided, with this outcome. */
export interface Suspect {
  testCase: Case;
  outcome: ComparedOutcome;
  /** True if the server answered no case at all just before the timer fired. False if a case got a slow answer. */
  silent: boolean;
}

/**
 * Finds the cases whose outcome the load may have decided: one of our timers decided the outcome, and one of three
 * signs of load was seen. The signs: a slow answer of the server to any case, no answer to any of several waiting cases
 * just before the timer fired, or a timer of this process that fired late. A case that sends frames in pieces is always a
 * suspect, because other cases delay the pieces. The grades are not considered, because every
 * field of an outcome can depend on a timer.
 */
export class Suspects {
  readonly #answers: AnswerTimes;
  readonly #changes = new Map<Case, string>();
  readonly #timed: (Omit<Suspect, 'silent'> & { from: number; to: number })[] = [];

  constructor(answers: AnswerTimes) {
    this.#answers = answers;
  }

  /** Adds a case that was played while other cases ran. `from` is the start of the case (`performance.now()`). */
  add(played: PlayedCase, from: number): void {
    this.#answers.firedLate(played.lateMs);
    if (!played.timed) return;
    this.#timed.push({ testCase: played.testCase, outcome: comparedOutcome(played), from, to: performance.now() });
  }

  /**
   * Returns the suspects (cases whose outcome the load may have decided). Call this after all cases have been played.
   */
  list(): Suspect[] {
    return this.#timed.flatMap((span): Suspect[] => {
      const { testCase, outcome } = span;
      if (this.#answers.wereSlow(span) || isInPieces(testCase)) return [{ testCase, outcome, silent: false }];
      const atLast = { from: span.to - this.#answers.witnessMs, to: span.to };
      const silent = this.#hadCompany(span) && !this.#answers.wereInTime(atLast);
      return silent ? [{ testCase, outcome, silent }] : [];
    });
  }

  /** Returns an empty collection of suspects. It is used while the suspects are played again. */
  again(): Suspects {
    return new Suspects(this.#answers);
  }

  /**
   * The suspects (cases whose outcome the load may have decided) that had another outcome when they were played again,
   * with the difference in words.
   */
  get unsteady(): { id: string; how: string }[] {
    return [...this.#changes].map(([{ id }, how]) => ({ id, how }));
  }

  /**
   * Compares a suspect's outcome with its new outcome under less load. Returns the difference in words; null if there
   * is none.
   */
  change({ testCase, outcome }: Pick<Suspect, 'testCase' | 'outcome'>, played: PlayedCase): string | null {
    const now = comparedOutcome(played);
    this.#changes.delete(testCase);
    if (isDeepStrictEqual(outcome, now)) return null;
    const how =
      outcome.grades === now.grades
        ? `beside other cases it ended with other facts than alone (${now.grades} both times)`
        : `beside other cases it was graded ${outcome.grades}, and alone ${now.grades}`;
    this.#changes.set(testCase, how);
    return how;
  }

  #hadCompany(span: { from: number; to: number }): boolean {
    return this.#timed.some((other) => other !== span && other.from < span.to && span.from < other.to);
  }
}

function comparedOutcome({ testCase, observed, endpoint, ownVerdict, log }: PlayedCase): ComparedOutcome {
  const { facts } = endpoint;
  const { behavior, behaviorClose } = grade({ testCase, observed, facts, ownVerdict, sentFrames: log.txFrames });
  const { wasClean, closedByMe, failedByMe, droppedByMe, remoteCloseCode } = facts;
  const timeouts = [
    facts.wasOpenHandshakeTimeout,
    facts.wasCloseHandshakeTimeout,
    facts.wasServerConnectionDropTimeout,
  ];
  const events = observed.map((event) => (event.kind === 'timeout' ? event.tag : event.payload.toString('base64')));
  return {
    grades: `${behavior}, close ${behaviorClose}`,
    facts: JSON.stringify([wasClean, closedByMe, failedByMe, droppedByMe, remoteCloseCode, ...timeouts, events]),
  };
}
