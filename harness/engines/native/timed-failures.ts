import { performance } from 'node:perf_hooks';
import type { Case } from '../../suites/autobahn/cases/case.ts';
import type { PlayedCase } from './case-play.ts';
import { grade } from './judge.ts';
import { isHeavy, plannedWait } from './workload.ts';

/** A span of time, in milliseconds of `performance.now()`. */
interface Span {
  from: number;
  to: number;
}

/** Milliseconds by which a case takes longer than planned, or a timer fires late, if the machine is busy. */
const SLOW_MS = 200;

/** Finds failures that a busy machine may have caused: a timer decided the case while other cases kept the machine busy. */
export class TimedFailures {
  readonly #failures: (Span & { testCase: Case })[] = [];
  readonly #busySpans: Span[] = [];

  /** Records a played case that was started at `from` (`performance.now()`). */
  add(played: PlayedCase, from: number): void {
    const { testCase, timed, lateMs, durationMs } = played;
    const span = { from, to: performance.now() };
    const slow = lateMs > SLOW_MS || (!timed && durationMs - plannedWait(testCase) * 1000 > SLOW_MS);
    if (slow || isHeavy(testCase)) this.#busySpans.push(span);
    if (timed && !passed(played)) this.#failures.push({ testCase, ...span });
  }

  /** The failed cases that overlap with a time in which the machine was busy. */
  suspects(): Case[] {
    return this.#failures
      .filter((failure) => this.#busySpans.some((span) => span.from < failure.to && failure.from < span.to))
      .map(({ testCase }) => testCase);
  }
}

/** Whether a case got the best grades; an informational case, which has no grades, must have ended cleanly. */
export function passed(played: PlayedCase): boolean {
  const { behavior, behaviorClose } = grade({
    testCase: played.testCase,
    observed: played.observed,
    facts: played.endpoint.facts,
    ownVerdict: played.ownVerdict,
    sentFrames: played.log.txFrames,
  });
  if (played.testCase.finalRule === 'informational') return played.endpoint.facts.wasClean;
  return behavior === 'OK' && behaviorClose === 'OK';
}
