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

/** GitHub drops a step summary of more than 1 MiB completely, so the summary stops earlier, at the end of a row. */
export const SUMMARY_LIMIT_BYTES = 900 * 1024;

/**
 * `summary.md`, for a step summary or a pull request: the decision in one line, problems, a table by category, and the
 * cases that need attention. The file never exceeds SUMMARY_LIMIT_BYTES: its last line says how many lines were left
 * out.
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

/** The CI job of a run, as a link if the job has an address. */
function ci(run: Report['run']): string {
  const job = ciJob(run);
  if (job === null) return '';
  const address = webLink(run.ci?.url);
  if (address === null || !URL.canParse(address)) return ` · ${escapeMarkdown(job)}`;
  // A parsed URL has no spaces or angle brackets. Other characters that could end the link are percent-encoded.
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

/** Ranges of case ids as Markdown for a table cell. Ranges after the twelfth are folded. */
export function rangesCell(ranges: readonly string[]): string {
  const { shown, more } = cutRanges(ranges);
  if (shown.length === 0) return '';
  const folded =
    more.length === 0
      ? ''
      : `<details><summary>${plural(more.length, 'more range')}</summary>${escapeMarkdown(more.join(', '))}</details>`;
  return `<br>${escapeMarkdown(shown.join(', '))}${folded}`;
}

/** Marks a table cell as Markdown, so that `row` does not escape the cell. */
export const markup = (text: string) => ({ markup: text });

/** A row of a Markdown table. Text cells are escaped; cells made by `markup` are not. */
export function row(cells: readonly (string | { markup: string })[]): string {
  return `| ${cells.map((cell) => (typeof cell === 'string' ? escapeMarkdown(cell) : cell.markup)).join(' | ')} |`;
}

/** Escapes text from strangers for one line of Markdown: no markup, mention, table border or HTML is left. */
export function escapeMarkdown(text: string): string {
  return escapeInvisibleLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`|*_[\]~#]/g, '\\$&')
    .replaceAll('@', '&#64;');
}

/** Joins as many lines as fit into `limit` bytes of UTF-8. If lines are left out, a last line says how many. */
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
