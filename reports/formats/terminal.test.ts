import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { CaseVerdict, Report } from '../document/report.ts';
import { sampleOutcome, sampleReport } from '../testing/sample.ts';
import { bigReport } from '../testing/sample-big.ts';
import { terminalSafe } from '../wording/terminal-text.ts';
import { endBlock } from './terminal.ts';

/** Matches lines that a CI system takes for a command: two forms of GitHub Actions, and the form of Azure Pipelines. */
const COMMAND = /^\s*::|##\w*\[/m;

test('no text from strangers is a command to a CI system', () => {
  const commands = [
    '::error::x',
    '\t ::add-mask::a',
    'x\n::stop-commands::x',
    '##[add-mask]x',
    '##vso[task.complete]',
    ':::x',
  ];
  const all = commands.flatMap((one) => [one, `\n${one}`, `a\r\n${one}`]);
  for (const text of all) expect(terminalSafe(text)).not.toMatch(COMMAND);
  expect(terminalSafe('ws://[::1]:80/ and a::b, # [x]')).toBe('ws://[::1]:80/ and a::b, # [x]');
  for (const text of all) {
    const agents = sampleReport.agents.map((agent) => ({
      ...agent,
      name: text,
      cases: agent.cases.map((one) => ({ ...one, sentence: text })),
    }));
    const problems = [{ what: text, where: text, why: text, todo: text, tail: [text] }];
    const report = {
      ...sampleReport,
      agents,
      problems,
      gate: { ...sampleReport.gate, sentence: `INCOMPLETE. ${text}` },
    };
    expect(endBlock(report, 'report', { colour: false, unicode: true })).not.toMatch(COMMAND);
    expect(endBlock(report, 'report', { colour: false, unicode: true, columns: 12 })).not.toMatch(COMMAND);
  }
});

describe('the final summary of a run', () => {
  test.each([40, 80])('has no line that is wider than a terminal of %i columns, except paths', (columns) => {
    for (const unicode of [true, false]) {
      const lines = endBlock(sampleReport, join(process.cwd(), 'report'), { colour: false, unicode, columns }).split(
        '\n',
      );
      for (const line of lines.filter((one) => !/^(?:report {2}file:| +\S+$| {2}where: | {2}\| )/.test(one)))
        expect(line.length, line).toBeLessThanOrEqual(columns);
    }
  });

  test.each([
    { colour: true, unicode: true },
    { colour: false, unicode: true },
    { colour: false, unicode: false },
  ])('has colours: $colour; has characters outside of ASCII: $unicode', (style) => {
    const here = process.cwd();
    const block = endBlock(sampleReport, join(here, 'report'), style);
    expect(block.replaceAll(pathToFileURL(here).href, 'file:///here')).toMatchSnapshot();
    if (!style.colour) expect(block).not.toContain('\x1b');
    if (!style.unicode) expect(block).toMatch(/^[\0-\x7f]*$/);
  });
});

describe('similar cases in the final summary', () => {
  const plain = { colour: false, unicode: true };
  const report = bigReport(1);
  const missing = report.cases.filter(({ id }) => id !== '7.1.6').map(({ id }) => id);
  const withCases = (
    become: (one: CaseVerdict, i: number) => CaseVerdict,
    problems: Report['problems'] = [],
  ): Report => ({
    ...report,
    problems,
    agents: report.agents.map((agent) => ({ ...agent, cases: agent.cases.map(become) })),
  });
  const failed = sampleOutcome({ behavior: 'FAILED' });
  const same = (one: CaseVerdict): CaseVerdict => ({ ...one, verdict: 'same', actual: one.expected });
  /** A report in which every second case fails. The sentence of each failed case quotes a different payload. */
  const swapped = withCases((one, i) =>
    i % 2 === 0 ? { ...one, verdict: 'regressed', actual: failed, sentence: `It sent “${i}” back.` } : same(one),
  );
  const body = (some: Report, style = plain) =>
    endBlock(some, join(process.cwd(), 'report'), style).split('\n').slice(3);

  test('516 cases without a result are one problem with their ids, above the case that regressed', () => {
    const problems = missing.map((id) => ({
      what: `Case ${id} has no result.`,
      where: 'here',
      why: 'The engine stopped before it.',
      case: id,
    }));
    const seed = withCases(
      (one) =>
        one.id === '7.1.6'
          ? { ...one, verdict: 'regressed', actual: failed, sentence: 'It never answered.' }
          : { ...one, verdict: 'missing', actual: null, sentence: 'No result.' },
      problems,
    );
    expect(body(seed).slice(0, 8)).toEqual([
      'Case 1.1.1 has no result. Also in 515 more cases.',
      '  cases: 1.1.1-7.1.5, 7.1.7-13.14.9',
      '  where: here',
      '  why:   The engine stopped before it.',
      '',
      '▼ 7.1.6 regressed: It never answered.',
      '    report/cases/agent-0/7.1.6.html',
      '',
    ]);
  });

  test('259 similar failures are one entry: mark, count, grades, sentence, twelve ranges in 80 columns, one page', () => {
    const lines = body(swapped);
    expect(lines.slice(0, 5)).toEqual([
      '▼ 259 cases regressed, OK → FAILED: It sent “…” back.',
      '    1.1.1, 1.1.3, 1.1.5, 1.1.7, 1.1.9, 1.2.2, 1.2.4, 1.2.6, 2.1.1, 2.1.3, 2.1.5,',
      '    2.1.7 and 247 more ranges',
      '    report/cases/agent-0/1.1.1.html',
      '',
    ]);
    expect(body(swapped, { colour: false, unicode: false })[0]).toBe(
      'v 259 cases regressed, OK -> FAILED: It sent "..." back.',
    );
    expect(body(swapped, { colour: true, unicode: true })[0]).toContain('▼ \x1b[1m259 cases\x1b[22m regressed');
  });

  test('the number of attempts is printed if all attempts of a group are the same', () => {
    const tried = (some: (i: number) => boolean) =>
      withCases((one, i) => {
        const tries = [1, 2].map(() => ({
          verdict: 'regressed' as const,
          outcome: failed,
          durationMs: 5,
          result: 'x.json',
        }));
        const it = { ...one, verdict: 'regressed' as const, actual: failed, sentence: 'No.' };
        return some(i) ? { ...it, tries } : it;
      });
    expect(body(tried(() => true))[0]).toBe('▼ 517 cases regressed, OK → FAILED (2 of 2 attempts): No.');
    expect(body(tried((i) => i > 0))[0]).toBe('▼ 517 cases regressed, OK → FAILED: No.');
  });

  test('at most twenty different entries are printed, and the number of the other cases', () => {
    const apart = withCases((one, i) =>
      i < 100
        ? { ...one, verdict: 'regressed', actual: failed, sentence: i < 90 ? `It broke ${i % 30} rules.` : 'No.' }
        : same(one),
    );
    const lines = body(apart);
    expect(lines.filter((line) => line.startsWith('▼'))).toHaveLength(20);
    expect(lines).toContain('  and 80 more in the report.');
    const problems = Array.from({ length: 9 }, (_, i) => ({
      what: `Case 1.${i} is unlike 1.${i + 1}.`,
      case: `1.${i}`,
    }));
    expect(body(withCases(same, problems))).toContain('and 4 more in the report.');
  });
});
