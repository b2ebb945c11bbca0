import type { ReportFile } from '../document/files.ts';
import type { CaseInfo, Report } from '../document/report.ts';
import { suiteNames } from '../document/suite-facts.ts';
import { groupSimilarCases, type SimilarCases } from '../wording/attention.ts';
import { escapeInvisibleLine } from '../wording/escape-invisible.ts';
import { commonText, cutRanges } from '../wording/group-similar.ts';
import { idRanges } from '../wording/id-ranges.ts';
import { outcomeSummary } from '../wording/outcome.ts';
import { caseIdsOf, combinedText, groupSimilarProblems } from '../wording/problems.ts';
import { ciJob, decisionFace, webLink } from '../wording/views.ts';
import { duration, plural, suiteOf, VERDICT_FACES, verdictOf } from '../wording/vocabulary.ts';

/**
 * The maximum size of a summary. GitHub drops a step summary above 1 MiB, so the summary ends earlier, after a whole
 * row.
 */
export const SUMMARY_LIMIT_BYTES = 900 * 1024;

/**
 * Makes `summary.md` for the step summary of a CI job or for a pull request. The file contains the decision in one
 * line, the problems, a table of the categories, and the cases that need attention. The file is never longer than
 * SUMMARY_LIMIT_BYTES. If lines had to be left out, the last line says how many.
 */
export function* markdown(report: Report): Generator<ReportFile> {
  yield { path: 'summary.md', content: withinLimit(lines(report), SUMMARY_LIMIT_BYTES) };
}

function lines(report: Report): string[] {
  const face = decisionFace(report.gate.decision);
  const { run, engine, suites } = report;
  const { sentence } = report.gate;
  return [
    `## ${face.glyph} ${sentence.startsWith(face.word) ? '' : `${face.word}: `}${escapeMarkdown(sentence)}`,
    '',
    escapeMarkdown(
      `${suiteNames(suites)} · ${engine.summary} · ${duration(run.durationMs)}${run.commit === null ? '' : ` · commit ${run.commit}`}`,
    ) + ci(run),
    ...problems(report),
    ...byCategory(report),
    ...attention(report),
  ];
}

/** Describes the CI job of a run. The text is a link if the job has an address. */
function ci(run: Report['run']): string {
  const job = ciJob(run);
  if (job === null) return '';
  const address = webLink(run.ci?.url);
  if (address === null || !URL.canParse(address)) return ` · ${escapeMarkdown(job)}`;
  // A parsed URL contains no spaces or angle brackets. The code percent-encodes other characters that could end the
  // link.
  const href = new URL(address).href.replace(
    /[()[\]`*_~|]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
  return ` · [${escapeMarkdown(job)}](${href})`;
}

function problems(report: Report): string[] {
  if (report.problems.length === 0) return [];
  const plan = report.cases.map(({ id }) => id);
  return [
    '',
    '### Problems of the run',
    '',
    '| What | Where | Why | What to do |',
    '|---|---|---|---|',
    ...groupSimilarProblems(report.problems).map((group) => {
      const [{ where, why, todo, agent, case: id }, ...others] = group;
      const place = [agent, others.length === 0 ? id : undefined, where].filter((part) => part !== undefined);
      const cases = rangesCell(idRanges(caseIdsOf(group), plan));
      return row([markup(escapeMarkdown(combinedText(group)) + cases), place.join(', '), why ?? '', todo ?? '']);
    }),
  ];
}

function byCategory({ agents, cases }: Report): string[] {
  const keyOf = ({ suite = '', category }: CaseInfo) => `${suite} ${category}`;
  const categories = new Map(cases.map((info) => [keyOf(info), `${info.category} ${info.categoryTitle}`]));
  return [
    '',
    '### By category: as expected',
    '',
    row(['Category', ...agents.map(({ name }) => name)]),
    `|---|${'--:|'.repeat(agents.length)}`,
    ...[...categories].map(([key, title]) => {
      const ids = cases.filter((info) => keyOf(info) === key).map(({ id }) => id);
      const same = agents.map(
        (agent) => `${ids.filter((id) => verdictOf(agent, id).verdict === 'same').length}/${ids.length}`,
      );
      return row([title, ...same]);
    }),
  ];
}

function attention(report: Report): string[] {
  const all = groupSimilarCases(report);
  if (all.length === 0) return [];
  return [
    '',
    '### Needs attention',
    '',
    '| | Case | Agent | Expected | Actual | What happened |',
    '|---|---|---|---|---|---|',
    ...all.map((group) => attentionRow(report, group)),
  ];
}

function attentionRow(report: Report, { agent, cases, name, ranges, sentence }: SimilarCases): string {
  const { glyph, word } = VERDICT_FACES[cases[0].verdict];
  const outcomes = [
    commonText(cases, ({ id, expected }) => outcomeSummary(suiteOf(report, id), expected)),
    commonText(cases, ({ id, actual }) => outcomeSummary(suiteOf(report, id), actual)),
  ];
  return row([
    `${glyph} ${word}`,
    markup(escapeMarkdown(name) + rangesCell(ranges)),
    agent.name,
    ...outcomes,
    sentence,
  ]);
}

/**
 * Writes ranges of case ids as Markdown for a table cell. Ranges after the twelfth are in a fold that readers can open.
 */
export function rangesCell(ranges: readonly string[]): string {
  const { shown, more } = cutRanges(ranges);
  if (shown.length === 0) return '';
  const folded =
    more.length === 0
      ? ''
      : `<details><summary>${plural(more.length, 'more range')}</summary>${escapeMarkdown(more.join(', '))}</details>`;
  return `<br>${escapeMarkdown(shown.join(', '))}${folded}`;
}

/** Marks the text of a table cell as finished Markdown. The function `row` does not escape such a cell. */
export const markup = (text: string) => ({ markup: text });

/** Makes a row of a Markdown table. The function escapes cells that are plain text, but not cells made by `markup`. */
export function row(cells: readonly (string | { markup: string })[]): string {
  return `| ${cells.map((cell) => (typeof cell === 'string' ? escapeMarkdown(cell) : cell.markup)).join(' | ')} |`;
}

/**
 * Escapes text from strangers for one line of Markdown. The result contains no markup, mention, table border or HTML.
 */
export function escapeMarkdown(text: string): string {
  return escapeInvisibleLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`|*_[\]~#]/g, '\\$&')
    .replaceAll('@', '&#64;');
}

/** Joins as many lines as fit into `limit` bytes of UTF-8. If lines are left out, an extra last line says how many. */
export function withinLimit(lines: readonly string[], limit: number): string {
  const whole = `${lines.join('\n')}\n`;
  if (Buffer.byteLength(whole) <= limit) return whole;
  const room = limit - 100; // 100 bytes are reserved for the line that says how many lines were left out.
  let size = 0;
  const fitting = lines.findIndex((line) => {
    size += Buffer.byteLength(line) + 1;
    return size > room;
  });
  return `${lines.slice(0, fitting).join('\n')}\n\n${lines.length - fitting} more lines are left out; report.json has all lines.\n`;
}
