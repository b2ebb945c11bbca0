import type { Problem } from '../../reports/document/report.ts';
import { idRanges } from '../../reports/wording/id-ranges.ts';
import type { PlayEvent } from '../engines/engine.ts';

/** A server that prints a line per frame would otherwise fill the report. */
const MAX_LINES_PER_CASE = 40;

/** The cases that are in flight, that is started and not yet ended, and what the subject printed meanwhile. */
export class Flight {
  /** Case id → the first lines that the subject printed while the case was in flight, possibly next to other cases. */
  readonly output = new Map<string, string[]>();
  private readonly ids = new Set<string>();
  private readonly plan: readonly string[];

  /** @param plan all case ids of the suite, for short lists of ids. */
  constructor(plan: readonly string[]) {
    this.plan = plan;
  }

  /** @param isDead the subject has ended: a case that ends now was in flight when it did, and stays in the list. */
  note(event: PlayEvent, isDead: boolean): void {
    if (event.kind === 'started') this.ids.add(event.id);
    else if (event.kind === 'ended' && !isDead) this.ids.delete(event.id);
  }

  /** Assigns a line of the subject's output to every case in flight. */
  noteLine(line: string): void {
    for (const id of this.ids) {
      const lines = this.output.get(id) ?? [];
      if (lines.length < MAX_LINES_PER_CASE) this.output.set(id, [...lines, line]);
    }
  }

  clear(): void {
    this.ids.clear();
  }

  /** For a sentence: `in flight: case 7.1.1, 9.1.2-9.1.4`. */
  get text(): string {
    return this.ids.size === 0
      ? 'no case was in flight'
      : `in flight: case ${idRanges([...this.ids], this.plan).join(', ')}`;
  }

  /** The case that a Problem about the subject names: the first one in flight. */
  get problemCase(): Pick<Problem, 'case'> {
    const [id] = this.ids;
    return id === undefined ? {} : { case: id };
  }
}
