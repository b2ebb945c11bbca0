import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { catalogue } from '../suites/autobahn/catalogue.ts';
import { TestScreen } from '../testing/screen.ts';
import { ProgressLine } from './progress.ts';

const plan = catalogue.filter(({ category }) => /^[1267]$/.test(category));
const ids = plan.map(({ id }) => id);

// The terminal needs its own timers.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** A run on a terminal that is dragged to other sizes in the middle; gives what is seen while it lasts and at the end. */
async function playOn(sizes: readonly (readonly [columns: number, rows: number])[]) {
  const [[columns, rows] = [80, 24]] = sizes;
  const screen = new TestScreen(columns, rows);
  const written: Promise<void>[] = [];
  const stream = {
    isTTY: true,
    columns,
    rows,
    write: (text: string) => written.push(screen.write(text.replaceAll('\n', '\r\n'))),
  };
  const progress = new ProgressLine(stream);
  progress.begin('ours', plan);
  progress.say('ours answers at ws://127.0.0.1:1/ (pid 1)');
  const seen: string[][] = [];
  for (const [at, [wide, high]] of sizes.entries()) {
    await Promise.all(written);
    screen.resize(wide, high);
    Object.assign(stream, { columns: wide, rows: high });
    for (const id of ids.slice(at * 10, at * 10 + 10)) {
      progress.hear({ kind: 'started', id });
      vi.advanceTimersByTime(100);
      progress.hear({ kind: 'ended', id });
    }
    await Promise.all(written);
    seen.push(screen.lines());
  }
  progress.hear({ kind: 'note', text: 'a note' });
  vi.advanceTimersByTime(100);
  progress.end();
  stream.write('PASSED\n');
  await Promise.all(written);
  return { seen, left: screen.lines() };
}

it.each([
  ['that keeps its size', [[80, 24]]],
  [
    'that becomes narrower, step by step',
    [
      [200, 30],
      [120, 30],
      [80, 30],
      [40, 30],
    ],
  ],
  [
    'that becomes wider',
    [
      [40, 24],
      [80, 24],
      [200, 24],
    ],
  ],
  [
    'that goes back and forth',
    [
      [80, 24],
      [40, 24],
      [100, 24],
      [41, 24],
      [79, 24],
    ],
  ],
  [
    'that becomes lower and higher',
    [
      [80, 24],
      [80, 10],
      [80, 24],
      [80, 6],
      [80, 30],
    ],
  ],
] as const)('on a terminal %s one window is seen, and nothing of it is left', async (_, sizes) => {
  const { seen, left } = await playOn(sizes);
  for (const lines of seen) {
    expect(lines.join('\n').match(/ours: \d+ of \d+ cases/g), lines.join('\n')).toHaveLength(1);
    expect(lines.join('').match(/answers at/g)).toHaveLength(1);
  }
  // The first line was wrapped where it became too long.
  expect(left.join('').replaceAll(/\s/g, '')).toBe('oursanswersatws://127.0.0.1:1/(pid1)anotePASSED');
});
