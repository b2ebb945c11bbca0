import { performance } from 'node:perf_hooks';
import type { Case } from '../../suites/autobahn/cases/case.ts';
import type { AnswerTimes } from './answer-times.ts';
import type { PlayedCase } from './case-play.ts';
import { grade } from './judge.ts';
import { isInPieces } from './workload.ts';

/** A case whose outcome the load of the machine or server may have decided, with this outcome. */
export interface Suspect {
  testCase: Case;
  outcome: string;
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
    this.#timed.push({ testCase: played.testCase, outcome: outcomeText(played), from, to: performance.now() });
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
    const now = outcomeText(played);
    this.#changes.delete(testCase);
    if (outcome === now) return null;
    const [before, after] = [gradesOf(outcome), gradesOf(now)];
    const how =
      before === after
        ? `beside other cases it ended with other facts than alone (${before} both times)`
        : `beside other cases it was graded ${before}, and alone ${after}`;
    this.#changes.set(testCase, how);
    return how;
  }

  #hadCompany(span: { from: number; to: number }): boolean {
    return this.#timed.some((other) => other !== span && other.from < span.to && span.from < other.to);
  }
}

/**
 * Returns the grades and the compared values of an outcome as text. Equal texts mean that two plays of a case had the
 * same outcome. The grades come first.
 */
function outcomeText({ testCase, observed, endpoint, ownVerdict, log }: PlayedCase): string {
  const { facts } = endpoint;
  const grades = grade({ testCase, observed, facts, ownVerdict, sentFrames: log.txFrames });
  const { wasClean, closedByMe, failedByMe, droppedByMe, remoteCloseCode } = facts;
  const timeouts = [
    facts.wasOpenHandshakeTimeout,
    facts.wasCloseHandshakeTimeout,
    facts.wasServerConnectionDropTimeout,
  ];
  const events = observed.map((event) => (event.kind === 'timeout' ? event.tag : event.payload.toString('base64')));
  return JSON.stringify([
    `${grades.behavior}, close ${grades.behaviorClose}`,
    [wasClean, closedByMe, failedByMe, droppedByMe, remoteCloseCode, ...timeouts],
    events,
  ]);
}

const gradesOf = (outcome: string): string => String((JSON.parse(outcome) as unknown[])[0]);
