import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { catalogue } from '../suites/autobahn/catalogue.ts';
import { TestScreen } from '../testing/screen.ts';
import { ProgressLine } from './progress.ts';

const plan = catalogue.filter(({ category }) => /^[1267]$/.test(category));
const ids = plan.map(({ id }) => id);

// Only these timers are fake. setTimeout stays real, because the emulated terminal needs it.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/**
 * Shows the progress of a run on an emulated terminal that changes its size during the run.
 * @returns the lines on the terminal after each size, and the lines after the end.
 */
async function showProgressOn(sizes: readonly (readonly [columns: number, rows: number])[]) {
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
  const linesBySize: string[][] = [];
  for (const [step, [newColumns, newRows]] of sizes.entries()) {
    await Promise.all(written);
    screen.resize(newColumns, newRows);
    Object.assign(stream, { columns: newColumns, rows: newRows });
    for (const id of ids.slice(step * 10, step * 10 + 10)) {
      progress.update({ kind: 'started', id });
      vi.advanceTimersByTime(100);
      progress.update({ kind: 'ended', id });
    }
    await Promise.all(written);
    linesBySize.push(screen.lines());
  }
  progress.update({ kind: 'note', text: 'a note' });
  vi.advanceTimersByTime(100);
  progress.end();
  stream.write('PASSED\n');
  await Promise.all(written);
  return { linesBySize, finalLines: screen.lines() };
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
] as const)('a terminal %s shows the progress once, and nothing of it at the end', async (_, sizes) => {
  const { linesBySize, finalLines } = await showProgressOn(sizes);
  for (const lines of linesBySize) {
    expect(lines.join('\n').match(/ours: \d+ of \d+ cases/g), lines.join('\n')).toHaveLength(1);
    expect(lines.join('').match(/answers at/g)).toHaveLength(1);
  }
  // The terminal wrapped the first line when it became too narrow, so spaces are removed before the comparison.
  expect(finalLines.join('').replaceAll(/\s/g, '')).toBe('oursanswersatws://127.0.0.1:1/(pid1)anotePASSED');
});
