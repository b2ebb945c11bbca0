import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { caseHistories } from '../../reports/document/history.ts';
import { sampleReport } from '../../reports/testing/sample.ts';
import { catalogue } from '../suites/autobahn/catalogue.ts';
import { appendHistory, historyLineOf, readHistory } from './history.ts';

const home = mkdtempSync(join(tmpdir(), 'history-'));
afterAll(() => rmSync(home, { recursive: true }));
const line = historyLineOf(sampleReport, sampleReport.cases, 'here');

describe('a line of the history', () => {
  it('has one letter for the grade and one for the verdict of each case', () => {
    expect(line.agents[0]).toMatchObject({ grades: '+?X~+i+iX?-', verdicts: '=?v=^v*=Fsn' });
    expect(line.agents[0]?.times).toEqual([12, null, 12]);
    expect(line).toMatchObject({
      decision: 'undecided',
      commit: '3262169',
      dirty: true,
      machine: 'here, linux x64, Node 20.20.0',
    });
  });

  it('is undecided if --bail ended the run', () => {
    const run = { ...sampleReport.run, bail: { limit: 1 } };
    const gate = { ...sampleReport.gate, decision: 'failed' as const };
    expect(historyLineOf({ ...sampleReport, run, gate }, sampleReport.cases, 'here').decision).toBe('undecided');
  });

  it('has dots for cases outside of the plan, and less than 3 kB for the whole suite', () => {
    const whole = historyLineOf({ ...sampleReport, agents: sampleReport.agents.slice(0, 1) }, catalogue);
    expect(whole.agents[0]?.grades).toHaveLength(517);
    expect(whole.agents[0]?.grades).toMatch(/^\+\?\.\./);
    expect(JSON.stringify(whole).length).toBeLessThan(3000);
  });
});

describe('the history file', () => {
  it('is created, grows by one line per run, and is read oldest first', () => {
    const file = join(home, 'new/history.ndjson');
    expect(readHistory(file)).toEqual({ lines: [], unreadable: 0 });
    appendHistory(file, { ...line, started: '2026-02-01T00:00:00.000Z' });
    appendHistory(file, { ...line, started: '2026-01-01T00:00:00.000Z' });
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(2);
    expect(readHistory(file).lines.map(({ started }) => started.slice(0, 7))).toEqual(['2026-01', '2026-02']);
  });

  it('may contain incomplete lines and lines of another version, which are counted', () => {
    const file = join(home, 'torn.ndjson');
    appendHistory(file, line);
    appendFileSync(file, '{"v":1,"id":"torn\n{"v":2}\n');
    appendHistory(file, line);
    expect(readHistory(file)).toMatchObject({ lines: [{}, {}], unreadable: 2 });
  });

  it('is an error if the path is a folder', () => {
    mkdirSync(join(home, 'folder'));
    expect(() => readHistory(join(home, 'folder'))).toThrow(/cannot be read/);
    expect(() => appendHistory(join(home, 'folder'), line)).toThrow(/could not be added/);
  });
});

describe('the history of a case', () => {
  const runs = (verdicts: string, grades = verdicts.replace(/[^?.]/g, '+')) =>
    caseHistories(
      [...verdicts].map((verdict, at) => ({
        ...line,
        decision: grades[at] === '?' ? ('undecided' as const) : ('failed' as const),
        agents: [{ name: 'a', grades: grades[at] ?? '', verdicts: verdict, times: [] }],
      })),
      'a',
      sampleReport.cases.slice(0, 1),
    )[0];

  it.each([
    ['====', 0, null],
    ['==vv', 1, 2],
    ['=v=v', 3, 3],
    ['=v==', 2, null],
    ['vvvv', 0, null],
    ['=..v', 1, 3],
    ['=?=v', 1, 3],
    ['=v?v', 1, 1],
  ])('with the verdicts %s has %i flips and is bad since run %s', (verdicts, flips, firstBad) => {
    expect(runs(verdicts)).toMatchObject({ flips, firstBad });
  });

  it('has a gap for a run that was cut short', () => {
    expect(runs('=?=')?.states.map(({ gap }) => gap)).toEqual([false, true, false]);
  });
});
