import type { Cost } from './engines-meter.ts';

/** What one player needed for one row, run after run; or why it could not play. */
export interface Measured {
  row: string;
  player: string;
  costs: readonly Cost[];
  /** Why there are no costs. */
  missing?: string;
}

/** A figure to reach, and the words for what was measured. */
export interface Goal {
  text: string;
  reached: boolean;
}

/** The one in the middle, or the mean of the two there. Throws RangeError for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  if (low === undefined || high === undefined) throw new RangeError('there is no median of nothing');
  return (low + high) / 2;
}

/** Medians of several runs; null where a run has none. The server's share is taken run by run: 1 is a whole core. */
export function summary(costs: readonly Cost[]) {
  const of = (pick: (cost: Cost) => number | null): number | null => {
    const values = costs.map(pick).filter((value) => value !== null);
    return values.length === 0 || values.length < costs.length ? null : median(values);
  };
  return {
    wallMs: of(({ wallMs }) => wallMs),
    playerMs: of(({ playerMs }) => playerMs),
    serverMs: of(({ serverMs }) => serverMs),
    serverShare: of(({ serverMs, wallMs }) => (serverMs === null ? null : serverMs / wallMs)),
  };
}

const HEAD = ['row', 'player', 'wall', 'to native', 'player CPU', 'server CPU', 'server of a core', 'runs'];

/** The table: a line for every player of every row, each row's times as multiples of its native one. */
export function table(all: readonly Measured[]): string {
  const lines = all.map((one) => {
    if (one.missing !== undefined) return [one.row, one.player, `not measured: ${one.missing}`];
    const { wallMs, playerMs, serverMs, serverShare } = summary(one.costs);
    const native = all.find(({ row, player }) => row === one.row && player === 'native');
    const ratio = ratioOf(wallMs, native === undefined ? null : summary(native.costs).wallMs);
    return [
      one.row,
      one.player,
      seconds(wallMs),
      ratio === null ? '-' : `${ratio.toFixed(2)} x`,
      seconds(playerMs),
      seconds(serverMs),
      serverShare === null ? '-' : `${Math.round(serverShare * 100)} %`,
      String(one.costs.length),
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

/** One time as a multiple of another; null where one of them is not there. */
export function ratioOf(time: number | null, base: number | null): number | null {
  return time === null || base === null || base === 0 ? null : time / base;
}

/** Milliseconds as seconds with two decimals. */
export const seconds = (ms: number | null): string => (ms === null ? '-' : `${(ms / 1000).toFixed(2)} s`);

/** What was to be reached in one row and whether it was; without a word on what was not measured. */
export function goalsOf(row: string, all: readonly Measured[]): Goal[] {
  const of = (player: string) => {
    const found = all.find((one) => one.row === row && one.player === player);
    return found === undefined || found.costs.length === 0 ? undefined : summary(found.costs);
  };
  const native = of('native');
  const nativeMs = native?.wallMs ?? null;
  const atMost = (limitMs: number): Goal[] =>
    nativeMs === null
      ? []
      : [{ text: `${row}: ${seconds(nativeMs)}, at most ${seconds(limitMs)}`, reached: nativeMs <= limitMs }];
  const ratio = (player: string) => ratioOf(of(player)?.wallMs ?? null, nativeMs);
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
      return [];
  }
}
