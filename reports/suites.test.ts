import { describe, expect, it } from 'vitest';
import { lettersOf } from './document/history.ts';
import { reportSchema } from './document/report.ts';
import { keyFields, outcomeSchemaOf, type SuiteFacts, suiteNames } from './document/suite-facts.ts';
import { badge } from './formats/badge.ts';
import { workflowCommands } from './formats/github.ts';
import { json } from './formats/json.ts';
import { junit } from './formats/junit.ts';
import { markdown } from './formats/markdown.ts';
import { comparisonMarkdown } from './formats/markdown-comparison.ts';
import { comparePage } from './pages/compare-page.ts';
import { historyPage } from './pages/history-page.ts';
import { html } from './pages/html.ts';
import { sampleDetailOf, sampleOutcome, sampleReport } from './testing/sample.ts';
import { sampleSuite, toySuite } from './testing/sample-suites.ts';
import { mixedReport, TOY_SENTENCE, toyComparison, toyReport } from './testing/sample-toy.ts';
import { describeDifferences } from './wording/differences.ts';

const text = (content: string) =>
  content
    .replace(/<(style|script)>[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
const only = (files: Iterable<{ content: string }>) => [...files][0]?.content ?? '';

describe('a report of a suite with other fields and grades', () => {
  const pages = new Map([...html(toyReport, () => undefined)].map(({ path, content }) => [path, content]));
  const index = pages.get('index.html') ?? '';

  it('shows its grades with glyph and word on the index, and no close', () => {
    expect(text(index)).toMatch(/☺ 4 kept ☹ 2 broken ○ 2 MISSING/);
    expect(index).toContain('<a data-glyph="☺" href="cases/first-client/frames-1.html">');
    expect(index).toContain('<a class="failed" data-glyph="☹" href="cases/first-client/frames-2.html">');
    expect(text(index)).toContain(
      'frames-1 Toy case frames-1 frames-1 first client: kept frames-1 second client: kept',
    );
    expect(text(index)).toContain('s:broken · s:!kept by grade is:regressed');
    expect(text(index)).toContain('upgrade-a · @upgrades cases by id and group');
    expect(text(index)).not.toMatch(/close:|no code|undefined|\[object/);
    expect(text(index)).toContain('Toy probes 1.0, 4 cases');
  });

  it('shows fields with their labels on the page of a case', () => {
    const page = text(pages.get('cases/first-client/frames-2.html') ?? '');
    expect(page).toContain('graded ☹ broken expected ☺ kept');
    expect(page).toContain('Toy grade verdictOfToy kept broken ▼ worse');
    expect(page).toMatch(/Toy remark remark none it “hung” up ▼ worse/);
    expect(page).toContain('A WebSocket client was tested with case frames-2 of the Toy probes');
    expect(page).toMatch(/1 ▼ regressed ☹ broken none JSON/);
    expect(page).not.toMatch(/undefined|\[object|What in the server/);
  });

  it('compares two agents', () => {
    const page = text(only(comparePage([toyComparison], { a: () => undefined, b: () => undefined })));
    expect(page).toContain('frames-2 Toy case frames-2 A ☺ kept B ☹ broken');
    expect(page).toContain('Toy grade kept broken ▼ worse');
    expect(comparisonMarkdown([toyComparison])).toContain('| ▼ worse in B | frames-2 | kept | broken |');
  });

  it('has a history with its letters and faces', () => {
    const [agent] = toyReport.agents;
    const letters = agent?.cases.map((one) => lettersOf(one, toySuite)) ?? [];
    expect(letters.map(({ grade }) => grade).join('')).toBe('kbk?');
    const line = (day: number, grades: string) => ({
      v: 1 as const,
      id: `run ${day}`,
      started: `2026-05-0${day}T00:00:00.000Z`,
      commit: null,
      dirty: null,
      suite: suiteNames(toyReport.suites),
      engine: 'native',
      machine: 'here',
      decision: 'passed' as const,
      agents: [{ name: 'first client', grades, verdicts: '====', times: [] }],
    });
    const lines = [line(1, 'kkkk'), line(2, 'kbk?')];
    const page = text(only(historyPage({ lines, unreadable: 0, cases: toyReport.cases, suites: toyReport.suites })));
    expect(page).toContain('2 runs with Toy probes 1.0.');
    expect(page).toContain('☺ kept ☹ broken ○ MISSING');
    expect(page).toMatch(/frames-2 Toy case frames-2 1 – ☺ kept ☹ broken/);
  });

  it('is written as JUnit, markdown, workflow commands, badge and JSON', () => {
    const xml = only(junit(toyReport));
    expect(xml).toContain('<property name="verdictOfToy" value="broken"/>');
    expect(xml).toContain('<property name="suite" value="Toy probes 1.0"/>');
    expect(xml).not.toContain('behavior');
    const summary = only(markdown(toyReport));
    expect(summary).toContain('| ▼ regressed | frames-2 | first client | kept | broken |');
    expect(summary).toContain('Toy probes 1.0 · ');
    expect(workflowCommands(toyReport)).toContain(TOY_SENTENCE);
    expect(only(badge(toyReport))).toContain('4/8');
    const document = reportSchema.parse(JSON.parse(only(json(toyReport))));
    expect(document.suites).toEqual([toySuite]);
    expect(document.agents).toEqual(toyReport.agents);
  });
});

describe('a report of two suites', () => {
  const pages = new Map([...html(mixedReport, sampleDetailOf)].map(({ path, content }) => [path, content]));

  it('counts the grades of both', () => {
    const index = pages.get('index.html') ?? '';
    expect(text(index)).toMatch(/✓ \d+ OK .*✗ \d+ FAILED ☺ 4 kept ☹ 2 broken ○ \d+ MISSING/);
    expect(text(index)).toContain('Autobahn|Testsuite 25.10.1, 517 cases; Toy probes 1.0, 4 cases');
  });

  it('shows each case with the fields of its suite', () => {
    const [agent] = mixedReport.agents;
    expect(text(pages.get(`cases/${agent?.slug}/7.1.6.html`) ?? '')).toContain('Close grade behaviorClose');
    const toy = text(pages.get(`cases/${agent?.slug}/frames-2.html`) ?? '');
    expect(toy).toContain('Toy grade verdictOfToy');
    expect(toy).not.toContain('behaviorClose');
  });

  it('separates the suites in JUnit, and keeps the class names of the first suite', () => {
    const names = (xml: string) => [...xml.matchAll(/classname="([^"]*)"/g)].map(([, name]) => name);
    const [alone, mixed] = [names(only(junit(sampleReport))), names(only(junit(mixedReport)))];
    expect(mixed).toEqual(expect.arrayContaining(alone));
    expect(mixed).toContain('ws-conformance.img-1a2b3c4d.toy.frames_Toy_frames');
  });
});

describe('the facts of a suite', () => {
  it('name the fields that summaries show', () => {
    const names = (suite: SuiteFacts) => Object.values(keyFields(suite)).map((field) => field?.name);
    expect(names(sampleSuite)).toEqual(['behavior', 'behaviorClose', 'remoteCloseCode']);
    expect(names(toySuite)).toEqual(['verdictOfToy', undefined, undefined]);
  });

  it('are the schema of its outcomes', () => {
    const good = sampleOutcome();
    expect(outcomeSchemaOf(sampleSuite).parse(good)).toEqual(good);
    for (const wrong of [{ behavior: 'GREAT' }, { remoteCloseCode: '1000' }, { wasClean: 1 }, { received: [{}] }])
      expect(outcomeSchemaOf(sampleSuite).safeParse({ ...good, ...wrong }).success).toBe(false);
    const { wasClean: _, ...without } = good;
    expect(outcomeSchemaOf(sampleSuite).safeParse(without).success).toBe(false);
  });

  it('refuse a report with a grade that the suite does not have', () => {
    const [agent] = toyReport.agents;
    const [first, ...others] = agent?.cases ?? [];
    const wrong = { ...first, actual: { verdictOfToy: 'great', remark: null } };
    const { error } = reportSchema.safeParse({ ...toyReport, agents: [{ ...agent, cases: [wrong, ...others] }] });
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['agents.0.cases.0.actual.verdictOfToy']);
  });
});

describe('describeDifferences', () => {
  const [kept, broken] = [
    { verdictOfToy: 'kept', remark: 'a\nb' },
    { verdictOfToy: 'broken', remark: null },
  ];
  const at = (toward: 'worse' | 'better') => [{ at: 'verdictOfToy', expected: null, actual: null, toward }];
  it.each([
    [null, kept, [], 'There is no result for this case, so nothing is known about it.'],
    [broken, null, [], 'Nothing is expected of this case yet: Toy grade broken.'],
    [kept, kept, [], 'The outcome is the expected one.'],
    [broken, broken, [], 'The outcome is the expected one: Toy grade broken.'],
    [broken, kept, at('worse'), 'Toy grade is broken, expected kept.'],
    [kept, broken, at('better'), 'Better than expected: Toy grade is kept instead of broken.'],
    [
      kept,
      broken,
      [{ at: 'remark', expected: null, actual: null, toward: 'sideways' as const }],
      'Toy remark is a\\nb, expected none.',
    ],
    [
      kept,
      broken,
      [{ at: 'unheard', expected: 1, actual: 2, toward: 'worse' as const }],
      'unheard is nothing, expected nothing.',
    ],
  ])('says of %j, expected %j: %s', (actual, expected, differences, sentence) => {
    expect(describeDifferences(toySuite.fields, actual, expected, differences)).toBe(sentence);
  });
});
