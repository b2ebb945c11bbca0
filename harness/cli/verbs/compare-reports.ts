import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import pc from 'picocolors';
import type { DetailOf } from '../../../reports/document/files.ts';
import type { Report } from '../../../reports/document/report.ts';
import { comparisonMarkdown } from '../../../reports/formats/markdown-comparison.ts';
import { comparePage } from '../../../reports/pages/compare-page.ts';
import { turnWords } from '../../../reports/wording/attention.ts';
import { type Comparison, groupSimilarComparedCases } from '../../../reports/wording/comparison.ts';
import { changeFaces, comparisonSentence } from '../../../reports/wording/comparison-text.ts';
import { fitted, rangeLines, type Style, visible } from '../../../reports/wording/terminal-text.ts';
import { writeFiles } from '../../../reports/write.ts';
import type { Suite } from '../../plan/suite.ts';
import { compareAgents, type Party } from '../../reporting/compare-reports.ts';
import { readReportFile } from '../../reporting/report-file.ts';
import { readResults } from '../../results/read-results.ts';
import { type Registry, suiteOfReport } from '../../run/registry.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { writeError } from '../../system/report-folder.ts';

export interface CompareFlags {
  /** Report in which A and B are agents, when they are no folders. */
  from: string;
  /** Where `compare.html` goes; not written when left out. */
  out?: string;
  /** Only this agent of two reports. */
  agent?: string;
  json?: boolean;
  md?: boolean;
}

/** A report and the folder it was found in. */
interface Found {
  report: Report;
  folder: string;
}

/**
 * `compare A B`: two folders of reports, or two agents of one report. Gives back what belongs on stdout, and the exit
 * code: 1 when something regressed from A to B, and only then.
 * @throws HarnessError (2) when A or B is not there, or the two have nothing in common.
 */
export async function compareReports(
  registry: Registry,
  a: string,
  b: string,
  flags: CompareFlags,
  style: Style,
): Promise<{ text: string; exitCode: number }> {
  const [foundA, foundB] = [find(a), find(b)];
  const pairs =
    foundA !== undefined && foundB !== undefined
      ? agentsInCommon(foundA, foundB, flags.agent)
      : [twoAgents(mustFind(flags.from, a, b), a, b)];
  const root = (folder: string) => (flags.out === undefined ? '' : wayTo(flags.out, folder));
  const against = (left: Found & { agent: Party['agent'] }, right: Found & { agent: Party['agent'] }) => {
    const { suite } = suiteOfReport(registry, left.report, left.folder);
    return compareAgents(suite, { ...left, root: root(left.folder) }, { ...right, root: root(right.folder) });
  };
  const comparisons = pairs.map(([left, right]) => against(left, right));
  const lines: string[] = [];
  if (flags.out !== undefined) {
    const [first] = pairs;
    if (first !== undefined) {
      const swapped = pairs.map(([left, right]) => against(right, left));
      const { suite } = suiteOfReport(registry, first[0].report, first[0].folder);
      const details = { a: detailsIn(suite, first[0]), b: detailsIn(suite, first[1]) };
      try {
        await writeFiles(flags.out, comparePage(comparisons, details, null, swapped));
      } catch (error) {
        throw writeError(flags.out, error);
      }
      lines.push(`page  ${pathToFileURL(resolve(flags.out, 'compare.html')).href}`);
    }
  }
  const text = flags.json
    ? `${JSON.stringify(comparisons, null, 2)}\n`
    : flags.md
      ? comparisonMarkdown(comparisons)
      : `${[...comparisons.flatMap((comparison) => comparisonLines(comparison, style)), ...lines].join('\n')}\n`;
  return { text, exitCode: comparisons.some(({ counts }) => counts.regressed > 0) ? 1 : 0 };
}

type Located = Omit<Party, 'root'> & { folder: string };

/** A comparison for a terminal: the line that sums up, then what differs, worst first, alike cases as one. */
export function comparisonLines(comparison: Comparison, style: Style): string[] {
  const colour = pc.createColors(style.colour);
  const { a, b, cases } = comparison;
  const ascii: Readonly<Record<string, string>> = {
    regressed: 'v',
    removed: '-',
    changed: '*',
    fixed: '^',
    added: '+',
  };
  return [
    '',
    ...fitted(
      `A ${visible(a.agent)} (run ${visible(a.run)})  B ${visible(b.agent)} (run ${visible(b.run)})`,
      '',
      '  ',
      style,
    ).map(colour.bold),
    ...fitted(comparisonSentence(comparison), '', '  ', style),
    '',
    ...groupSimilarComparedCases(comparison).flatMap(
      ({ cases: [{ change }, ...others], name, ranges, sentence, turn }) => {
        const { glyph, word } = changeFaces(comparison)[change];
        const mark = style.unicode ? glyph : ascii[change];
        const became = others.length === 0 ? '' : turnWords(turn);
        return [
          ...fitted(`${colour.bold(visible(name))} ${word}${became}: ${visible(sentence)}`, `${mark} `, '  ', style),
          ...rangeLines(ranges, '    ', '    ', style),
        ];
      },
    ),
    ...(cases.length === 0 ? [] : ['']),
  ];
}

/** The report at a path; undefined when nothing is there. */
function find(path: string): Found | undefined {
  if (!existsSync(path)) return undefined;
  const file = statSync(path).isDirectory() ? join(path, 'report.json') : path;
  const report = readReportFile(file, {
    what: 'This is no report of a run.',
    todo: 'Name the folder a run wrote with --out.',
  });
  return { report, folder: resolve(file, '..') };
}

function mustFind(from: string, a: string, b: string): Found {
  const found = find(from);
  if (found !== undefined) return found;
  throw new HarnessError(2, {
    what: `Neither is there a folder for each of "${a}" and "${b}", nor a report they could be agents of.`,
    where: resolve(from),
    todo: 'Name two folders of reports, or two agents of the report that --from names.',
  });
}

function twoAgents({ report, folder }: Found, a: string, b: string): [Located, Located] {
  const party = (name: string): Located => {
    const agent = report.agents.find((one) => one.name === name || one.slug === name);
    if (agent !== undefined) return { report, agent, folder };
    throw new HarnessError(2, {
      what: `"${name}" is neither a folder nor an agent of the report.`,
      where: folder,
      why: `The report has: ${report.agents.map((one) => one.name).join(', ') || 'none'}.`,
      todo: 'Name two folders of reports, or two of these agents.',
    });
  };
  return [party(a), party(b)];
}

/** Agents of the same name; two reports of one agent each are compared whatever the names are. */
function agentsInCommon(a: Found, b: Found, only: string | undefined): [Located, Located][] {
  const wanted = (name: string) => only === undefined || name === only;
  const pairs = a.report.agents
    .filter(({ name }) => wanted(name))
    .flatMap((agent): [Located, Located][] => {
      const other = b.report.agents.find(({ name }) => name === agent.name);
      return other === undefined
        ? []
        : [
            [
              { ...a, agent },
              { ...b, agent: other },
            ],
          ];
    });
  if (pairs.length > 0) return pairs;
  const [[agentA, ...moreA], [agentB, ...moreB]] = [a.report.agents, b.report.agents];
  if (agentA !== undefined && agentB !== undefined && moreA.length + moreB.length === 0 && only === undefined)
    return [
      [
        { ...a, agent: agentA },
        { ...b, agent: agentB },
      ],
    ];
  const names = ({ report }: Found) => report.agents.map(({ name }) => name).join(', ');
  throw new HarnessError(2, {
    what:
      only === undefined ? 'The two reports have no agent in common.' : `The agent "${only}" is not in both reports.`,
    why: `A has: ${names(a)}. B has: ${names(b)}.`,
    todo: 'Compare runs of the same server.',
  });
}

/** From a page in `out` to the folder of a report, as a relative address. */
function wayTo(out: string, folder: string): string {
  const way = relative(resolve(out), folder).split(sep).map(encodeURIComponent).join('/');
  return way === '' ? '' : `${way}/`;
}

/** Reads the recorded case of a report from the report's own folder; undefined if it cannot be read. */
function detailsIn(suite: Suite, { report, folder }: Located): DetailOf {
  return (slug, id) => {
    const agent = report.agents.find((one) => one.slug === slug);
    const path = agent?.cases.find((one) => one.id === id)?.result;
    if (agent === undefined || !path || !resolve(folder, path).startsWith(folder + sep)) return undefined;
    const { agents } = readResults(suite, dirname(resolve(folder, path)), {
      cases: [id],
      agents: [agent.name],
      extraIsFault: false,
    });
    const [result] = agents[0]?.results ?? [];
    return result?.did === 'run' ? result.detail : undefined;
  };
}
