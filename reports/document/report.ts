import { z } from 'zod';
import { type Outcome, outcomeSchemaOf, suiteFactsSchema, suiteOfCase } from './suite-facts.ts';

export type { Outcome } from './suite-facts.ts';

/**
 * The Report: the one document every renderer reads, and `report.json` as it is published. It is owned here, by the
 * room that renders it; the harness fills it in (`harness/expectations/judge-cases.ts`). Bump `schemaVersion` when a field changes
 * its meaning or goes away; adding an optional field does not need it.
 */

export const VERDICTS = ['same', 'regressed', 'improved', 'changed', 'new', 'missing', 'flaky', 'skipped'] as const;
/** One case, held against what was expected of it. */
export type Verdict = (typeof VERDICTS)[number];

/** What one case did, made comparable. The keys are the names of its suite's fields; see `suite-facts.ts`. */
const outcomeSchema = z.record(z.string(), z.unknown());

/** One field whose values differ. `toward` says whether the actual value is worse or better than the expected one, or neither. */
const differenceSchema = z.object({
  /** Name of the field. */
  at: z.string(),
  expected: z.unknown(),
  actual: z.unknown(),
  toward: z.enum(['worse', 'better', 'sideways']),
});
export type Difference = z.infer<typeof differenceSchema>;

/** Something that kept us from knowing: the reason for exit code 3. The four parts every error has, and a log's end. */
const problemSchema = z.object({
  what: z.string(),
  where: z.string().optional(),
  why: z.string().optional(),
  todo: z.string().optional(),
  agent: z.string().optional(),
  case: z.string().optional(),
  /** Last lines of the output that tells more (the server's stderr, the engine's log). */
  tail: z.array(z.string()).optional(),
});
export type Problem = z.infer<typeof problemSchema>;

/** One play of a case that was played more than once. */
const trySchema = z.object({
  verdict: z.enum(VERDICTS),
  outcome: outcomeSchema,
  durationMs: z.number().nullable(),
  /** Path of the recorded JSON, relative to the report's folder. */
  result: z.string(),
});
export type Try = z.infer<typeof trySchema>;

const caseVerdictSchema = z.object({
  id: z.string(),
  /**
   * `flaky` is one of the outcomes that the expectation file calls flaky, or, where there are `tries`, a case that came
   * out differently when it was played again.
   */
  verdict: z.enum(VERDICTS),
  /** null when there is no result to compare. */
  actual: outcomeSchema.nullable(),
  /** What the case was held to: the expectation file's word where it has one, else what a conformant server does. */
  expected: outcomeSchema.nullable(),
  differences: z.array(differenceSchema),
  /** The verdict in one sentence, for people. */
  sentence: z.string(),
  /** The expectation's own reason for a known deviation, and where it is discussed. */
  why: z.string().optional(),
  issue: z.string().optional(),
  /** Line of the expectation in its file, 1-based, when it stands there. */
  line: z.number().int().optional(),
  /** Where it does not, and something is to be told: the line of what an entry for it would stand behind, or first in. */
  insertLine: z.number().int().optional(),
  durationMs: z.number().nullable(),
  /** Something of it is not on its page: a payload or wire log that was cut. Absent where nothing was. */
  truncated: z.literal(true).optional(),
  /** What the server printed while the case was in flight, perhaps beside others; its first lines. */
  serverOutput: z.array(z.string()).optional(),
  /** Path of the recorded JSON, relative to the report's folder. */
  result: z.string().nullable(),
  /** Every play of a case that was played again since its outcome was unexpected; the first is `actual`. */
  tries: z.array(trySchema).min(2).optional(),
});
export type CaseVerdict = z.infer<typeof caseVerdictSchema>;

const agentSchema = z.object({
  /** Display name, as the user gave it: may hold anything, escape it. */
  name: z.string(),
  /** Name of its folders and files: `[a-z0-9.-]` only, unique in the run. */
  slug: z.string(),
  url: z.string(),
  /** The command that started it; absent when it was already running. */
  command: z.string().optional(),
  /** Path of the expectation file as the user would write it; absent when the defaults alone were used. */
  expectedFile: z.string().optional(),
  cases: z.array(caseVerdictSchema),
});
export type AgentReport = z.infer<typeof agentSchema>;

/** A case of the plan. `rfc` lists sections such as `RFC 6455 5.5.1`; `weightMs` is what the real suite took for it. */
const caseInfoSchema = z.object({
  id: z.string(),
  title: z.string(),
  category: z.string(),
  categoryTitle: z.string(),
  subcategory: z.string().nullable(),
  subcategoryTitle: z.string().nullable(),
  rfc: z.array(z.string()),
  weightMs: z.number(),
  /** Id of the suite that the case belongs to. Absent: the first suite of the report. */
  suite: z.string().optional(),
});
export type CaseInfo = z.infer<typeof caseInfoSchema>;

const engineSchema = z.object({
  name: z.enum(['docker', 'native', 'recorded']),
  /** One line: which suite, which image, why this engine. */
  summary: z.string(),
  suiteVersion: z.string().optional(),
  image: z.string().optional(),
  digest: z.string().optional(),
  architecture: z.string().optional(),
  network: z.string().optional(),
  jobs: z.number().int().optional(),
});
export type EngineFacts = z.infer<typeof engineSchema>;

const documentSchema = z.object({
  schemaVersion: z.literal(1),
  tool: z.object({ name: z.string(), version: z.string() }),
  run: z.object({
    id: z.string(),
    /** UTC, ISO 8601. */
    started: z.string(),
    durationMs: z.number(),
    /** A command that plays the same run again. */
    command: z.string(),
    /** Words of a command that runs one case of this run again. Append the id of the case. */
    rerun: z.array(z.string()).optional(),
    commit: z.string().nullable(),
    dirty: z.boolean().nullable(),
    /** Where the run is one of several shares of a plan: which of how many, and the ids of the whole plan. */
    shard: z.object({ index: z.number().int(), count: z.number().int(), plan: z.array(z.string()) }).optional(),
    /** The CI job it ran in, as that says itself. Foreign text: a branch is named by whoever opens a pull request. */
    ci: z
      .object({
        name: z.string(),
        branch: z.string().optional(),
        job: z.string().optional(),
        url: z.string().optional(),
      })
      .optional(),
    /** What `--retries` came to. */
    retries: z
      .object({
        /** How often a case was played again at most. */
        limit: z.number().int(),
        /** How many cases were played again, and how many of them came out differently. */
        cases: z.number().int(),
        flaky: z.number().int(),
        /** Agents with more unexpected outcomes than are played again: none of theirs was. */
        leftOut: z.array(z.object({ agent: z.string(), cases: z.number().int() })),
      })
      .optional(),
    /** The run was ended by `--bail`, at so many unexpected outcomes: what has no result was not played. */
    bail: z.object({ limit: z.number().int() }).optional(),
    host: z.object({ platform: z.string(), node: z.string(), cpus: z.number().int() }),
  }),
  engine: engineSchema,
  /** The suites whose cases were planned, with a description of their outcomes. */
  suites: z.array(suiteFactsSchema).min(1),
  /** Deprecated: name, version and number of cases of the first suite, for readers that do not know `suites`. */
  suite: z
    .object({ name: z.string(), version: z.string(), cases: z.number().int() })
    .optional()
    .meta({ deprecated: true }),
  gate: z.object({
    /** `undecided`: we could not tell, whatever the outcomes look like. */
    decision: z.enum(['passed', 'failed', 'undecided']),
    exitCode: z.number().int(),
    /** The decision in words, first thing on every page. */
    sentence: z.string(),
    counts: z.record(z.enum(VERDICTS), z.number().int()),
    strict: z.boolean(),
  }),
  problems: z.array(problemSchema),
  /** The plan, in numeric order: the denominator of everything. */
  cases: z.array(caseInfoSchema),
  agents: z.array(agentSchema),
});

/**
 * `report.json`. In addition to the shape, the schema checks every outcome against the fields of its suite, so a grade
 * that the suite does not have is refused.
 */
export const reportSchema = documentSchema.superRefine((report, context) => {
  const suites = new Map(report.cases.map((info) => [info.id, suiteOfCase(report.suites, info)]));
  const check = (id: string, outcome: Outcome | null, path: readonly (string | number)[]) => {
    if (outcome === null) return;
    const checked = outcomeSchemaOf(suites.get(id) ?? suiteOfCase(report.suites)).safeParse(outcome);
    for (const issue of checked.error?.issues ?? [])
      context.addIssue({ ...issue, path: [...path, ...issue.path] } as Parameters<typeof context.addIssue>[0]);
  };
  for (const [agentAt, agent] of report.agents.entries())
    for (const [caseAt, { id, actual, expected, tries = [] }] of agent.cases.entries()) {
      const path = ['agents', agentAt, 'cases', caseAt];
      check(id, actual, [...path, 'actual']);
      check(id, expected, [...path, 'expected']);
      for (const [tryAt, { outcome }] of tries.entries()) check(id, outcome, [...path, 'tries', tryAt, 'outcome']);
    }
});
export type Report = z.infer<typeof documentSchema>;
