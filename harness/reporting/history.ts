import { appendFileSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import {
  type HistoryLine,
  historyLineSchema,
  isTimed,
  lettersOf,
  NOT_PLANNED,
} from '../../reports/document/history.ts';
import type { CaseInfo, Report } from '../../reports/document/report.ts';
import { suiteNames, suiteOfCase } from '../../reports/document/suite-facts.ts';
import { HarnessError } from '../support/harness-error.ts';

/** What is kept of a run. `suite` is every case of the suite, in order: the letters stand in it. */
export function historyLineOf(report: Report, suite: readonly CaseInfo[], machine = hostname()): HistoryLine {
  return {
    v: 1,
    id: report.run.id,
    started: report.run.started,
    commit: report.run.commit,
    dirty: report.run.dirty,
    suite: suiteNames(report.suites),
    engine: report.engine.name,
    machine: `${machine}, ${report.run.host.platform}, Node ${report.run.host.node}`,
    // What --bail left out says nothing, no more than what an interruption did.
    decision: report.run.bail === undefined ? report.gate.decision : 'undecided',
    agents: report.agents.map(({ name, cases }) => {
      const verdicts = new Map(cases.map((one) => [one.id, one]));
      const letters = suite.map((info) => {
        const one = verdicts.get(info.id);
        if (one === undefined) return { grade: NOT_PLANNED, verdict: NOT_PLANNED };
        return lettersOf(one, suiteOfCase(report.suites, info));
      });
      return {
        name,
        grades: letters.map(({ grade }) => grade).join(''),
        verdicts: letters.map(({ verdict }) => verdict).join(''),
        times: suite.filter(isTimed).map(({ id }) => verdicts.get(id)?.durationMs ?? null),
      };
    }),
  };
}

/**
 * Adds one line to a history file, in one write, so that runs at the same time do not tear each other's lines.
 * @throws HarnessError (3) when it cannot be written.
 */
export function appendHistory(file: string, line: HistoryLine): void {
  try {
    mkdirSync(dirname(resolve(file)), { recursive: true });
    appendFileSync(file, `${JSON.stringify(line)}\n`);
  } catch (error) {
    throw new HarnessError(
      3,
      {
        what: 'The run could not be added to the history.',
        where: resolve(file),
        why: error instanceof Error ? error.message : String(error),
        todo: 'Check that the file may be written, or name another with --history.',
      },
      { cause: error },
    );
  }
}

/**
 * Every line of a history file, oldest first; none when there is no file yet. A line that cannot be read (the disk was
 * full, a newer version wrote it) is left out and counted, for the others still tell their story.
 * @throws HarnessError (2) when there is something of that name that cannot be read.
 */
export function readHistory(file: string): { lines: HistoryLine[]; unreadable: number } {
  const lines: HistoryLine[] = [];
  let unreadable = 0;
  for (const line of textOf(file)
    .split('\n')
    .filter((one) => one.trim() !== '')) {
    const parsed = historyLineSchema.safeParse(asJson(line));
    if (parsed.success) lines.push(parsed.data);
    else unreadable++;
  }
  return { lines: lines.sort((a, b) => a.started.localeCompare(b.started)), unreadable };
}

/** Whether a history could be read now, but for a pipe, which would then have nothing more to say. @throws as `readHistory`. */
export function tryHistory(file: string): void {
  let isPipe = false;
  try {
    isPipe = statSync(file).isFIFO();
  } catch {}
  if (!isPipe) textOf(file);
}

/** All of a history file; nothing where there is none yet. @throws HarnessError (2). */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw new HarnessError(2, {
      what: 'The history cannot be read.',
      where: resolve(file),
      why: error instanceof Error ? error.message : String(error),
      todo: 'Name a file with --history; it is made when it is not there.',
    });
  }
}

function asJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
