import type { Cost } from './engines-meter.ts';

/**
 * Times of all runs of one player (a program that runs the test cases) in one row of the table, or the reason why the
 * player could not run.
 */
export interface Measured {
  row: string;
  player: string;
  costs: readonly Cost[];
  /** Reason why there are no times. */
  missing?: string;
}

/** A performance goal: its description with the measured value, and whether it was reached. */
export interface Goal {
  text: string;
  reached: boolean;
}

/** Median: the middle value, or the mean of the two middle values. @throws {RangeError} if there are no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  if (low === undefined || high === undefined) throw new RangeError('there is no median of nothing');
  return (low + high) / 2;
}

/**
 * Returns the medians of several runs. A median is null if a run lacks the value. `serverShare` is the server's CPU
 * time divided by the wall-clock time: 1 means that the server kept one core busy.
 */
export function summary(costs: readonly Cost[]) {
  const medianOf = (pick: (cost: Cost) => number | null): number | null => {
    const values = costs.map(pick).filter((value) => value !== null);
    return values.length === 0 || values.length < costs.length ? null : median(values);
  };
  return {
    wallMs: medianOf(({ wallMs }) => wallMs),
    playerMs: medianOf(({ playerMs }) => playerMs),
    serverMs: medianOf(({ serverMs }) => serverMs),
    serverShare: medianOf(({ serverMs, wallMs }) => (serverMs === null ? null : serverMs / wallMs)),
  };
}

const HEAD = ['row', 'player', 'wall', 'to ours', 'player CPU', 'server CPU', 'server of a core', 'runs'];

/**
 * Formats the table: one line per row and player (program that runs the test cases). Each time is also given relative
 * to the time of this project in the same row.
 */
export function table(all: readonly Measured[]): string {
  const lines = all.map((entry) => {
    if (entry.missing !== undefined) return [entry.row, entry.player, `not measured: ${entry.missing}`];
    const { wallMs, playerMs, serverMs, serverShare } = summary(entry.costs);
    const native = all.find(({ row, player }) => row === entry.row && (player === 'native' || player === 'command'));
    const ratio = ratioOf(wallMs, native === undefined ? null : summary(native.costs).wallMs);
    return [
      entry.row,
      entry.player,
      seconds(wallMs),
      ratio === null ? '-' : `${ratio.toFixed(2)} x`,
      seconds(playerMs),
      seconds(serverMs),
      serverShare === null ? '-' : `${Math.round(serverShare * 100)} %`,
      String(entry.costs.length),
    ];
  });
  const widths = HEAD.map((title, i) =>
    Math.max(
      title.length,
      ...lines.filter((line) => line.length === HEAD.length).map((line) => (line[i] ?? '').length),
    ),
  );
  return [HEAD, ...lines]
    .map((line) =>
      line.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    )
    .join('\n');
}

/** Ratio of `time` to `base`; null if one of them is missing. */
export function ratioOf(time: number | null, base: number | null): number | null {
  return time === null || base === null || base === 0 ? null : time / base;
}

/** Formats milliseconds as seconds with two decimals. */
export const seconds = (ms: number | null): string => (ms === null ? '-' : `${(ms / 1000).toFixed(2)} s`);

/**
 * Returns the performance goals of one row, and whether each was reached. A goal is left out if its values were not
 * measured.
 */
export function goalsOf(row: string, all: readonly Measured[]): Goal[] {
  const medianOf = (player: string) => {
    const found = all.find((entry) => entry.row === row && entry.player === player);
    return found === undefined || found.costs.length === 0 ? undefined : summary(found.costs);
  };
  const native = medianOf('native') ?? medianOf('command');
  const nativeMs = native?.wallMs ?? null;
  const atMost = (limitMs: number): Goal[] =>
    nativeMs === null
      ? []
      : [{ text: `${row}: ${seconds(nativeMs)}, at most ${seconds(limitMs)}`, reached: nativeMs <= limitMs }];
  const ratio = (player: string) => ratioOf(medianOf(player)?.wallMs ?? null, nativeMs);
  const faster = (player: string, times: number, otherwise = false, note = ''): Goal[] => {
    const measured = ratio(player);
    if (measured === null) return [];
    const text = `${row}: ${measured.toFixed(1)} times as fast as ${player}, at least ${times}${note}`;
    return [{ text, reached: measured >= times || otherwise }];
  };
  switch (row) {
    case 'core':
      return atMost(1_600);
    case 'limits':
      return atMost(3_000);
    case 'all':
      return [...atMost(75_000), ...faster('docker, 1 container', 12)];
    case 'ws-limits':
      return faster('kosoku -p 4', 1);
    case 'ws-all': {
      const share = native?.serverShare ?? 0;
      return faster('kosoku -p 4', 2, share > 0.9, ` or the server at 90 % of a core (${Math.round(share * 100)} %)`);
    }
    case 'single':
      return atMost(800);
    default:
      return row.startsWith('ws://') ? faster('kosoku -p 4', 1) : [];
  }
}
