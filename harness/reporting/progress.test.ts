import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { catalogue } from '../suites/autobahn/catalogue.ts';
import { categoryLines, ProgressLine, type Screen } from './progress.ts';

const plan = catalogue.filter(({ category }) => category === '1' || category === '7');

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Makes an output stream for `ProgressLine` that collects the written texts. */
function screen(facts: Partial<Screen>) {
  const written: string[] = [];
  return { written, screen: { ...facts, write: (text: string) => written.push(text) } };
}

describe('the lines of the categories', () => {
  it.each([
    [40, true],
    [80, true],
    [200, false],
  ])('fit into %i columns', (width, unicode) => {
    const lines = categoryLines(
      plan,
      new Set(['1.1.1', '1.1.2', '1.1.3', '1.1.4']),
      new Set(['7.1.1']),
      width,
      unicode,
    );
    for (const line of lines) expect(Array.from(line).length).toBeLessThanOrEqual(width);
    expect(lines).toMatchSnapshot();
  });
});

describe('progress on a terminal', () => {
  it('is painted again in the same place, and is removed at the end', () => {
    const { written, screen: tty } = screen({ isTTY: true, columns: 80, rows: 40 });
    const progress = new ProgressLine(tty);
    progress.begin('ours', plan);
    progress.update({ kind: 'started', id: '1.1.1' });
    vi.advanceTimersByTime(100);
    expect(written.join('')).toContain('ours: 0 of 53 cases after 0 s, running 1.1.1\n');
    vi.advanceTimersByTime(100);
    expect(written.at(-1)).toMatch(/^\x1b\[\?2026h\x1b\[3F\x1b\[J/);
    progress.end();
    expect(written.at(-1)).toBe('\x1b[3F\x1b[J');
  });

  it('is one line if the terminal has too few rows', () => {
    const { written, screen: tty } = screen({ isTTY: true, columns: 80, rows: 3 });
    const progress = new ProgressLine(tty);
    progress.begin('ours', plan);
    vi.advanceTimersByTime(100);
    expect(written.join('').split('\n')).toHaveLength(2);
    progress.end();
  });

  it('stays below a note', () => {
    const { written, screen: tty } = screen({ isTTY: true, columns: 80, rows: 40 });
    const progress = new ProgressLine(tty);
    progress.begin('ours', plan);
    vi.advanceTimersByTime(100);
    progress.update({ kind: 'note', text: 'note \x1b[2J' });
    expect(written.slice(-2)).toEqual(['\x1b[3F\x1b[J', 'note \\x1b[2J\n']);
    progress.end();
  });
});

it('a terminal of unknown size gets 80 columns', () => {
  const { written, screen: tty } = screen({ isTTY: true, columns: 0, rows: 0 });
  const progress = new ProgressLine(tty);
  progress.begin('ours', plan);
  vi.advanceTimersByTime(200);
  progress.end();
  expect(written.join('')).toContain('ours: 0 of 53 cases after 0 s');
  expect(written.join('')).not.toContain('Infinity');
});

it('a terminal that cannot move its cursor gets no escape sequence', () => {
  const { written, screen: tty } = screen({ isTTY: true, columns: 80, rows: 40 });
  const progress = new ProgressLine(tty, { movesCursor: false });
  progress.begin('ours', plan);
  progress.update({ kind: 'started', id: '1.1.1' });
  vi.advanceTimersByTime(30_000);
  progress.end();
  expect(written.join('')).toContain('ours: category 1 starts\n');
  expect(written.join('')).not.toContain('\x1b');
});

it('a long note is wrapped between words, and is ASCII if the terminal shows only ASCII', () => {
  const { written, screen: tty } = screen({ isTTY: true, columns: 20, rows: 40 });
  const progress = new ProgressLine(tty, { unicode: false });
  progress.say('a note that is longer → than the terminal');
  progress.end();
  expect(written.join('')).toBe('a note that is\n  longer -> than the\n  terminal\n');
});

it('without a terminal there is a line when each category starts, and a status line every 30 s', () => {
  const { written, screen: log } = screen({});
  const progress = new ProgressLine(log);
  progress.begin('ours', plan);
  for (const id of ['1.1.1', '1.1.2', '7.1.1']) {
    progress.update({ kind: 'started', id });
    progress.update({ kind: 'ended', id });
  }
  vi.advanceTimersByTime(30_000);
  progress.end();
  expect(written).toEqual([
    'ours: category 1 starts\n',
    'ours: category 7 starts\n',
    expect.stringMatching(/^ours: 3 of 53 cases after 30 s/),
  ]);
  expect(written.join('')).not.toContain('\x1b');
});
