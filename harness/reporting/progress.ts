import type { CaseInfo } from '../../reports/document/report.ts';
import { inCharset, terminalSafe, wrapForStream } from '../../reports/wording/terminal-text.ts';
import type { PlayEvent } from '../engines/engine.ts';

/** Interval of the status line without a terminal. Many CI systems end a job that prints nothing for minutes. */
const HEARTBEAT_MS = 30_000;
/** Interval at which the progress on a terminal is painted again. */
const REPAINT_MS = 100;
/**
 * Escape sequences at the start and end of an update. The terminal shows the text between them in one step. Older
 * terminals ignore the sequences.
 */
const [BEGIN_UPDATE, END_UPDATE] = ['\x1b[?2026h', '\x1b[?2026l'];

/** The part of an output stream that `ProgressLine` uses. `columns` and `rows` are set if the stream is a terminal. */
export interface Screen {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
  write(text: string): unknown;
}

/**
 * Shows the progress of a run. On a terminal: one line for each category with a bar, painted again in the same place.
 * Without a terminal: a line when a category starts, and a status line every 30 seconds. The stream is stderr, because
 * stdout is for the result.
 */
export class ProgressLine {
  private readonly stream: Screen;
  /** Whether the stream is a terminal on which the progress lines can be painted again in the same place. */
  private readonly live: boolean;
  private readonly unicode: boolean;
  private readonly timer: NodeJS.Timeout;
  private readonly startedAt = performance.now();
  private agent = '';
  private plan: readonly CaseInfo[] = [];
  private readonly inFlight = new Set<string>();
  /** Ids of the cases that have ended. */
  private readonly ended = new Set<string>();
  /** The categories whose start was printed. Used only without a terminal. */
  private readonly announced = new Set<string>();
  /** The progress lines that are on the terminal now. The cursor is below the last line. */
  private painted: readonly string[] = [];

  /**
   * @param options `unicode`: the terminal can show more than ASCII. `movesCursor`: false for a terminal that shows
   *   escape sequences as text.
   */
  constructor(stream: Screen, options: { unicode?: boolean; movesCursor?: boolean } = {}) {
    const { unicode = true, movesCursor = true } = options;
    this.stream = stream;
    this.unicode = unicode;
    this.live = stream.isTTY === true && movesCursor;
    this.timer = setInterval(
      () => (this.live ? this.paint() : this.say(this.status())),
      this.live ? REPAINT_MS : HEARTBEAT_MS,
    );
    this.timer.unref();
  }

  /** Starts to show the progress of the next agent (tested server). */
  begin(agent: string, plan: readonly CaseInfo[]): void {
    this.agent = agent;
    this.plan = plan;
    this.ended.clear();
    this.inFlight.clear();
    this.announced.clear();
  }

  /** Updates the progress with an event of the engine. */
  update(event: PlayEvent): void {
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
        this.ended.add(event.id);
        return;
      case 'recorded':
      case 'facts':
      case 'log':
        return;
    }
  }

  /** Stops the progress and removes its lines from the terminal. */
  end(): void {
    clearInterval(this.timer);
    this.wipe();
  }

  /** Without a terminal: prints a line when the first case of a category starts. */
  private announce(id: string): void {
    const category = id.split('.')[0] ?? '';
    if (this.live || this.announced.has(category)) return;
    this.announced.add(category);
    this.say(`${this.agent}: category ${category} starts`);
  }

  /** Prints one line. On a terminal the line is above the progress. */
  say(line: string): void {
    this.wipe();
    const style = { colour: false, unicode: this.unicode, ...(this.stream.isTTY ? { columns: this.columns() } : {}) };
    this.stream.write(`${wrapForStream(terminalSafe(line), '', '  ', style).join('\n')}\n`);
  }

  /** Width of the terminal in columns. A terminal that reports 0 has an unknown width; 80 columns are assumed. */
  private columns(): number {
    return this.stream.columns || 80;
  }

  /** The status line: the agent (tested server), the number of ended cases, the time, and the cases that run now. */
  private status(): string {
    const seconds = Math.round((performance.now() - this.startedAt) / 1000);
    const running = this.inFlight.size > 0 ? `, running ${[...this.inFlight].slice(0, 3).join(', ')}` : '';
    return `${this.agent}: ${this.ended.size} of ${this.plan.length} cases after ${seconds} s${timeLeft(this.plan, this.ended, seconds)}${running}`;
  }

  /** Paints the progress again. If the terminal has too few rows, only the status line is painted. */
  private paint(): void {
    if (this.plan.length === 0) return;
    const width = this.columns() - 1;
    const rows = categoryLines(this.plan, this.ended, this.inFlight, width, this.unicode);
    const lines = [
      ...(rows.length + 2 > (this.stream.rows || 24) ? [] : rows),
      cut(inCharset(terminalSafe(this.status()), { unicode: this.unicode }), width),
    ];
    this.stream.write(
      `${BEGIN_UPDATE}${this.clearSequence()}${lines.map((line) => `${line}\n`).join('')}${END_UPDATE}`,
    );
    this.painted = lines;
  }

  /** Removes the progress lines from the terminal. */
  private wipe(): void {
    if (this.painted.length > 0) this.stream.write(this.clearSequence());
    this.painted = [];
  }

  /**
   * The escape sequence that moves the cursor to the first progress line and clears everything below. If the terminal became
   * narrower, it has wrapped the lines, so each line can take several rows.
   */
  private clearSequence(): string {
    const columns = this.columns();
    const rows = this.painted.reduce((sum, line) => sum + Math.max(1, Math.ceil(Array.from(line).length / columns)), 0);
    return rows > 0 ? `\x1b[${rows}F\x1b[J` : '\r\x1b[J';
  }
}

/**
 * One line for each category (all cases with the same first number), for example ` 6 UTF-8 handling  117/145
 * ▇▇▇▇▇▇▇▇··  6.22.3`: number, title, ended cases, bar, and cases that run now.
 * @param width maximum width of a line in columns.
 */
export function categoryLines(
  plan: readonly CaseInfo[],
  ended: ReadonlySet<string>,
  inFlight: ReadonlySet<string>,
  width: number,
  unicode: boolean,
): string[] {
  const [full, empty] = unicode ? ['▇', '·'] : ['#', '.'];
  const categories = new Map<string, CaseInfo[]>();
  for (const info of plan) categories.set(info.category, [...(categories.get(info.category) ?? []), info]);
  return [...categories.values()].map((infos) => {
    const done = infos.filter(({ id }) => ended.has(id)).length;
    const running = infos.filter(({ id }) => inFlight.has(id)).map(({ id }) => id);
    const title = `${(infos[0]?.category ?? '').padStart(2)} ${(infos[0]?.categoryTitle ?? '').slice(0, 24).padEnd(24)}`;
    const bar = Math.max(0, Math.min(40, width - 50));
    const filled = Math.floor((bar * done) / infos.length);
    const counts = `${done}/${infos.length}`.padStart(7);
    return cut(
      `${title} ${counts}  ${full.repeat(filled)}${empty.repeat(bar - filled)}  ${running.slice(0, 2).join(' ')}`.trimEnd(),
      width,
    );
  });
}

/**
 * The estimated time for the remaining cases, as text. A weight is the usual time of a case. The text is empty before 5
 * s and before 5 % of the weight has ended.
 */
function timeLeft(plan: readonly CaseInfo[], ended: ReadonlySet<string>, seconds: number): string {
  const total = plan.reduce((sum, { weightMs }) => sum + weightMs, 0);
  const done = plan.reduce((sum, { id, weightMs }) => sum + (ended.has(id) ? weightMs : 0), 0);
  if (seconds < 5 || done < total / 20 || done === total) return '';
  return `, about ${Math.max(1, Math.round((seconds * (total - done)) / done))} s left`;
}

/** The first `width` characters of a line. */
function cut(line: string, width: number): string {
  return Array.from(line).slice(0, width).join('');
}
