import { performance } from 'node:perf_hooks';
import type { Case } from '../../suites/autobahn/cases/case.ts';
import type { AnswerTimes } from './answer-times.ts';
import type { PlayedCase } from './case-play.ts';
import { grade } from './judge.ts';

/** A case whose outcome the load may have decided, with that outcome. */
export interface Suspect {
  testCase: Case;
  outcome: string;
}

/**
 * Finds the cases whose outcome the load may have decided: one of our timers decided it, and in that time the server
 * answered somebody slowly, or answered nobody while others waited too, or this process was late. All facts of an outcome
 * can depend on a timer, so the grades do not matter.
 */
export class Suspects {
  readonly #answers: AnswerTimes;
  readonly #timed: (Suspect & { from: number; to: number })[] = [];

  constructor(answers: AnswerTimes) {
    this.#answers = answers;
  }

  /** Takes a case that was played beside others and was started at `from` (`performance.now()`). */
  add(played: PlayedCase, from: number): void {
    this.#answers.firedLate(played.lateMs);
    if (!played.timed) return;
    this.#timed.push({ testCase: played.testCase, outcome: outcomeText(played), from, to: performance.now() });
  }

  /** The suspects, after all cases have been played. */
  list(): Suspect[] {
    return this.#timed.filter(
      (span) => this.#answers.wereSlow(span) || (this.#hadCompany(span) && !this.#answers.wereInTime(span)),
    );
  }

  /** What is different now that a suspect was played alone, as words; null if nothing is. */
  change(before: string, played: PlayedCase): string | null {
    const now = outcomeText(played);
    if (before === now) return null;
    const [grades, close] = [gradesOf(before), gradesOf(now)];
    return grades === close
      ? `beside other cases it ended with other facts than alone (${grades} both times)`
      : `beside other cases it was graded ${grades}, and alone ${close}`;
  }

  #hadCompany(span: { from: number; to: number }): boolean {
    return this.#timed.some((other) => other !== span && other.from < span.to && span.from < other.to);
  }
}

/** Grades and facts of an outcome, to compare two plays. The grades come first. */
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
