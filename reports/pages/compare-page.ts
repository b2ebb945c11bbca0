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
import { casePath, towardFace } from '../wording/views.ts';
import { count, MISSING_FACE, plural } from '../wording/vocabulary.ts';
import { when } from '../wording/when.ts';
import { render } from './render.ts';
import { diffWire } from './wire-diff.ts';

/**
 * Maximum number of cases of a comparison that show their wire logs side by side. The other cases link to their pages.
 */
const WIRE_SHOWN = 60;

/**
 * `compare.html`: what differs in each comparison, worst first, field by field and frame by frame.
 * @param detailOf looks up the recorded cases of side A and side B. Without a record the page shows no wire logs.
 * @param swapped the same comparisons with A and B exchanged. If there are any, a second page shows them, and the two
 * pages link to each other, so that swapping needs no script.
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

/** Checkboxes for the changes that occur, with which a reader hides cases. */
function changesView(comparisons: readonly Comparison[]) {
  const changes = CHANGES.map((change) => ({
    change,
    face: (comparisons[0] === undefined ? CHANGE_FACES : changeFaces(comparisons[0]))[change],
    n: comparisons.reduce((sum, { counts }) => sum + counts[change], 0),
  })).filter(({ n }) => n > 0);
  return changes.length === 0 ? null : changes.map((one) => ({ ...one, n: count(one.n) }));
}

const KEYS = [
  { key: 'j k', does: 'next, previous case that differs' },
  { key: 'Enter', does: 'open it' },
  { key: 's', does: 'swap A and B' },
  { key: 'u', does: 'up to all cases' },
  { key: 'd', does: 'light or dark' },
  { key: '?', does: 'these keys' },
];

function pairView(comparison: Comparison, at: number, detailOf: { a: DetailOf; b: DetailOf }) {
  const { a, b, cases, suites } = comparison;
  /** Anchors of the first comparison are case ids. Anchors of the others start with the number of the comparison. */
  const anchor = at === 0 ? '' : `${at + 1}-`;
  const groups = groupSimilarComparedCases(comparison);
  // Wire logs are shown for one case of each group first, because the cases of a group differ in the same way.
  const byNews = [
    ...groups.map(({ cases: [first] }) => first),
    ...groups.flatMap(({ cases: [, ...others] }) => others),
  ];
  const withWire = new Set(byNews.slice(0, WIRE_SHOWN));
  const view = (one: ComparedCase) => ({
    ...caseView(one, a, b, suiteOfCase(suites, one)),
    wire: withWire.has(one) ? wireView(detailOf.a(a.slug, one.id), detailOf.b(b.slug, one.id)) : null,
    anchor: anchor + one.id,
  });
  return {
    a: sideView(a),
    b: sideView(b),
    sentence: comparisonSentence(comparison),
    /** For two agents of one run, the page shows the run only once. */
    together: a.run === b.run,
    none: cases.length === 0,
    groups: groups.map((group) => ({
      alike: group.cases.length === 1 ? null : alikeView(group, comparison),
      cases: group.cases.map(view),
    })),
  };
}

/** The heading of a folded group of cases that differ in the same way. */
function alikeView({ cases, name, ranges, sentence }: SimilarComparedCases, { a, b, suites }: Comparison) {
  const [{ change }] = cases;
  return {
    change,
    face: changeFaces({ a, b })[change],
    name,
    sentence,
    ranges: rangesText(ranges),
    a: sideInCommon(cases, (one) => outcomeView(one.a, a, one.id, suiteOfCase(suites, one))),
    b: sideInCommon(cases, (one) => outcomeView(one.b, b, one.id, suiteOfCase(suites, one))),
  };
}

/** Grade and end of one side of a group, if they are the same in all cases of the group. */
function sideInCommon(
  cases: SimilarGroup<ComparedCase>,
  viewOf: (one: ComparedCase) => ReturnType<typeof outcomeView>,
) {
  const [first, ...others] = cases.map(viewOf);
  return {
    face: others.every(({ face }) => face.word === first?.face.word) ? (first?.face ?? null) : null,
    end: others.every(({ end }) => end === first?.end) ? (first?.end ?? null) : null,
  };
}

function sideView({ agent, run, started, commit }: Side) {
  return { agent, run, started: when(started), commit: commit?.slice(0, 12) ?? null };
}

function caseView(one: ComparedCase, a: Side, b: Side, suite: SuiteFacts) {
  return {
    id: one.id,
    title: one.title,
    change: one.change,
    face: changeFaces({ a, b })[one.change],
    sentence: one.sentence,
    a: outcomeView(one.a, a, one.id, suite),
    b: outcomeView(one.b, b, one.id, suite),
    fields:
      one.differences.length === 0
        ? null
        : one.differences.map(({ at, toward }) => ({
            label: suite.fields.find(({ name }) => name === at)?.label ?? at,
            a: valueLines(suite, one.a, at),
            b: valueLines(suite, one.b, at),
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
