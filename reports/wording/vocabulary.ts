import type { CaseInfo, CaseVerdict, Report, Verdict } from '../document/report.ts';
import { type SuiteFacts, suiteOfCase } from '../document/suite-facts.ts';

/**
 * How a value is shown: a glyph, a word, and a tone. The tone is the name of a pair of colours in the style sheets.
 * Every value has a glyph and a word, so no value is shown by colour alone.
 */
export interface Face {
  glyph: string;
  word: string;
  tone: string;
}

/** The glyph, the word and the colours (`tone`) of a planned case that has no result. */
export const MISSING_FACE: Face = { glyph: '○', word: 'MISSING', tone: 'missing' };
/** The glyph, the word and the colours (`tone`) of a planned case that was skipped. */
export const SKIPPED_FACE: Face = { glyph: '–', word: 'SKIPPED', tone: 'skipped' };

/**
 * The glyph, the word and the colours (`tone`) of each verdict. Better results are blue, and worse results are orange.
 * The glyph and the word serve readers who see no colours.
 */
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

/** The verdicts from worst to best. Lists of cases that need attention are sorted in this order. */
const SEVERITY: readonly Verdict[] = ['regressed', 'missing', 'changed', 'new', 'flaky', 'improved', 'skipped', 'same'];

/** A case that needs attention, together with the agent to which the case belongs. */
export interface Attention {
  agent: Report['agents'][number];
  case: CaseVerdict;
}

/**
 * Lists all cases whose verdict is neither `same` nor `skipped`, worst first. Cases with the same verdict are in the
 * order of the plan. The list leaves out cases that did not run because `--bail` ended the run.
 */
export function needsAttention(report: Report): Attention[] {
  return report.agents
    .flatMap((agent) =>
      report.cases
        .map((info) => ({ agent, case: verdictOf(agent, info.id) }))
        .filter((entry) => isNotable(entry.case.verdict) && !isLeftOut(report, entry.case)),
    )
    .sort((a, b) => SEVERITY.indexOf(a.case.verdict) - SEVERITY.indexOf(b.case.verdict));
}

/**
 * Returns whether an outcome is unexpected and makes the run fail. A flaky case is unexpected, unless the expectation
 * file lists the case as flaky. A listed case is not run again and therefore has no `tries`.
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

/** Returns whether a case has no result only because `--bail` ended the run. */
export function isLeftOut({ run, problems }: Report, { verdict }: CaseVerdict): boolean {
  return run.bail !== undefined && problems.length === 0 && verdict === 'missing';
}

/** Returns whether a case needs attention because of its verdict. */
export function isNotable(verdict: Verdict): boolean {
  return verdict !== 'same' && verdict !== 'skipped';
}

const indexes = new WeakMap<Report['agents'][number], Map<string, CaseVerdict>>();

/**
 * Finds the verdict of an agent on one case of the plan. If the agent's list does not contain the case, the verdict is
 * `missing`.
 */
export function verdictOf(agent: Report['agents'][number], id: string): CaseVerdict {
  let index = indexes.get(agent);
  if (index === undefined) {
    index = new Map(agent.cases.map((caseVerdict) => [caseVerdict.id, caseVerdict]));
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

/**
 * Finds the suite of a planned case. For an id that is not in the plan, the function returns the first suite of the
 * report.
 */
export function suiteOf({ suites, cases }: Pick<Report, 'suites' | 'cases'>, id: string): SuiteFacts {
  let index = suiteIndexes.get(cases);
  if (index === undefined) {
    index = new Map(cases.map((info) => [info.id, suiteOfCase(suites, info)]));
    suiteIndexes.set(cases, index);
  }
  return index.get(id) ?? suiteOfCase(suites);
}

/** The names of close codes, from RFC 6455 7.4.1 and, for 1012 to 1014, from the IANA registry. */
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

/** Returns the name of a close code for people. RFC 6455 7.4.2 defines the ranges of close codes. */
export function closeCodeName(code: number): string {
  const name = CLOSE_CODES.get(code);
  if (name !== undefined) return name;
  if (code >= 3000 && code <= 3999) return 'registered by a library or framework';
  if (code >= 4000 && code <= 4999) return 'private use';
  if (code >= 1000 && code <= 2999) return 'reserved for the protocol';
  return 'not a valid close code';
}

/** Writes a close code with its name, for example `1002 (protocol error)`. Returns `none` if no close code was sent. */
export function closeCode(code: number | null): string {
  return code === null ? 'none' : `${code} (${closeCodeName(code)})`;
}

/** Returns the name of an opcode (RFC 6455 5.2 and 11.8). */
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

/** Writes a duration for people: `8 ms`, `2.0 s` or `4 m 12 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
}

/**
 * Writes an integer with a comma between thousands: `65,536`. The function does not use `Intl`, because loading the
 * tables of `Intl` takes 11 ms.
 */
export function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Writes a number with a noun in the right form: `1 case`, `3 cases`. */
export function plural(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? '' : 's'}`;
}
