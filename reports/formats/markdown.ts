import type { ReportFile } from '../document/files.ts';
import type { CaseInfo, Report } from '../document/report.ts';
import { suiteNames } from '../document/suite-facts.ts';
import { groupSimilarCases, type SimilarCases } from '../wording/attention.ts';
import { escapeInvisibleLine } from '../wording/escape-invisible.ts';
import { common, cutRanges } from '../wording/group-similar.ts';
import { idRanges } from '../wording/id-ranges.ts';
import { outcomeSummary } from '../wording/outcome.ts';
import { casesOf, groupSimilarProblems, whatOfAll } from '../wording/problems.ts';
import { ciJob, decisionFace, webLink } from '../wording/views.ts';
import { duration, plural, suiteOf, VERDICT_FACES, verdictOf } from '../wording/vocabulary.ts';

/** GitHub drops a step summary of more than 1 MiB whole; we stop before, at the end of a row. */
export const SUMMARY_LIMIT_BYTES = 900 * 1024;

/**
 * `summary.md`, for a step summary or a pull request: the verdict in one line, problems, a table by category, and what
 * needs attention. Never longer than the limit: the last line then says how much is left out.
 */
export function* markdown(report: Report): Generator<ReportFile> {
  yield { path: 'summary.md', content: capped(lines(report), SUMMARY_LIMIT_BYTES) };
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

/** The CI job, behind the other facts; a link where it has an address. */
function ci(run: Report['run']): string {
  const job = ciJob(run);
  if (job === null) return '';
  const address = webLink(run.ci?.url);
  if (address === null || !URL.canParse(address)) return ` · ${escapeMarkdown(job)}`;
  // Normalised, an address has neither spaces nor angle brackets; what else could end the link or its table is encoded.
  const href = new URL(address).href.replace(/[()[\]`*_~|]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);
  return ` · [${escapeMarkdown(job)}](${href})`;
}

function problems(report: Report): string[] {
  if (report.problems.length === 0) return [];
  const plan = report.cases.map(({ id }) => id);
  return [
    '',
    '### What kept us from knowing',
    '',
    '| What | Where | Why | What to do |',
    '|---|---|---|---|',
    ...groupSimilarProblems(report.problems).map((group) => {
      const [{ where, why, todo, agent, case: id }, ...others] = group;
      const place = [agent, others.length === 0 ? id : undefined, where].filter((part) => part !== undefined);
      const cases = rangesCell(idRanges(casesOf(group), plan));
      return row([markup(escapeMarkdown(whatOfAll(group)) + cases), place.join(', '), why ?? '', todo ?? '']);
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
    ...all.map((one) => attentionRow(report, one)),
  ];
}

function attentionRow(report: Report, { agent, cases, name, ranges, sentence }: SimilarCases): string {
  const { glyph, word } = VERDICT_FACES[cases[0].verdict];
  const outcomes = [
    common(cases, ({ id, expected }) => outcomeSummary(suiteOf(report, id), expected)),
    common(cases, ({ id, actual }) => outcomeSummary(suiteOf(report, id), actual)),
  ];
  return row([
    `${glyph} ${word}`,
    markup(escapeMarkdown(name) + rangesCell(ranges)),
    agent.name,
    ...outcomes,
    sentence,
  ]);
}

/** Ranges of ids as markdown, to follow a name in its cell, those beyond the first dozen folded: nobody needs them, but who runs them again. */
export function rangesCell(ranges: readonly string[]): string {
  const { shown, more } = cutRanges(ranges);
  if (shown.length === 0) return '';
  const folded =
    more.length === 0
      ? ''
      : `<details><summary>${plural(more.length, 'more range')}</summary>${escapeMarkdown(more.join(', '))}</details>`;
  return `<br>${escapeMarkdown(shown.join(', '))}${folded}`;
}

/** A cell that is markdown already. */
export const markup = (text: string) => ({ markup: text });

/** A row of a table. Text is escaped; what is markdown already is not. */
export function row(cells: readonly (string | { markup: string })[]): string {
  return `| ${cells.map((cell) => (typeof cell === 'string' ? escapeMarkdown(cell) : cell.markup)).join(' | ')} |`;
}

/** Foreign text as text, on one line: nothing of it is markup, a mention, a table's border or HTML. */
export function escapeMarkdown(text: string): string {
  return escapeInvisibleLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`|*_[\]~#]/g, '\\$&')
    .replaceAll('@', '&#64;');
}

/** Lines joined, as many as fit within `limit` octets of UTF-8 together with the line that says how many did not. */
export function capped(lines: readonly string[], limit: number): string {
  const whole = `${lines.join('\n')}\n`;
  if (Buffer.byteLength(whole) <= limit) return whole;
  const room = limit - 100; // for the line that says so
  let size = 0;
  const kept = lines.findIndex((line) => {
    size += Buffer.byteLength(line) + 1;
    return size > room;
  });
  return `${lines.slice(0, kept).join('\n')}\n\n${lines.length - kept} more lines are left out here; report.json holds them all.\n`;
}
