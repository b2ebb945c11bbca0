import { describe, expect, it } from 'vitest';
import type { Report } from '../document/report.ts';
import { sampleOutcome, sampleReport } from '../testing/sample.ts';
import { bigReport } from '../testing/sample-big.ts';
import { capped, escapeMarkdown, markdown, SUMMARY_LIMIT_BYTES } from './markdown.ts';

const render = (report: Report = sampleReport) => [...markdown(report)][0]?.content ?? '';

describe('summary.md', () => {
  it('says the decision in its first line, once', () => {
    expect(render().split('\n')[0]).toBe(
      '## ○ INCOMPLETE: 15 of 22 cases have results; the second server died during 7.5.1',
    );
    const gate = { ...sampleReport.gate, sentence: 'Nothing was played.' };
    expect(render({ ...sampleReport, gate }).split('\n')[0]).toBe('## ○ INCOMPLETE: Nothing was played.');
  });

  it('names the CI job of the run, and links to the job only if its address is http or https', () => {
    const job = (url: string | undefined) => {
      const ci = { name: 'CI', branch: 'a](x)|<b>', ...(url === undefined ? {} : { url }) };
      const [, , facts = ''] = render({ ...sampleReport, run: { ...sampleReport.run, ci } }).split('\n');
      return facts.slice(facts.indexOf(' · ', facts.indexOf('commit')));
    };
    const words = 'CI, branch a\\](x)\\|&lt;b>';
    expect(render().split('\n')[2]).toContain(
      ' · [GitHub Actions, job conformance, branch fix/close\\|&lt;b>](https://git.example/somebody/server/actions/runs/4711)',
    );
    expect(job('https://x.example/a)b|[c]')).toBe(` · [${words}](https://x.example/a%29b%7c%5bc%5d)`);
    for (const none of [undefined, '', 'javascript:alert(1)', 'data:text/html,x', 'https://', 'https://x y'])
      expect(job(none), none).toBe(` · ${words}`);
  });

  it('shows hundreds of similar cases in one row', () => {
    const problems = Array.from({ length: 516 }, (_, i) => ({
      what: `Case 9.1.${i} has no result.`,
      case: `9.1.${i}`,
    }));
    const cases = problems.map(({ case: id }) => ({ ...bigReport(1).cases[0], id })) as Report['cases'];
    const text = render({ ...sampleReport, cases, problems });
    expect(text).toContain('| Case 9.1.0 has no result. The same of 515 more cases.<br>9.1.0-9.1.515 |');
    expect(text).not.toContain('9.1.1 has');
  });

  it('has the same number of cells in every row of a table, for any names', () => {
    const tables = render()
      .split('\n\n')
      .filter((block) => block.startsWith('|'));
    expect(tables).toHaveLength(3);
    for (const table of tables) {
      const widths = table
        .trim()
        .split('\n')
        .map((line) => line.match(/(?<!\\)\|/g)?.length);
      expect(new Set(widths).size).toBe(1);
    }
  });

  it('lists the cases that need attention, worst first', () => {
    const verdicts = [...render().matchAll(/^\| [▼○±+↻▲] (\w+) /gm)].map(([, verdict]) => verdict);
    expect(verdicts).toHaveLength(11);
    expect(verdicts[0]).toBe('regressed');
    expect(verdicts.at(-1)).toBe('improved');
  });

  it('shows similar cases in one row, with all ids and the common facts', () => {
    expect(render()).toContain('| ○ missing | 5 cases<br>6.4.2, 7.5.1-7.13.1, 12.1.1-12.1.2 | ');
    const report = bigReport(1);
    const agents = report.agents.map((agent) => ({
      ...agent,
      cases: agent.cases.map((one, i) => ({
        ...one,
        verdict: i % 2 === 0 ? ('regressed' as const) : ('same' as const),
        expected: sampleOutcome({ remoteCloseCode: i % 4 === 0 ? 1000 : 1002 }),
        actual: sampleOutcome({ behavior: 'FAILED' }),
        sentence: `It sent “${i}” back.`,
      })),
    }));
    const rows = render({ ...report, agents }).match(/^\| ▼ regressed .*$/gm) ?? [];
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatch(
      /^\| ▼ regressed \| 259 cases<br>(?:[\d.]+, ){11}[\d.]+<details><summary>247 more ranges<\/summary>/,
    );
    expect(rows[0]).toContain('</details> | agent-0 | … | FAILED, close OK, code 1000 (normal closure) | ');
    expect(rows[0]).toContain('It sent “…” back.');
    const named = rows[0]?.match(/\b\d+\.\d+\.\d+\b/g) ?? [];
    expect(named).toEqual(report.cases.filter((_, i) => i % 2 === 0).map(({ id }) => id));
  });

  it('leaves out empty sections', () => {
    const calm = { ...sampleReport, problems: [], agents: [] };
    expect(render(calm)).not.toMatch(/Needs attention|kept us/);
  });

  it.each([0, 1, 517])('stays within the limit of GitHub if %i cases of each of three agents failed', (failed) => {
    const report = bigReport(3);
    const agents = report.agents.map((agent) => ({
      ...agent,
      cases: agent.cases.map((one, i) => ({
        ...one,
        verdict: i < failed ? ('regressed' as const) : ('same' as const),
        sentence: `${one.sentence} ${one.id}`,
      })),
    }));
    const text = render({ ...report, agents });
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024);
    expect(text.match(/^\| ▼ regressed /gm) ?? []).toHaveLength(3 * failed);
    expect(text).not.toContain('left out');
  });

  it('stays within the limit for 517 cases of 12 agents, and is cut at the end of a row', () => {
    const [info] = sampleReport.cases;
    const [agent] = sampleReport.agents;
    const one = agent?.cases.find(({ verdict }) => verdict === 'regressed');
    if (info === undefined || agent === undefined || one === undefined) throw new Error('the sample is empty');
    const many = {
      ...sampleReport,
      cases: Array.from({ length: 517 }, (_, i) => ({ ...info, id: `1.1.${i}` })),
      agents: Array.from({ length: 12 }, (_, i) => ({
        ...agent,
        name: 'x'.repeat(200),
        slug: `a${i}`,
        cases: Array.from({ length: 517 }, (_, n) => ({ ...one, id: `1.1.${n}`, sentence: `It is worse by ${n}.` })),
      })),
    };
    const text = render(many);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(SUMMARY_LIMIT_BYTES);
    expect(text).toMatch(/\|\n\n[\d]+ more lines are left out here; report\.json holds them all\.\n$/);
  });
});

it('escapes everything that could be markup, HTML, a mention or a cell border', () => {
  expect(escapeMarkdown('a|b`c<d>&*_[x](y)#@me')).toBe('a\\|b\\`c&lt;d>&amp;\\*\\_\\[x\\](y)\\#&#64;me');
  expect(escapeMarkdown('\\|\n')).toBe('\\\\\\|\\\\n');
});

it('cuts between lines and counts bytes, not characters', () => {
  const lines = Array.from({ length: 100 }, () => 'é'.repeat(10));
  expect(capped(lines, 10_000)).toBe(`${lines.join('\n')}\n`);
  const cut = capped(lines, 500);
  expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(500);
  expect(cut).toMatch(/é\n\n81 more lines/);
});
