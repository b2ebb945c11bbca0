import type { CaseInfo, CaseVerdict, Report, Verdict } from '../document/report.ts';
import { type SuiteFacts, suiteOfCase } from '../document/suite-facts.ts';

/** How a word is shown: never by colour alone. `tone` names a pair of colours in `templates/report.css`. */
export interface Face {
  glyph: string;
  word: string;
  tone: string;
}

/** Shown in place of a grade where there is no result. */
export const MISSING_FACE: Face = { glyph: '○', word: 'MISSING', tone: 'missing' };
export const SKIPPED_FACE: Face = { glyph: '–', word: 'SKIPPED', tone: 'skipped' };

/** The mark of change: blue for better, orange for worse, told apart by glyph and word too. */
export const VERDICT_FACES: Readonly<Record<Verdict, Face>> = {
  regressed: { glyph: '▼', word: 'regressed', tone: 'worse' },
  missing: { glyph: '○', word: 'missing', tone: 'worse' },
  changed: { glyph: '±', word: 'changed', tone: 'other' },
  new: { glyph: '+', word: 'new', tone: 'other' },
  flaky: { glyph: '↻', word: 'flaky', tone: 'other' },
  improved: { glyph: '▲', word: 'improved', tone: 'better' },
  skipped: { glyph: '–', word: 'skipped', tone: 'quiet' },
  same: { glyph: '=', word: 'as expected', tone: 'quiet' },
};

/** Worst first: the order of every list of cases that need attention. */
const SEVERITY: readonly Verdict[] = ['regressed', 'missing', 'changed', 'new', 'flaky', 'improved', 'skipped', 'same'];

/** A case somebody should look at, with the agent it belongs to. */
export interface Attention {
  agent: Report['agents'][number];
  case: CaseVerdict;
}

/**
 * All cases whose verdict is neither `same` nor `skipped`, worst first, then in the order of the plan. What was not
 * played any more since there was enough, as the user wished, is not among them.
 */
export function needsAttention(report: Report): Attention[] {
  return report.agents
    .flatMap((agent) =>
      report.cases
        .map((info) => ({ agent, case: verdictOf(agent, info.id) }))
        .filter((one) => isNews(one.case.verdict) && !isLeftOut(report, one.case)),
    )
    .sort((a, b) => SEVERITY.indexOf(a.case.verdict) - SEVERITY.indexOf(b.case.verdict));
}

/**
 * Whether an outcome is not one that is expected of the server: it stops a merge. `flaky` is, unless the expectation
 * file says so: then the case was not played again.
 */
export function isUnexpected({ verdict, tries }: Pick<CaseVerdict, 'verdict' | 'tries'>): boolean {
  switch (verdict) {
    case 'regressed':
    case 'changed':
    case 'new':
    case 'improved':
      return true;
    case 'flaky':
      return tries !== undefined;
    case 'same':
    case 'missing':
    case 'skipped':
      return false;
  }
}

/** Whether a case has no result for the one reason that `--bail` ended the run. */
export function isLeftOut({ run, problems }: Report, { verdict }: CaseVerdict): boolean {
  return run.bail !== undefined && problems.length === 0 && verdict === 'missing';
}

/** Whether a verdict asks for somebody's attention. */
export function isNews(verdict: Verdict): boolean {
  return verdict !== 'same' && verdict !== 'skipped';
}

const indexes = new WeakMap<Report['agents'][number], Map<string, CaseVerdict>>();

/** The verdict on one planned case; a case of the plan that the agent's list lacks is missing, never left out. */
export function verdictOf(agent: Report['agents'][number], id: string): CaseVerdict {
  let index = indexes.get(agent);
  if (index === undefined) {
    index = new Map(agent.cases.map((one) => [one.id, one]));
    indexes.set(agent, index);
  }
  return (
    index.get(id) ?? {
      id,
      verdict: 'missing',
      actual: null,
      expected: null,
      differences: [],
      sentence: 'There is no result for this case, so nothing is known about it.',
      durationMs: null,
      result: null,
    }
  );
}

const suiteIndexes = new WeakMap<readonly CaseInfo[], Map<string, SuiteFacts>>();

/** The suite of one planned case; the first suite of the report for an id that is not in the plan. */
export function suiteOf({ suites, cases }: Pick<Report, 'suites' | 'cases'>, id: string): SuiteFacts {
  let index = suiteIndexes.get(cases);
  if (index === undefined) {
    index = new Map(cases.map((info) => [info.id, suiteOfCase(suites, info)]));
    suiteIndexes.set(cases, index);
  }
  return index.get(id) ?? suiteOfCase(suites);
}

/** Close codes with a registered meaning. RFC 6455 7.4.1, and the IANA registry for 1012 to 1014. */
const CLOSE_CODES: ReadonlyMap<number, string> = new Map([
  [1000, 'normal closure'],
  [1001, 'going away'],
  [1002, 'protocol error'],
  [1003, 'unsupported data'],
  [1004, 'reserved'],
  [1005, 'no status received, never on the wire'],
  [1006, 'abnormal closure, never on the wire'],
  [1007, 'invalid payload data'],
  [1008, 'policy violation'],
  [1009, 'message too big'],
  [1010, 'mandatory extension missing'],
  [1011, 'internal error'],
  [1012, 'service restart'],
  [1013, 'try again later'],
  [1014, 'bad gateway'],
  [1015, 'TLS handshake failure, never on the wire'],
]);

/** What a close code means, for people. RFC 6455 7.4.2 gives the ranges. */
export function closeCodeName(code: number): string {
  const name = CLOSE_CODES.get(code);
  if (name !== undefined) return name;
  if (code >= 3000 && code <= 3999) return 'registered by a library or framework';
  if (code >= 4000 && code <= 4999) return 'private use';
  if (code >= 1000 && code <= 2999) return 'reserved for the protocol';
  return 'not a valid close code';
}

/** `1002 (protocol error)`, or `none` where no code was sent. */
export function closeCode(code: number | null): string {
  return code === null ? 'none' : `${code} (${closeCodeName(code)})`;
}

/** RFC 6455 5.2 and 11.8: what an opcode is called. */
export function opcodeName(opcode: number): string {
  switch (opcode) {
    case 0:
      return 'continuation';
    case 1:
      return 'text';
    case 2:
      return 'binary';
    case 8:
      return 'close';
    case 9:
      return 'ping';
    case 10:
      return 'pong';
    default:
      return opcode < 8 ? 'reserved data' : 'reserved control';
  }
}

/** `8 ms`, `2.0 s`, `4 m 12 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
}

/** An integer with its thousands set apart: `65,536`. By hand, since the tables of Intl take 11 ms to load. */
export function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 case`, `3 cases`. */
export function plural(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? '' : 's'}`;
}
