import type { Problem } from '../../reports/document/report.ts';
import { idRanges } from '../../reports/wording/id-ranges.ts';
import type { PlayEvent } from '../engines/engine.ts';
import { omitUndefined } from '../support/omit-undefined.ts';

/** Most lines of output that a report shows for one case. A server may print a line for each frame. */
const MAX_LINES_PER_CASE = 40;

/** Knows the cases in flight (started, but not ended), and collects what the tested program prints during each case. */
export class Flight {
  /** Case id → the first lines that the tested program printed during the case. A line may belong to several cases. */
  readonly output = new Map<string, string[]>();
  private readonly ids = new Set<string>();
  private readonly suiteIds: readonly string[];

  /** @param suiteIds all case ids of the suite, needed to write a list of ids as ranges such as `9.1.2-9.1.4`. */
  constructor(suiteIds: readonly string[]) {
    this.suiteIds = suiteIds;
  }

  /**
   * Adds a case that started, and removes a case that ended.
   * @param isDead whether the tested program has ended. Cases that end afterwards stay in flight, because such a case
   *   may have ended the program.
   */
  note(event: PlayEvent, isDead: boolean): void {
    if (event.kind === 'started') this.ids.add(event.id);
    else if (event.kind === 'ended' && !isDead) this.ids.delete(event.id);
  }

  /** Adds a line that the tested program printed to the output of every case in flight (started, but not ended). */
  noteLine(line: string): void {
    for (const id of this.ids) {
      const lines = this.output.get(id) ?? [];
      if (lines.length < MAX_LINES_PER_CASE) this.output.set(id, [...lines, line]);
    }
  }

  clear(): void {
    this.ids.clear();
  }

  /** The cases in flight as a part of a sentence: `in flight: case 7.1.1, 9.1.2-9.1.4`. */
  get text(): string {
    return this.ids.size === 0
      ? 'no case was in flight'
      : `in flight: case ${idRanges([...this.ids], this.suiteIds).join(', ')}`;
  }

  /** The case to name in a problem with the tested program: the first case in flight (started, but not ended). */
  get problemCase(): Pick<Problem, 'case'> {
    const [id] = this.ids;
    return omitUndefined({ case: id });
  }
}
