import type { DetailOf, ReportFile } from '../document/files.ts';
import type { RecordedCase } from '../document/recorded-case.ts';
import { type Outcome, type SuiteFacts, suiteOfCase } from '../document/suite-facts.ts';
import {
  CHANGES,
  type ComparedCase,
  type Comparison,
  groupSimilarComparedCases,
  type Side,
  type SimilarComparedCases,
} from '../wording/comparison.ts';
import { CHANGE_FACES, changeFaces, comparisonSentence } from '../wording/comparison-text.ts';
import { rangesText, type SimilarGroup } from '../wording/group-similar.ts';
import { endSummary, fieldLines, gradeFace } from '../wording/outcome.ts';
import { readableTime } from '../wording/readable-time.ts';
import { casePath, towardFace } from '../wording/views.ts';
import { count, MISSING_FACE, plural } from '../wording/vocabulary.ts';
import { render } from './render.ts';
import { diffWire } from './wire-diff.ts';

/**
 * The maximum number of cases of a comparison whose two wire logs are shown side by side. The other cases link to their
 * own pages.
 */
const WIRE_SHOWN = 60;

/**
 * Makes `compare.html`: what differs in each comparison, worst first, field by field and frame by frame.
 * @param detailOf looks up the recorded cases of side A and side B, the two compared agents or runs. The page shows no
 * wire logs for a case without a record.
 * @param swapped the same comparisons with A and B exchanged. If `swapped` is not empty, a second page shows it, and
 * the two pages link to each other. A reader can therefore swap A and B without a script.
 */
export function* comparePage(
  comparisons: readonly Comparison[],
  detailOf: { a: DetailOf; b: DetailOf },
  back: string | null = 'index.html',
  swapped: readonly Comparison[] = [],
): Generator<ReportFile> {
  const [straight, turned] = ['compare.html', 'compare-swapped.html'];
  const other = swapped.length === 0 ? null : turned;
  yield { path: straight, content: render('compare', pageView(comparisons, detailOf, back, other)) };
  if (other === null) return;
  const ofOther = { a: detailOf.b, b: detailOf.a };
  yield { path: turned, content: render('compare', pageView(swapped, ofOther, back, straight)) };
}

function pageView(
  comparisons: readonly Comparison[],
  detailOf: { a: DetailOf; b: DetailOf },
  back: string | null,
  swap: string | null,
) {
  return {
    kind: 'compare',
    id: null,
    title: `${comparisons.map(({ a, b }) => `${a.agent} ⇄ ${b.agent}`).join(', ')} – compared`,
    back,
    swap,
    keys: swap === null ? KEYS.filter(({ key }) => key !== 's') : KEYS,
    words: null,
    changes: changesView(comparisons),
    pairs: comparisons.map((comparison, at) => pairView(comparison, at, detailOf)),
  };
}

/** Makes a checkbox for each kind of change that occurs. With a checkbox, a reader hides the cases of this kind. */
function changesView(comparisons: readonly Comparison[]) {
  const changes = CHANGES.map((change) => ({
    change,
    face: (comparisons[0] === undefined ? CHANGE_FACES : changeFaces(comparisons[0]))[change],
    n: comparisons.reduce((sum, { counts }) => sum + counts[change], 0),
  })).filter(({ n }) => n > 0);
  return changes.length === 0 ? null : changes.map((change) => ({ ...change, n: count(change.n) }));
}

const KEYS = [
  { key: 'j k', does: 'next, previous case that differs' },
  { key: 'Enter', does: 'open the case' },
  { key: 's', does: 'swap A and B' },
  { key: 'u', does: 'up to all cases' },
  { key: 'd', does: 'light or dark' },
  { key: '?', does: 'these keys' },
];

function pairView(comparison: Comparison, at: number, detailOf: { a: DetailOf; b: DetailOf }) {
  const { a, b, cases, suites } = comparison;
  /**
   * The start of every anchor of this comparison. In the first comparison, an anchor is only a case id. In a later
   * comparison, the number of the comparison comes before the id.
   */
  const anchor = at === 0 ? '' : `${at + 1}-`;
  const groups = groupSimilarComparedCases(comparison);
  // The first case of each group comes first and gets its wire logs first, because all cases of a group differ in the
  // same way.
  const byNews = [
    ...groups.map(({ cases: [first] }) => first),
    ...groups.flatMap(({ cases: [, ...others] }) => others),
  ];
  const withWire = new Set(byNews.slice(0, WIRE_SHOWN));
  const view = (comparedCase: ComparedCase) => ({
    ...caseView(comparedCase, a, b, suiteOfCase(suites, comparedCase)),
    wire: withWire.has(comparedCase)
      ? wireView(detailOf.a(a.slug, comparedCase.id), detailOf.b(b.slug, comparedCase.id))
      : null,
    anchor: anchor + comparedCase.id,
  });
  return {
    a: sideView(a),
    b: sideView(b),
    sentence: comparisonSentence(comparison),
    /** Whether A and B are agents of the same run. If they are, the page shows the run only once. */
    together: a.run === b.run,
    none: cases.length === 0,
    groups: groups.map((group) => ({
      alike: group.cases.length === 1 ? null : alikeView(group, comparison),
      cases: group.cases.map(view),
    })),
  };
}

/** Makes the heading of a folded group of cases that differ in the same way. */
function alikeView({ cases, name, ranges, sentence }: SimilarComparedCases, { a, b, suites }: Comparison) {
  const [{ change }] = cases;
  return {
    change,
    face: changeFaces({ a, b })[change],
    name,
    sentence,
    ranges: rangesText(ranges),
    a: sideInCommon(cases, (comparedCase) =>
      outcomeView(comparedCase.a, a, comparedCase.id, suiteOfCase(suites, comparedCase)),
    ),
    b: sideInCommon(cases, (comparedCase) =>
      outcomeView(comparedCase.b, b, comparedCase.id, suiteOfCase(suites, comparedCase)),
    ),
  };
}

/**
 * Finds the grade and the end of the connection that all cases of a group have on one side. A value is null if the
 * cases differ.
 */
function sideInCommon(
  cases: SimilarGroup<ComparedCase>,
  viewOf: (comparedCase: ComparedCase) => ReturnType<typeof outcomeView>,
) {
  const [first, ...others] = cases.map(viewOf);
  return {
    face: others.every(({ face }) => face.word === first?.face.word) ? (first?.face ?? null) : null,
    end: others.every(({ end }) => end === first?.end) ? (first?.end ?? null) : null,
  };
}

function sideView({ agent, run, started, commit }: Side) {
  return { agent, run, started: readableTime(started), commit: commit?.slice(0, 12) ?? null };
}

function caseView(comparedCase: ComparedCase, a: Side, b: Side, suite: SuiteFacts) {
  return {
    id: comparedCase.id,
    title: comparedCase.title,
    change: comparedCase.change,
    face: changeFaces({ a, b })[comparedCase.change],
    sentence: comparedCase.sentence,
    a: outcomeView(comparedCase.a, a, comparedCase.id, suite),
    b: outcomeView(comparedCase.b, b, comparedCase.id, suite),
    fields:
      comparedCase.differences.length === 0
        ? null
        : comparedCase.differences.map(({ at, toward }) => ({
            label: suite.fields.find(({ name }) => name === at)?.label ?? at,
            a: valueLines(suite, comparedCase.a, at),
            b: valueLines(suite, comparedCase.b, at),
            mark: towardFace(toward),
          })),
  };
}

function outcomeView(outcome: Outcome | null, side: Side, id: string, suite: SuiteFacts) {
  return {
    face: outcome === null ? MISSING_FACE : gradeFace(suite, outcome),
    end: outcome === null ? null : endSummary(suite, outcome),
    href: outcome === null ? null : side.root + casePath(side.slug, id),
  };
}

function valueLines(suite: SuiteFacts, outcome: Outcome | null, at: string): string[] {
  const field = suite.fields.find(({ name }) => name === at);
  return outcome === null || field === undefined ? [] : fieldLines(field, outcome, 12, 60);
}

function wireView(a: RecordedCase | undefined, b: RecordedCase | undefined) {
  if (a === undefined || b === undefined) return null;
  const { lines, leftOut } = diffWire(a, b);
  if (lines.length === 0) return null;
  return {
    lines: lines.map((line) => ({ ...line, a: sideLine(line.a), b: sideLine(line.b) })),
    leftOut: leftOut === 0 ? null : plural(leftOut, 'more line'),
  };
}

function sideLine(line: { number: number; text: string } | null) {
  return { number: line === null ? null : String(line.number), text: line?.text ?? '–' };
}
