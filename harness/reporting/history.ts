import { appendFileSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { type HistoryLine, historyLineSchema, lettersOf, NOT_PLANNED } from '../../reports/document/history.ts';
import type { CaseInfo, Report } from '../../reports/document/report.ts';
import { suiteNames, suiteOfCase } from '../../reports/document/suite-facts.ts';
import { errorMessage } from '../support/error-message.ts';
import { HarnessError } from '../support/harness-error.ts';

/**
 * Makes the line of one run for the history file, which has a line for each earlier run. Each case has two letters: for
 * its grade (Autobahn's judgement) and for its verdict (the comparison with its expectation).
 * @param suite every case of the suite. The letters are in this order.
 * @param machine name of the computer.
 */
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
    // A run that --bail ended is incomplete, like an interrupted run: some cases have no verdict.
    decision: report.run.bail === undefined ? report.gate.decision : 'undecided',
    agents: report.agents.map(({ name, cases }) => {
      const verdicts = new Map(cases.map((result) => [result.id, result]));
      const letters = suite.map((info) => {
        const result = verdicts.get(info.id);
        if (result === undefined) return { grade: NOT_PLANNED, verdict: NOT_PLANNED };
        return lettersOf(result, suiteOfCase(report.suites, info));
      });
      return {
        name,
        grades: letters.map(({ grade }) => grade).join(''),
        verdicts: letters.map(({ verdict }) => verdict).join(''),
        times: suite.filter(({ timed }) => timed).map(({ id }) => verdicts.get(id)?.durationMs ?? null),
      };
    }),
  };
}

/**
 * Appends one line to a history file with a single write. Lines of runs that end at the same time must not mix.
 * @throws HarnessError with exit code 3 if the file cannot be written.
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
        why: errorMessage(error),
        todo: 'Check the permissions of the file, or name another file with --history.',
      },
      { cause: error },
    );
  }
}

/**
 * Reads all lines of a history file, oldest first. Without a file there are no lines. A line that cannot be parsed, for
 * example because the disk was full or a newer version wrote the line, is left out and counted in `unreadable`.
 * @throws HarnessError with exit code 2 if the path exists and cannot be read.
 */
export function readHistory(file: string): { lines: HistoryLine[]; unreadable: number } {
  const lines: HistoryLine[] = [];
  let unreadable = 0;
  for (const line of readText(file)
    .split('\n')
    .filter((text) => text.trim() !== '')) {
    const parsed = historyLineSchema.safeParse(parseJson(line));
    if (parsed.success) lines.push(parsed.data);
    else unreadable++;
  }
  return { lines: lines.sort((a, b) => a.started.localeCompare(b.started)), unreadable };
}

/**
 * Checks before a run that the history file can be read. A named pipe is not read, because a pipe can be read only
 * once, and the history is read after the run.
 * @throws HarnessError with exit code 2 if the path exists and cannot be read.
 */
export function requireReadableHistory(file: string): void {
  let isPipe = false;
  try {
    isPipe = statSync(file).isFIFO();
  } catch {}
  if (!isPipe) readText(file);
}

/**
 * The text of a history file. The text is empty if the file does not exist.
 * @throws HarnessError with exit code 2 if the path exists and cannot be read.
 */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw new HarnessError(2, {
      what: 'The history cannot be read.',
      where: resolve(file),
      why: errorMessage(error),
      todo: 'Name a file with --history. A missing file is created.',
    });
  }
}

/** A parsed line; undefined if the line is not JSON. */
function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
