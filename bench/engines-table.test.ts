import { expect, test } from 'vitest';
import { goalsOf, type Measured, median, summary, table } from './engines-table.ts';

const cost = (wallMs: number, playerMs: number | null, serverMs: number | null) => ({ wallMs, playerMs, serverMs });
const native: Measured = { row: 'ws-all', player: 'native', costs: [cost(60_000, 30_000, 57_000)] };
const kosoku: Measured = { row: 'ws-all', player: 'kosoku -p 4', costs: [cost(90_000, 20_000, 50_000)] };

test('median returns the middle value, or the mean of the two middle values', () => {
  expect(median([9, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 9])).toBe(3);
  expect(() => median([])).toThrow('no median');
});

test('summary returns null for a value that one run lacks', () => {
  expect(summary([cost(10, null, 5), cost(20, 1, 5)])).toEqual({
    wallMs: 15,
    playerMs: null,
    serverMs: 5,
    serverShare: 0.375,
  });
});

test('table shows times relative to this project, and the reason if a player could not run', () => {
  const lines = table([native, kosoku, { row: 'all', player: 'docker', costs: [], missing: 'no engine' }]).split('\n');
  expect(lines[1]).toMatch(/^ws-all +native +60\.00 s +1\.00 x +30\.00 s +57\.00 s +95 % +1$/);
  expect(lines[2]).toMatch(/ 1\.50 x /);
  expect(lines[3]).toMatch(/^all +docker +not measured: no engine$/);
});

test('the goal of ws-all is also reached if the server is busy for 90 % of a core', () => {
  expect(goalsOf('ws-all', [native, kosoku])).toEqual([
    {
      text: 'ws-all: 1.5 times as fast as kosoku -p 4, at least 2 or the server at 90 % of a core (95 %)',
      reached: true,
    },
  ]);
  const idle = { ...native, costs: [cost(60_000, 30_000, 30_000)] };
  expect(goalsOf('ws-all', [idle, kosoku])[0]?.reached).toBe(false);
});

test('the goal of a running server is that the command is as fast as kosoku', () => {
  const row = 'ws://127.0.0.1:9001/';
  const goals = goalsOf(row, [
    { row, player: 'command', costs: [cost(4_000, null, null)] },
    { row, player: 'kosoku -p 4', costs: [cost(5_000, null, null)] },
  ]);
  expect(goals).toEqual([
    { text: 'ws://127.0.0.1:9001/: 1.3 times as fast as kosoku -p 4, at least 1', reached: true },
  ]);
});

test('goals without a measurement are neither missed nor reached', () => {
  expect(goalsOf('ws-all', [native])).toEqual([]);
  expect(goalsOf('all', [{ ...native, row: 'all' }]).map(({ reached }) => reached)).toEqual([true]);
});
