import type { CaseInfo } from '../../reports/document/report.ts';
import { fitted, spelt, visible } from '../../reports/wording/terminal-text.ts';
import type { PlayEvent } from '../engines/engine.ts';

/** How often a run that makes no other sound says that it lives: many CI systems end a job that is silent. */
const HEARTBEAT_MS = 30_000;
const REPAINT_MS = 100;
/** A terminal paints all between these two at once; those that do not know them ignore them. */
const [SYNC, SYNCED] = ['\x1b[?2026h', '\x1b[?2026l'];

/** What of a stream is needed here: a terminal has a size. */
export interface Screen {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
  write(text: string): unknown;
}

/**
 * Tells how far a run has come: on a terminal a line for each category that fills as its cases are played, painted
 * over in place; elsewhere plain lines and a heartbeat. Everything goes to stderr, since stdout is the result.
 */
export class ProgressLine {
  private readonly stream: Screen;
  private readonly live: boolean;
  private readonly unicode: boolean;
  private readonly timer: NodeJS.Timeout;
  private readonly clock = performance.now();
  private agent = '';
  private plan: readonly CaseInfo[] = [];
  private readonly inFlight = new Set<string>();
  private readonly seen = new Set<string>();
  private readonly categories = new Set<string>();
  /** Lines of our window that stand on the terminal, below which the cursor is. */
  private painted: readonly string[] = [];

  /** @param obeys whether a terminal moves its cursor when told to; one that is dumb shows the orders. */
  constructor(stream: Screen, { unicode = true, obeys = true }: { unicode?: boolean; obeys?: boolean } = {}) {
    this.stream = stream;
    this.unicode = unicode;
    this.live = stream.isTTY === true && obeys;
    this.timer = setInterval(
      () => (this.live ? this.paint() : this.say(this.status())),
      this.live ? REPAINT_MS : HEARTBEAT_MS,
    );
    this.timer.unref();
  }

  /** From here on it is about this agent and plan. */
  begin(agent: string, plan: readonly CaseInfo[]): void {
    this.agent = agent;
    this.plan = plan;
    this.seen.clear();
    this.inFlight.clear();
    this.categories.clear();
  }

  hear(event: PlayEvent): void {
    switch (event.kind) {
      case 'note':
        this.say(event.text);
        return;
      case 'started':
        this.inFlight.add(event.id);
        this.announce(event.id);
        return;
      case 'ended':
        this.inFlight.delete(event.id);
        this.seen.add(event.id);
        return;
      case 'recorded':
      case 'facts':
      case 'log':
        return;
    }
  }

  /** Ends the telling, and takes the window away: the end block follows. */
  end(): void {
    clearInterval(this.timer);
    this.wipe();
  }

  /** Without a window that is painted over, each category says when it begins. */
  private announce(id: string): void {
    const category = id.split('.')[0] ?? '';
    if (this.live || this.categories.has(category)) return;
    this.categories.add(category);
    this.say(`${this.agent}: category ${category} begins`);
  }

  /** Prints one line above the one that is painted over. */
  say(line: string): void {
    this.wipe();
    const style = { colour: false, unicode: this.unicode, ...(this.stream.isTTY ? { columns: this.columns() } : {}) };
    this.stream.write(`${fitted(visible(line), '', '  ', style).join('\n')}\n`);
  }

  /** A terminal that does not know its size says 0. */
  private columns(): number {
    return this.stream.columns || 80;
  }

  private status(): string {
    const seconds = Math.round((performance.now() - this.clock) / 1000);
    const now = this.inFlight.size > 0 ? `, playing ${[...this.inFlight].slice(0, 3).join(', ')}` : '';
    return `${this.agent}: ${this.seen.size} of ${this.plan.length} cases after ${seconds} s${left(this.plan, this.seen, seconds)}${now}`;
  }

  private paint(): void {
    if (this.plan.length === 0) return;
    const width = this.columns() - 1;
    const rows = categoryLines(this.plan, this.seen, this.inFlight, width, this.unicode);
    const lines = [
      ...(rows.length + 2 > (this.stream.rows || 24) ? [] : rows),
      cut(spelt(visible(this.status()), { unicode: this.unicode }), width),
    ];
    this.stream.write(`${SYNC}${this.back()}${lines.map((line) => `${line}\n`).join('')}${SYNCED}`);
    this.painted = lines;
  }

  private wipe(): void {
    if (this.painted.length > 0) this.stream.write(this.back());
    this.painted = [];
  }

  /** To the beginning of our window, with all of it gone; a terminal that became narrower has wrapped its lines. */
  private back(): string {
    const columns = this.columns();
    const rows = this.painted.reduce((sum, line) => sum + Math.max(1, Math.ceil(Array.from(line).length / columns)), 0);
    return rows > 0 ? `\x1b[${rows}F\x1b[J` : '\r\x1b[J';
  }
}

/** ` 6 UTF-8 handling  117/145  ▇▇▇▇▇▇▇▇░░  6.22.3`: a line for each category of the plan. */
export function categoryLines(
  plan: readonly CaseInfo[],
  seen: ReadonlySet<string>,
  inFlight: ReadonlySet<string>,
  width: number,
  unicode: boolean,
): string[] {
  const [full, empty] = unicode ? ['▇', '·'] : ['#', '.'];
  const categories = new Map<string, CaseInfo[]>();
  for (const info of plan) categories.set(info.category, [...(categories.get(info.category) ?? []), info]);
  return [...categories.values()].map((infos) => {
    const done = infos.filter(({ id }) => seen.has(id)).length;
    const now = infos.filter(({ id }) => inFlight.has(id)).map(({ id }) => id);
    const title = `${(infos[0]?.category ?? '').padStart(2)} ${(infos[0]?.categoryTitle ?? '').slice(0, 24).padEnd(24)}`;
    const bar = Math.max(0, Math.min(40, width - 50));
    const filled = Math.floor((bar * done) / infos.length);
    const counts = `${done}/${infos.length}`.padStart(7);
    return cut(
      `${title} ${counts}  ${full.repeat(filled)}${empty.repeat(bar - filled)}  ${now.slice(0, 2).join(' ')}`.trimEnd(),
      width,
    );
  });
}

/** By what the cases weigh: the time the rest will take, once enough has been played to tell. */
function left(plan: readonly CaseInfo[], seen: ReadonlySet<string>, seconds: number): string {
  const total = plan.reduce((sum, { weightMs }) => sum + weightMs, 0);
  const done = plan.reduce((sum, { id, weightMs }) => sum + (seen.has(id) ? weightMs : 0), 0);
  if (seconds < 5 || done < total / 20 || done === total) return '';
  return `, about ${Math.max(1, Math.round((seconds * (total - done)) / done))} s left`;
}

function cut(line: string, width: number): string {
  return Array.from(line).slice(0, width).join('');
}
