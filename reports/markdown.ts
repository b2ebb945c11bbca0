import type { ReportFile } from './files.ts';
import { alikeProblems } from './problems.ts';
import type { Report } from './report.ts';
import { ciJob, decisionFace, webLink } from './views.ts';
import { visibleLine } from './visible.ts';
import { closeCode, duration, needsAttention, plural, VERDICT_FACES, verdictOf } from './vocabulary.ts';

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
  const { run, engine, suite } = report;
  const { sentence } = report.gate;
  return [
    `## ${face.glyph} ${sentence.startsWith(face.word) ? '' : `${face.word}: `}${escapeMarkdown(sentence)}`,
    '',
    escapeMarkdown(
      `${suite.name} ${suite.version} · ${engine.summary} · ${duration(run.durationMs)}${run.commit === null ? '' : ` · commit ${run.commit}`}`,
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
  return [
    '',
    '### What kept us from knowing',
    '',
    '| What | Where | Why | What to do |',
    '|---|---|---|---|',
    ...alikeProblems(report.problems).map(([{ what, where, why, todo, agent, case: id }, ...others]) => {
      const whole = others.length === 0 ? what : `${what} The same of ${plural(others.length, 'more case')}.`;
      const place = [agent, others.length === 0 ? id : undefined, where].filter((part) => part !== undefined);
      return row([whole, place.join(', '), why ?? '', todo ?? '']);
    }),
  ];
}

function byCategory({ agents, cases }: Report): string[] {
  const categories = new Map(cases.map(({ category, categoryTitle }) => [category, categoryTitle]));
  return [
    '',
    '### By category: as expected',
    '',
    row(['Category', ...agents.map(({ name }) => name)]),
    `|---|${'--:|'.repeat(agents.length)}`,
    ...[...categories].map(([category, title]) => {
      const ids = cases.filter((info) => info.category === category).map(({ id }) => id);
      const same = agents.map(
        (agent) => `${ids.filter((id) => verdictOf(agent, id).verdict === 'same').length}/${ids.length}`,
      );
      return row([`${category} ${title}`, ...same]);
    }),
  ];
}

function attention(report: Report): string[] {
  const all = needsAttention(report);
  if (all.length === 0) return [];
  return [
    '',
    '### Needs attention',
    '',
    '| | Case | Agent | Expected | Actual | What happened |',
    '|---|---|---|---|---|---|',
    ...all.map(({ agent, case: one }) =>
      row([
        `${VERDICT_FACES[one.verdict].glyph} ${VERDICT_FACES[one.verdict].word}`,
        one.id,
        agent.name,
        brief(one.expected),
        brief(one.actual),
        one.sentence,
      ]),
    ),
  ];
}

function brief(outcome: Report['agents'][number]['cases'][number]['actual']): string {
  if (outcome === null) return '–';
  return `${outcome.behavior}, close ${outcome.behaviorClose}, code ${closeCode(outcome.remoteCloseCode)}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(escapeMarkdown).join(' | ')} |`;
}

/** Foreign text as text, on one line: nothing of it is markup, a mention, a table's border or HTML. */
export function escapeMarkdown(text: string): string {
  return visibleLine(text)
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
