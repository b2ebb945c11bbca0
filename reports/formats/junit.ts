import type { ReportFile } from '../document/files.ts';
import type { AgentReport, CaseInfo, CaseVerdict, Problem, Report } from '../document/report.ts';
import { type Outcome, type SuiteFacts, suiteOfCase } from '../document/suite-facts.ts';
import { escapeInvisible, escapeInvisibleLine } from '../wording/escape-invisible.ts';
import { isLeftOut, isUnexpected, verdictOf } from '../wording/vocabulary.ts';

/**
 * Makes `junit.xml` with only those elements that all common readers support. The file has one JUnit test suite for
 * each agent and category. Each case has at most one child element. `failure` means that the outcome is not as
 * expected. `error` means that no verdict was possible. CI systems recognise a case in another run by its class name
 * and its name, so neither contains anything that changes from run to run.
 */
export function* junit(report: Report): Generator<ReportFile> {
  const suites = [...problemSuite(report), ...report.agents.flatMap((agent) => agentSuites(report, agent))];
  const totals = total(suites.flatMap(({ cases }) => cases));
  const content = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: report.tool.name, ...totals, timestamp: report.run.started })}>`,
    ...suites.flatMap((suite) => suiteLines(report, suite)),
    '</testsuites>',
    '',
  ].join('\n');
  yield { path: 'junit.xml', content };
}

interface Suite {
  name: string;
  properties: Record<string, string>;
  cases: TestCase[];
}

interface TestCase {
  classname: string;
  name: string;
  seconds: number;
  file?: string | undefined;
  line?: number | undefined;
  outcome: { kind: 'passed' } | { kind: 'failure' | 'error' | 'skipped'; type: string; message: string; body: string };
  properties: Record<string, string>;
}

function agentSuites(report: Report, agent: AgentReport): Suite[] {
  const groups = new Map<string, CaseInfo[]>();
  for (const info of report.cases) {
    const key = `${suiteOfCase(report.suites, info).id} ${info.category}`;
    groups.set(key, [...(groups.get(key) ?? []), info]);
  }
  return [...groups.values()].flatMap((cases) => {
    const [first] = cases;
    if (first === undefined) return [];
    const suite = suiteOfCase(report.suites, first);
    return [
      {
        name: `${agent.name} / ${first.category} ${first.categoryTitle}`,
        properties: {
          agent: agent.name,
          engine: report.engine.summary,
          suite: `${suite.title} ${suite.version}`,
          commit: report.run.commit ?? '',
        },
        cases: cases.map((info) => testCase(report, agent, suite, info)),
      },
    ];
  });
}

function testCase(report: Report, agent: AgentReport, suite: SuiteFacts, info: CaseInfo): TestCase {
  const caseVerdict = verdictOf(agent, info.id);
  // A class name of the first suite does not contain the suite's name. CI systems can then find the history of old
  // reports.
  const part = suite.id === report.suites[0]?.id ? '' : `${identifier(suite.id)}.`;
  return {
    classname: `ws-conformance.${agent.slug.replaceAll('.', '_')}.${part}${info.category}_${identifier(info.categoryTitle)}`,
    name: `${info.id} ${info.title}`,
    seconds: (caseVerdict.durationMs ?? 0) / 1000,
    file: agent.expectedFile,
    line: caseVerdict.line,
    outcome: isLeftOut(report, caseVerdict)
      ? { kind: 'skipped', type: 'skipped', message: caseVerdict.sentence, body: '' }
      : outcome(caseVerdict),
    properties: caseVerdict.actual === null ? {} : propertiesOf(suite, caseVerdict.actual, caseVerdict.why),
  };
}

function identifier(text: string): string {
  return text.replace(/[^A-Za-z0-9]+/g, '_');
}

/** The grades of an outcome and the reason for a known deviation, as properties of a JUnit test case. */
function propertiesOf(suite: SuiteFacts, actual: Outcome, why: string | undefined): Record<string, string> {
  const grades = suite.fields.filter(({ kind }) => kind === 'grade').map(({ name }) => [name, String(actual[name])]);
  return { ...Object.fromEntries(grades), ...(why === undefined ? {} : { why }) };
}

function outcome(caseVerdict: CaseVerdict): TestCase['outcome'] {
  switch (caseVerdict.verdict) {
    case 'flaky':
      if (!isUnexpected(caseVerdict)) return { kind: 'passed' };
      return { kind: 'failure', type: 'flaky', message: caseVerdict.sentence, body: triesText(caseVerdict) };
    case 'same':
      return { kind: 'passed' };
    case 'regressed':
    case 'changed':
    case 'new':
    case 'improved':
      return {
        kind: 'failure',
        type: caseVerdict.verdict,
        message: caseVerdict.sentence,
        body: differences(caseVerdict),
      };
    case 'missing':
      return { kind: 'error', type: 'missing', message: caseVerdict.sentence, body: '' };
    case 'skipped':
      return { kind: 'skipped', type: 'skipped', message: caseVerdict.why ?? caseVerdict.sentence, body: '' };
  }
}

/** Describes a flaky case with one line for each attempt. */
function triesText({ tries = [] }: CaseVerdict): string {
  return tries
    .map(({ verdict, outcome }, at) => `attempt ${at + 1}: ${verdict}: ${JSON.stringify(outcome)}`)
    .join('\n');
}

function differences({ differences }: CaseVerdict): string {
  return differences
    .map(
      ({ at, expected, actual, toward }) =>
        `${at}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)} (${toward})`,
    )
    .join('\n');
}

/**
 * The problems of the run as JUnit errors. Without these errors, a reader of `junit.xml` alone could take the run for a
 * pass.
 */
function problemSuite({ problems }: Report): Suite[] {
  if (problems.length === 0) return [];
  const cases = problems.map((problem, index): TestCase => {
    const { what } = problem;
    return {
      classname: 'ws-conformance.run',
      name: `problem ${index + 1}`,
      seconds: 0,
      outcome: { kind: 'error', type: 'undecided', message: what, body: problemText(problem) },
      properties: {},
    };
  });
  return [{ name: 'run', properties: {}, cases }];
}

function problemText({ where, why, todo, agent, case: id, tail }: Problem): string {
  const parts: [string, string | undefined][] = [
    ['agent', agent],
    ['case', id],
    ['where', where],
    ['why', why],
    ['what to do', todo],
    ['last lines', tail?.join('\n')],
  ];
  return parts.flatMap(([name, text]) => (text === undefined ? [] : [`${name}: ${text}`])).join('\n');
}

function suiteLines({ run }: Report, { name, properties, cases }: Suite): string[] {
  return [
    `<testsuite${attributes({ name, ...total(cases), timestamp: run.started })}>`,
    ...propertyLines(properties),
    ...cases.flatMap(caseLines),
    '</testsuite>',
  ];
}

function caseLines({ classname, name, seconds, file, line, outcome, properties }: TestCase): string[] {
  const open = `<testcase${attributes({ classname, name, time: seconds.toFixed(3), file, line })}`;
  const children = [...propertyLines(properties), ...outcomeLines(outcome)];
  return children.length === 0 ? [`${open}/>`] : [`${open}>`, ...children, '</testcase>'];
}

function outcomeLines(outcome: TestCase['outcome']): string[] {
  switch (outcome.kind) {
    case 'passed':
      return [];
    case 'skipped':
      return [`<skipped${attributes({ message: outcome.message })}/>`];
    case 'failure':
    case 'error':
      return [
        `<${outcome.kind}${attributes({ type: outcome.type, message: outcome.message })}>${text(outcome.body)}</${outcome.kind}>`,
      ];
  }
}

function propertyLines(properties: Record<string, string>): string[] {
  const lines = Object.entries(properties).map(([name, value]) => `<property${attributes({ name, value })}/>`);
  return lines.length === 0 ? [] : ['<properties>', ...lines, '</properties>'];
}

function total(cases: readonly TestCase[]) {
  const of = (kind: TestCase['outcome']['kind']) => cases.filter(({ outcome }) => outcome.kind === kind).length;
  return {
    tests: cases.length,
    failures: of('failure'),
    errors: of('error'),
    skipped: of('skipped'),
    time: cases.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(3),
  };
}

function attributes(values: Record<string, string | number | undefined>): string {
  return Object.entries(values)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${escapeXml(escapeInvisibleLine(String(value)))}"`))
    .join('');
}

function text(content: string): string {
  return escapeXml(escapeInvisible(content));
}

/**
 * Escapes text for XML (XML 1.0 section 2.4). The function escapes `>` too, because XML text must not contain `]]>`.
 */
function escapeXml(content: string): string {
  return content
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}
