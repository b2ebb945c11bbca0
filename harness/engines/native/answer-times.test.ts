import { performance } from 'node:perf_hooks';
import { expect, it } from 'vitest';
import { AnswerTimes } from './answer-times.ts';

const now = () => performance.now();

it('calls an answer slow if it took more than 0.4 seconds, of the time scale of the cases', () => {
  expect([399, 401].map((ms) => new AnswerTimes(1).answered(ms))).toEqual([false, true]);
  expect([39, 41].map((ms) => new AnswerTimes(0.1).answered(ms))).toEqual([false, true]);
});

it('knows when the server was slow: from the question to the answer', () => {
  const times = new AnswerTimes(1);
  const asked = now() - 500;
  times.answered(500);
  expect(times.wereSlow({ from: asked + 100, to: asked + 200 })).toBe(true);
  expect(times.wereSlow({ from: asked - 200, to: asked - 100 })).toBe(false);
});

it('takes a timer of this process that fired late for slowness too', () => {
  const times = new AnswerTimes(1);
  times.firedLate(500);
  expect(times.wereSlow({ from: now() - 100, to: now() })).toBe(true);
  times.firedLate(10);
  expect(times.longestMs).toBe(0);
});

it('knows when somebody was answered in time', () => {
  const times = new AnswerTimes(1);
  const before = now();
  expect(times.wereInTime({ from: before, to: before })).toBe(false);
  times.answered(1);
  expect(times.wereInTime({ from: before, to: now() })).toBe(true);
  expect(times.wereInTime({ from: before + 1000, to: before + 2000 })).toBe(false);
});

it('calls a server slow if it needs a tenth of a second for an answer while only one case is played', () => {
  const [fast, slow] = [new AnswerTimes(1), new AnswerTimes(1)];
  fast.answered(20);
  slow.answered(300);
  for (const times of [fast, slow]) times.endAlone();
  fast.answered(2000);
  expect([fast, slow].map(({ isServerSlow }) => isServerSlow)).toEqual([false, true]);
  expect([fast, slow].map(({ aloneMs }) => aloneMs)).toEqual([20, 300]);
});
