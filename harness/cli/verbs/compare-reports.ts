import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DetailOf } from '../../../reports/document/files.ts';
import type { Report } from '../../../reports/document/report.ts';
import { comparisonMarkdown } from '../../../reports/formats/markdown-comparison.ts';
import { comparisonLines } from '../../../reports/formats/terminal-comparison.ts';
import { comparePage } from '../../../reports/pages/compare-page.ts';
import type { Style } from '../../../reports/wording/terminal-text.ts';
import { writeFiles } from '../../../reports/write.ts';
import type { Suite } from '../../plan/suite.ts';
import { compareAgents, type Party } from '../../reporting/compare-reports.ts';
import { readReportFile } from '../../reporting/report-file.ts';
import { readResults } from '../../results/read-results.ts';
import { type Registry, suiteOfReport } from '../../run/registry.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { writeError } from '../../system/report-folder.ts';

/** The values of the options of `compare`. */
export interface CompareFlags {
  /** Folder of the report that contains the agents A and B, if A and B are not folders. */
  from: string;
  /** Folder for `compare.html`. Without this option no page is written. */
  out?: string;
  /** Name of the only agent (tested server) to compare, if A and B are reports. */
  agent?: string;
  json?: boolean;
  md?: boolean;
}

/** A report and its folder. */
interface LocatedReport {
  report: Report;
  folder: string;
}

/**
 * Compares B with A. Both are report folders, or both are agents (tested servers) of one report. Writes `compare.html`
 * if `flags.out` is set.
 * @returns the text for stdout, and the exit code: 1 if a case regressed from A to B, otherwise 0.
 * @throws HarnessError with exit code 2 if A or B does not exist, or if the reports have no agent in common.
 * @throws HarnessError with exit code 3 if the page cannot be written.
 */
export async function compareReports(
  registry: Registry,
  a: string,
  b: string,
  flags: CompareFlags,
  style: Style,
): Promise<{ text: string; exitCode: number }> {
  const [reportA, reportB] = [findReport(a), findReport(b)];
  const pairs =
    reportA !== undefined && reportB !== undefined
      ? agentsInCommon(reportA, reportB, flags.agent)
      : [twoAgents(requireReport(flags.from, a, b), a, b)];
  const root = (folder: string) => (flags.out === undefined ? '' : relativeAddress(flags.out, folder));
  const compare = (
    left: LocatedReport & { agent: Party['agent'] },
    right: LocatedReport & { agent: Party['agent'] },
  ) => {
    const { suite } = suiteOfReport(registry, left.report, left.folder);
    return compareAgents(suite, { ...left, root: root(left.folder) }, { ...right, root: root(right.folder) });
  };
  const comparisons = pairs.map(([left, right]) => compare(left, right));
  const lines: string[] = [];
  if (flags.out !== undefined) {
    const [first] = pairs;
    if (first !== undefined) {
      const swapped = pairs.map(([left, right]) => compare(right, left));
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

/** An agent (tested server), its report, and the folder of the report. */
type LocatedAgent = Omit<Party, 'root'> & { folder: string };

/** The report at a path, which is a report folder or a report.json; undefined if the path does not exist. */
function findReport(path: string): LocatedReport | undefined {
  if (!existsSync(path)) return undefined;
  const file = statSync(path).isDirectory() ? join(path, 'report.json') : path;
  const report = readReportFile(file, {
    what: 'The file is not a report of a run.',
    todo: 'Name the folder that a run wrote with --out.',
  });
  return { report, folder: resolve(file, '..') };
}

function requireReport(from: string, a: string, b: string): LocatedReport {
  const report = findReport(from);
  if (report !== undefined) return report;
  throw new HarnessError(2, {
    what: `"${a}" and "${b}" are not two report folders, and there is no report with two agents of these names.`,
    where: resolve(from),
    todo: 'Name two report folders, or two agents of the report in the folder of --from.',
  });
}

function twoAgents({ report, folder }: LocatedReport, a: string, b: string): [LocatedAgent, LocatedAgent] {
  const party = (name: string): LocatedAgent => {
    const agent = report.agents.find((candidate) => candidate.name === name || candidate.slug === name);
    if (agent !== undefined) return { report, agent, folder };
    throw new HarnessError(2, {
      what: `"${name}" is not a folder, and the report has no agent with this name.`,
      where: folder,
      why: `The report has these agents: ${report.agents.map((other) => other.name).join(', ') || 'none'}.`,
      todo: 'Name two report folders, or two of these agents.',
    });
  };
  return [party(a), party(b)];
}

/**
 * Pairs of agents (tested servers) with the same name in both reports. If each report has only one agent, these two are
 * a pair even if their names differ.
 * @param only name of the only agent to compare.
 */
function agentsInCommon(a: LocatedReport, b: LocatedReport, only: string | undefined): [LocatedAgent, LocatedAgent][] {
  const isSelected = (name: string) => only === undefined || name === only;
  const pairs = a.report.agents
    .filter(({ name }) => isSelected(name))
    .flatMap((agent): [LocatedAgent, LocatedAgent][] => {
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
  const names = ({ report }: LocatedReport) => report.agents.map(({ name }) => name).join(', ');
  throw new HarnessError(2, {
    what:
      only === undefined ? 'The two reports have no agent in common.' : `The agent "${only}" is not in both reports.`,
    why: `The agents of A are: ${names(a)}. The agents of B are: ${names(b)}.`,
    todo: 'Compare runs of the same server.',
  });
}

/** The relative address that leads from a page in the folder `out` to the folder of a report. */
function relativeAddress(out: string, folder: string): string {
  const path = relative(resolve(out), folder).split(sep).map(encodeURIComponent).join('/');
  return path === '' ? '' : `${path}/`;
}

/** A function that reads a recorded case from the folder of a report. It returns undefined if the case cannot be read. */
function detailsIn(suite: Suite, { report, folder }: LocatedAgent): DetailOf {
  return (slug, id) => {
    const agent = report.agents.find((candidate) => candidate.slug === slug);
    const path = agent?.cases.find((result) => result.id === id)?.result;
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
