import type { ReceivedEvent, RecordedCase } from '../document/recorded-case.ts';
import type { AgentReport, CaseInfo, CaseVerdict, Report } from '../document/report.ts';
import { keyFields, type Outcome, type SuiteFacts } from '../document/suite-facts.ts';
import { eventText } from '../wording/event-text.ts';
import { closeGradeFace, fieldLines, gradeFace, gradeFaces, shortJson } from '../wording/outcome.ts';
import { readableTime } from '../wording/readable-time.ts';
import { shellLine } from '../wording/shell-line.ts';
import { decisionFace, outcomeFace, rawLink, rfcLink, towardFace, webLink } from '../wording/views.ts';
import {
  closeCode,
  count,
  duration,
  type Face,
  isNotable,
  opcodeName,
  plural,
  suiteOf,
  VERDICT_FACES,
  verdictOf,
} from '../wording/vocabulary.ts';
import { align } from './align.ts';
import { CLOSING_PROPERTIES, type ClosingProperty } from './closing-properties.ts';
import { examineHandshake, parseHead } from './handshake.ts';
import { wireView } from './wire-view.ts';

/** The maximum number of events that a page lists. One more line says how many events are not listed. */
const EVENTS_SHOWN = 100;

/**
 * Looks up the last runs of a case. Returns a glyph, a word and a colour pair for each run, and a text that says how
 * often the result changed. Returns null if there is no history.
 */
export type StripOf = (id: string) => { flips: string; cells: readonly Face[] } | null;

/** The help text for the keyboard commands of a case page. The script of the page implements the commands. */
const KEYS = [
  { key: 'n p', does: 'next, previous case that needs attention' },
  { key: 'j k', does: 'next, previous case' },
  { key: 'u', does: 'up to all cases' },
  { key: 'e', does: 'expected against actual' },
  { key: 'w', does: 'wire log' },
  { key: 'c', does: 'copy a link to this page' },
  { key: 'd', does: 'light or dark' },
  { key: '?', does: 'these keys' },
];

/**
 * Makes all values that the template needs for the page of a case. `index` is the position of the case in the plan, the
 * list of cases of the run. `detail` is undefined if the case has no result.
 */
export function caseView(
  report: Report,
  agent: AgentReport,
  index: number,
  detail: RecordedCase | undefined,
  strip: StripOf = () => null,
) {
  const info = report.cases[index];
  if (info === undefined) throw new Error(`The plan has ${report.cases.length} cases, none at ${index}.`);
  const caseVerdict = verdictOf(agent, info.id);
  const suite = suiteOf(report, info.id);
  const face = outcomeFace(caseVerdict, suite);
  const wire = detail === undefined ? null : wireView(detail);
  return {
    kind: 'case',
    // The title in the browser tab shows the verdict of a case that needs attention, because even such a case can have
    // the best grade.
    title: `${info.id} ${isNotable(caseVerdict.verdict) ? VERDICT_FACES[caseVerdict.verdict].glyph : face.glyph} ${agent.name} – run ${readableTime(report.run.started).text}`,
    id: info.id,
    keys: KEYS,
    words: null,
    heading: info.title,
    agent: agent.name,
    gate: decisionFace(report.gate.decision),
    category: `${info.category} ${info.categoryTitle}`,
    face,
    ...gradesView(caseVerdict, suite),
    verdict: VERDICT_FACES[caseVerdict.verdict],
    sentence: caseVerdict.sentence,
    why: caseVerdict.why ?? null,
    whyOf: whyOf(caseVerdict),
    issue: caseVerdict.issue === undefined ? null : { text: caseVerdict.issue, href: webLink(caseVerdict.issue) },
    where:
      agent.expectedFile === undefined
        ? null
        : caseVerdict.line === undefined
          ? agent.expectedFile
          : `${agent.expectedFile}, line ${caseVerdict.line}`,
    rfc: info.rfc.map((text) => ({ text, href: rfcLink(text) })),
    started: detail === undefined ? null : readableTime(detail.started, true),
    duration: caseVerdict.durationMs === null ? null : duration(caseVerdict.durationMs),
    previousProblem: nextProblem(report, agent, index, -1),
    nextProblem: nextProblem(report, agent, index, 1),
    caseStep: report.cases.length > 1,
    problemStep: nextProblem(report, agent, index, -1) !== null || nextProblem(report, agent, index, 1) !== null,
    prompt: promptView(info, caseVerdict, detail, suite),
    previous: report.cases[index - 1]?.id ?? null,
    next: report.cases[index + 1]?.id ?? null,
    others: report.agents
      .filter(({ slug }) => slug !== agent.slug)
      .map((other) => ({
        name: other.name,
        href: `../${other.slug}/${info.id}.html`,
        face: outcomeFace(verdictOf(other, info.id), suite),
        verdict: VERDICT_FACES[verdictOf(other, info.id).verdict],
      })),
    strip: strip(info.id),
    fields: fieldsView(caseVerdict, suite),
    tries: triesView(caseVerdict, suite),
    problems: report.problems
      .filter((problem) => problem.case === info.id && (problem.agent === undefined || problem.agent === agent.name))
      .map(({ what }) => what),
    unsteady: caseVerdict.unsteady,
    wireFaults: wire === null || wire.faults === 0 ? null : `${plural(wire.faults, 'rule')} broken on the wire:`,
    detail: detail === undefined || wire === null ? null : { ...detailView(detail, caseVerdict, suite), wire },
    serverOutput:
      caseVerdict.serverOutput === undefined || caseVerdict.serverOutput.length === 0
        ? null
        : caseVerdict.serverOutput.join('\n'),
    rerun: shellLine([...(report.run.rerun ?? [report.tool.name]), info.id]),
    raw: rawLink(caseVerdict.result, '../../'),
  };
}

/**
 * Selects the grades that the page of a case shows, without repetition. The close grade is shown only if its word
 * differs from the main grade. The expected grades are shown only if they differ from the actual grades. Without this
 * rule, the page of case 7.1.6 would show INFORMATIONAL four times and not say what went wrong.
 */
function gradesView({ actual, expected, verdict }: CaseVerdict, suite: SuiteFacts) {
  const closeOf = (outcome: Outcome) => {
    const close = closeGradeFace(suite, outcome);
    return close?.word === gradeFace(suite, outcome).word ? null : close;
  };
  const { grade, closeGrade } = keyFields(suite);
  const alike =
    actual !== null &&
    expected !== null &&
    [grade, closeGrade].every((field) => field === undefined || actual[field.name] === expected[field.name]);
  const shown = alike ? null : expected;
  return {
    close: actual === null ? null : closeOf(actual),
    expectedFace: shown === null ? null : gradeFace(suite, shown),
    expectedClose: shown === null ? null : closeOf(shown),
    aside: alike && isNotable(verdict) ? 'as expected; only facts differ' : null,
  };
}

/**
 * The label above the reason from the expectation file. The reason explains the outcome only if the outcome is as
 * expected, so the label depends on the verdict.
 */
function whyOf({ verdict }: CaseVerdict): string {
  if (verdict === 'same') return 'Known deviation';
  return verdict === 'skipped' ? 'Why it is skipped' : 'Why something else is expected';
}

/**
 * Puts all fields of a case into two tables: the fields that differ, worst first, and the fields that are as expected.
 */
function fieldsView({ actual, expected, differences }: CaseVerdict, suite: SuiteFacts) {
  const rows = suite.fields.map((field) => {
    const difference = differences.find(({ at }) => at === field.name);
    return {
      field: field.name,
      label: field.label,
      expected: expected === null ? null : fieldLines(field, expected, EVENTS_SHOWN, 70),
      actual: actual === null ? null : fieldLines(field, actual, EVENTS_SHOWN, 70),
      mark: difference === undefined ? null : towardFace(difference.toward),
    };
  });
  const alike = rows.filter(({ mark }) => mark === null);
  return {
    apart: rows.filter(({ mark }) => mark !== null).sort((a, b) => (a.mark?.order ?? 3) - (b.mark?.order ?? 3)),
    alike,
    alikeCount: plural(alike.length, 'fact'),
  };
}

/** Describes every attempt of a case that was run again: its grades, and the fields in which the attempts differ. */
function triesView({ tries }: CaseVerdict, suite: SuiteFacts) {
  if (tries === undefined) return null;
  const apart = suite.fields.filter(
    ({ name }) => new Set(tries.map(({ outcome }) => JSON.stringify(outcome[name]))).size > 1,
  );
  return {
    sentence:
      apart.length === 0
        ? `The outcome was unexpected, so the case ran again, alone: ${count(tries.length)} times the same.`
        : 'The outcome was unexpected, so the case ran again, alone, with another outcome.',
    list: tries.map(({ verdict, outcome, durationMs, result }, at) => ({
      n: at + 1,
      verdict: VERDICT_FACES[verdict],
      face: gradeFace(suite, outcome),
      close: closeGradeFace(suite, outcome),
      apart: apart.map((field) => ({ label: field.label, lines: fieldLines(field, outcome, EVENTS_SHOWN, 70) })),
      duration: durationMs === null ? null : duration(durationMs),
      raw: rawLink(result, '../../'),
    })),
  };
}

function detailView(detail: RecordedCase, verdict: CaseVerdict, suite: SuiteFacts) {
  return {
    description: paragraphs(detail.description),
    expectation: paragraphs(detail.expectation),
    result: detail.result,
    alternatives: alternativesView(detail, suite),
    observed: detail.received.slice(0, EVENTS_SHOWN).map((event) => eventText(event, 70)),
    moreObserved:
      detail.received.length > EVENTS_SHOWN ? `and ${count(detail.received.length - EVENTS_SHOWN)} more` : null,
    resultClose: detail.resultClose,
    closing: detail.expectedClose === null ? null : closingView(detail.expectedClose),
    handshake: handshakeView(detail),
    properties: propertiesView(detail, verdict, suite),
    octets: [
      { title: 'Bytes received, by chop size', rows: octetsView(detail.rxOctetStats) },
      { title: 'Bytes transmitted, by chop size', rows: octetsView(detail.txOctetStats) },
    ],
    frames: [
      { title: 'Frames received, by opcode', rows: framesView(detail.rxFrameStats) },
      { title: 'Frames transmitted, by opcode', rows: framesView(detail.txFrameStats) },
    ],
    compression: detail.trafficStats === null ? null : compressionView(detail.trafficStats),
  };
}

/**
 * Splits a recorded description into lines. `<br>` and line feeds start a new line. All other tags are shown as text.
 */
function paragraphs(text: string): string {
  return text
    .replace(/<br\s*\/?>\n?/gi, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/**
 * Shows each list of events that the case accepts, with the grade that it earns, next to the list of observed events.
 */
function alternativesView({ expected, received }: RecordedCase, suite: SuiteFacts) {
  const faces = gradeFaces([suite]);
  return (['OK', 'NON-STRICT'] as const).flatMap((grade) => {
    const events = expected[grade];
    return events === undefined
      ? []
      : [
          {
            face: faces.find(({ word }) => word === grade) ?? { glyph: '?', word: grade, tone: 'missing' },
            ...besideView(events, received),
          },
        ];
  });
}

/**
 * Shows expected and received events side by side around their first difference, with a sentence about this difference.
 */
function besideView(expected: readonly ReceivedEvent[], received: readonly ReceivedEvent[]) {
  const pairs = align(expected, received, (event) => eventText(event, Infinity));
  const first = pairs.findIndex(({ same }) => !same);
  const from = Math.max(0, first - EVENTS_SHOWN / 2);
  const shown = first === -1 ? [] : pairs.slice(from, from + EVENTS_SHOWN);
  const left = pairs.length - shown.length;
  return {
    matches: first === -1,
    note:
      first === -1 ? 'The observed events match this list.' : partingSentence(expected[first], received[first], first),
    rows: shown.map(({ left: wanted, right: got, same }, at) => ({
      n: from + at + 1,
      wanted: wanted === null ? '–' : eventText(wanted, 70),
      got: got === null ? '–' : eventText(got, 70),
      same,
    })),
    left: first === -1 || left === 0 ? null : `${count(left)} more are in the recorded JSON.`,
  };
}

/** Writes which event was expected and which event was received at the first difference of two lists of events. */
function partingSentence(wanted: ReceivedEvent | undefined, got: ReceivedEvent | undefined, at: number): string {
  const due = wanted === undefined ? 'nothing more was expected' : `expected ${eventText(wanted)}`;
  return `First difference at event ${at + 1}: ${due}, got ${got === undefined ? 'nothing' : eventText(got)}.`;
}

/**
 * Describes the closing handshake that the case demands: which side starts, with which close code, and whether the
 * close has to be clean (RFC 6455 7.1, 7.4).
 */
function closingView(expected: NonNullable<RecordedCase['expectedClose']>) {
  return [
    { name: 'Closes first', value: expected.closedByMe ? 'the fuzzing client' : 'the server' },
    {
      name: 'If the other side closes first',
      value: expected.closedByWrongEndpointIsFatal ? 'the case fails' : 'only noted',
    },
    {
      name: 'Allowed close codes',
      value: expected.codes.length === 0 ? 'any' : expected.codes.map((code) => closeCode(code)).join(', '),
    },
    { name: 'Clean close', value: expected.requireClean ? 'required' : 'not required' },
  ];
}

/** Shows the headers of the request and of the response, and how they follow RFC 6455 section 4. */
function handshakeView(detail: RecordedCase) {
  const [request, response] = [parseHead(detail.httpRequest), parseHead(detail.httpResponse)];
  const { accept, extensions, problems, notes } = examineHandshake(request, response);
  return {
    request,
    response,
    accept: accept === null ? null : { ...accept, got: accept.got ?? 'nothing' },
    extensions,
    problems,
    notes,
  };
}

function propertiesView(detail: RecordedCase, { expected }: CaseVerdict, suite: SuiteFacts) {
  const compared = new Set(suite.fields.map(({ name }) => name));
  return (Object.entries(CLOSING_PROPERTIES) as [ClosingProperty, string][]).map(([name, meaning]) => {
    const wanted = expected === null || !compared.has(name) ? null : propertyValue(name, expected[name]);
    const value = propertyValue(name, detail[name]);
    return { name, value, expected: wanted, apart: wanted !== null && wanted !== value, meaning };
  });
}

function propertyValue(name: ClosingProperty, value: unknown): string {
  if (typeof value === 'boolean') return yesNo(value);
  if (value === null || value === undefined) return 'none';
  return typeof value === 'number' && name.endsWith('Code') ? closeCode(value) : String(value);
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}

/** The maximum number of rows in a table of sizes. The other sizes are in one line that the reader can unfold. */
const SIZES_SHOWN = 15;

/**
 * Lists the sizes of reads or writes that account for most bytes, sorted by size. The reader can unfold the other
 * sizes, which are written as `size×count`.
 */
function octetsView(stats: Readonly<Record<string, number>>) {
  const rows = byNumber(stats).map(([size, n]) => ({ size, n, octets: size * n }));
  const most = new Set([...rows].sort((a, b) => b.octets - a.octets).slice(0, SIZES_SHOWN));
  const others = rows.filter((row) => !most.has(row));
  const total = sum(rows.map(({ octets }) => octets));
  return {
    list: rows
      .filter((row) => most.has(row))
      .map(({ size, n, octets }) => ({
        size: count(size),
        n: count(n),
        octets: count(octets),
        bar: share(octets, total),
      })),
    others: others.length === 0 ? null : others.map(({ size, n }) => `${size}×${n}`).join(' '),
    otherSizes: plural(others.length, 'other size'),
    otherN: count(sum(others.map(({ n }) => n))),
    otherOctets: count(sum(others.map(({ octets }) => octets))),
    n: count(sum(rows.map(({ n }) => n))),
    octets: count(total),
  };
}

/** Returns the share of a part in a whole, in percent and rounded to a whole number. */
function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((100 * part) / whole);
}

function framesView(stats: Readonly<Record<string, number>>) {
  const rows = byNumber(stats);
  return {
    list: rows.map(([opcode, n]) => ({ opcode, name: opcodeName(opcode), n: count(n) })),
    n: count(sum(rows.map(([, n]) => n))),
  };
}

function byNumber(stats: Readonly<Record<string, number>>): [number, number][] {
  return Object.entries(stats)
    .map(([key, n]): [number, number] => [Number(key), n])
    .sort(([a], [b]) => a - b);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}

/**
 * Selects the main compression figures of a case: the bytes on the wire, in frames and in messages, for each direction.
 */
function compressionView(stats: NonNullable<RecordedCase['trafficStats']>) {
  const figure = (key: string) => stats[key] ?? null;
  const way = (title: string, prefix: string) => {
    const [app, framed] = [figure(`${prefix}OctetsAppLevel`), figure(`${prefix}OctetsWebSocketLevel`)];
    return {
      title,
      sentence:
        app === null || framed === null || app === 0
          ? null
          : `${count(app)} bytes of messages were sent as ${count(framed)} bytes of payload: ${((100 * framed) / app).toFixed(1)} %.`,
      bar: share(framed ?? 0, app ?? 0),
    };
  };
  return {
    ways: [way('From the server', 'incoming'), way('To the server', 'outgoing')].filter(
      ({ sentence }) => sentence !== null,
    ),
    // The key `incomingOctetsWireLevel` becomes “incoming Octets Wire Level”. Ratios are shown in percent.
    figures: Object.entries(stats).map(([key, value]) => ({
      name: key.replace(/([a-z])([A-Z])/g, '$1 $2').replace('Web Socket', 'WebSocket'),
      value: value === null ? 'none' : /Ratio$|Overhead$/.test(key) ? `${(value * 100).toFixed(2)} %` : count(value),
    })),
  };
}

/**
 * Writes the case as a question to a colleague or a language model, for readers who cannot see the page of the case.
 */
function promptView(
  info: CaseInfo,
  caseVerdict: CaseVerdict,
  detail: RecordedCase | undefined,
  suite: SuiteFacts,
): string {
  const lines = [
    `A WebSocket ${suite.subject} was tested with case ${info.id} of the ${suite.title}: ${info.title} (${info.rfc.join(', ')}).`,
    ...(detail === undefined
      ? []
      : [`The case: ${paragraphs(detail.description)}`, `It expects: ${paragraphs(detail.expectation)}`]),
    `What happened: ${caseVerdict.sentence}`,
    ...caseVerdict.differences
      .slice(0, 8)
      .map(({ at, expected, actual }) => `- ${at}: expected ${shortJson(expected)}, got ${shortJson(actual)}`),
    `What in the ${suite.subject} may be the cause, and how would you find it?`,
  ];
  return lines.join('\n');
}

/** The ids of the cases that need attention, for each agent. The ids are computed once for each report. */
const notableIdsOf = new WeakMap<AgentReport, ReadonlySet<string>>();

/**
 * Finds the next case (`by` = 1) or the previous case (`by` = -1) of the plan that needs attention. null if there is
 * none.
 */
function nextProblem(report: Report, agent: AgentReport, index: number, by: 1 | -1): string | null {
  let notableIds = notableIdsOf.get(agent);
  if (notableIds === undefined) {
    notableIds = new Set(report.cases.map(({ id }) => id).filter((id) => isNotable(verdictOf(agent, id).verdict)));
    notableIdsOf.set(agent, notableIds);
  }
  for (let at = index + by; at >= 0 && at < report.cases.length; at += by) {
    const id = report.cases[at]?.id;
    if (id !== undefined && notableIds.has(id)) return id;
  }
  return null;
}
