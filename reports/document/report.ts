import { z } from 'zod';
import { type Outcome, outcomeSchemaOf, suiteFactsSchema, suiteOfCase } from './suite-facts.ts';

export type { Outcome } from './suite-facts.ts';

/**
 * The Report: the document that every renderer reads, published as `report.json`. `reports/` owns the schema, and the
 * harness fills in the values. Increase `schemaVersion` if a field changes its meaning or is removed. A new optional
 * field does not need a new version.
 */

/** Every verdict. `same` means as expected; `new` means that there is no expectation; `missing` means no result. */
export const VERDICTS = ['same', 'regressed', 'improved', 'changed', 'new', 'missing', 'flaky', 'skipped'] as const;
/** The result of comparing one case with its expectation. */
export type Verdict = (typeof VERDICTS)[number];

/** What one case did, made comparable. The keys are the names of the fields that its suite describes. */
const outcomeSchema = z.record(z.string(), z.unknown());

/**
 * A field whose actual value is not the expected value. `toward` says whether the actual value is worse, better, or
 * neither.
 */
const differenceSchema = z.object({
  /** Name of the field, for example `behaviorClose`. */
  at: z.string(),
  expected: z.unknown(),
  actual: z.unknown(),
  toward: z.enum(['worse', 'better', 'sideways']),
});
/** A difference between an actual and an expected outcome. */
export type Difference = z.infer<typeof differenceSchema>;

/**
 * A reason why no verdict was possible, which ends a run with exit code 3: what happened, where, why, what to do, and
 * the end of a log.
 */
const problemSchema = z.object({
  what: z.string(),
  where: z.string().optional(),
  why: z.string().optional(),
  todo: z.string().optional(),
  agent: z.string().optional(),
  case: z.string().optional(),
  /** Last lines of the output that explains the problem, for example the server's stderr or the engine's log. */
  tail: z.array(z.string()).optional(),
});
/** A problem that kept the run from a verdict. */
export type Problem = z.infer<typeof problemSchema>;

/** One run of a case that was run several times. */
const trySchema = z.object({
  verdict: z.enum(VERDICTS),
  outcome: outcomeSchema,
  durationMs: z.number().nullable(),
  /** Path of the recorded JSON of this try, relative to the report's folder. */
  result: z.string(),
});
/** One try of a case that was run several times. */
export type Try = z.infer<typeof trySchema>;

/** The verdict of one agent in one case. */
const caseVerdictSchema = z.object({
  id: z.string(),
  /**
   * `flaky` has two causes: the outcome is one that the expectation file lists as flaky, or the case has `tries` with
   * different outcomes.
   */
  verdict: z.enum(VERDICTS),
  /** The actual outcome of the case; null if the case has no result. */
  actual: outcomeSchema.nullable(),
  /**
   * The outcome that the case is compared with: that of the expectation file, or that of a conformant server if the
   * file has no entry.
   */
  expected: outcomeSchema.nullable(),
  differences: z.array(differenceSchema),
  /** The verdict in one sentence for people. */
  sentence: z.string(),
  /** Reason of a known deviation, and the address of its discussion, both from the expectation file. */
  why: z.string().optional(),
  issue: z.string().optional(),
  /** Line of the case's entry in the expectation file, from 1; absent if the file has no entry. */
  line: z.number().int().optional(),
  /**
   * Line after which a new entry for the case belongs in the expectation file. Only for a case that has no entry and is
   * not as expected.
   */
  insertLine: z.number().int().optional(),
  durationMs: z.number().nullable(),
  /** Set if the page of the case does not show everything: a payload or the wire log was cut. */
  truncated: z.literal(true).optional(),
  /**
   * Set if the engine played the case twice, beside other cases and alone, with two outcomes: how the outcome beside other
   * cases differed, as part of a sentence. `actual` is the outcome alone.
   */
  unsteady: z.string().optional(),
  /**
   * First lines that the server printed while the case was running. Other cases may have been running at the same time.
   */
  serverOutput: z.array(z.string()).optional(),
  /** Path of the recorded JSON of the case, relative to the report's folder; null if the case has no result. */
  result: z.string().nullable(),
  /** Every run of a case that was run again because its outcome was unexpected. The first try is also `actual`. */
  tries: z.array(trySchema).min(2).optional(),
});
/** The verdict of one agent in one case, with the outcomes that it compares. */
export type CaseVerdict = z.infer<typeof caseVerdictSchema>;

/** An agent, which is a server or client that the suite tested. */
const agentSchema = z.object({
  /** Name of the agent as the user wrote it. The name may hold any characters: escape them. */
  name: z.string(),
  /** Name of the agent's folders and files: only `[a-z0-9.-]`, unique in the report. */
  slug: z.string(),
  url: z.string(),
  /** Command that started the agent; absent if the agent was already running. */
  command: z.string().optional(),
  /** Path of the agent's expectation file, relative to the working directory; absent if there is no file. */
  expectedFile: z.string().optional(),
  cases: z.array(caseVerdictSchema),
});
/** The part of a report about one agent. */
export type AgentReport = z.infer<typeof agentSchema>;

/**
 * A case of the plan. `rfc` lists sections such as `RFC 6455 5.5.1`. `weightMs` is the duration of the case in the real
 * suite. `timed` is set for the cases whose duration says something about the subject: the history keeps their durations.
 */
const caseInfoSchema = z.object({
  id: z.string(),
  title: z.string(),
  category: z.string(),
  categoryTitle: z.string(),
  subcategory: z.string().nullable(),
  subcategoryTitle: z.string().nullable(),
  rfc: z.array(z.string()),
  weightMs: z.number(),
  timed: z.literal(true).optional(),
  /** Id of the suite that the case belongs to. Absent: the first suite of the report. */
  suite: z.string().optional(),
});
/** A case of the plan: id, title, category and RFC sections. */
export type CaseInfo = z.infer<typeof caseInfoSchema>;

const engineSchema = z.object({
  name: z.enum(['docker', 'native', 'recorded']),
  /** One line about the engine: which suite, which image, and why this engine was chosen. */
  summary: z.string(),
  suiteVersion: z.string().optional(),
  image: z.string().optional(),
  digest: z.string().optional(),
  architecture: z.string().optional(),
  network: z.string().optional(),
  jobs: z.number().int().optional(),
});
/** The engine that ran the cases. */
export type EngineFacts = z.infer<typeof engineSchema>;

const documentSchema = z.object({
  schemaVersion: z.literal(1),
  tool: z.object({ name: z.string(), version: z.string() }),
  run: z.object({
    id: z.string(),
    /** When the run started: UTC, ISO 8601. */
    started: z.string(),
    durationMs: z.number(),
    /** A command that repeats this run. */
    command: z.string(),
    /** Words of a command that repeats one case of this run, if the id of the case is appended. */
    rerun: z.array(z.string()).optional(),
    commit: z.string().nullable(),
    dirty: z.boolean().nullable(),
    /** Set if the run is one shard of a plan: number of the shard, number of shards, and the ids of the whole plan. */
    shard: z.object({ index: z.number().int(), count: z.number().int(), plan: z.array(z.string()) }).optional(),
    /**
     * The CI job that made the run, in the words of the CI system. Text from strangers: anyone who opens a pull request
     * names a branch.
     */
    ci: z
      .object({
        name: z.string(),
        branch: z.string().optional(),
        job: z.string().optional(),
        url: z.string().optional(),
      })
      .optional(),
    /** Result of `--retries`. */
    retries: z
      .object({
        /** How many times a case was run again at most. */
        limit: z.number().int(),
        /** Number of cases that were run again, and how many of them had different outcomes. */
        cases: z.number().int(),
        flaky: z.number().int(),
        /** Agents that had too many unexpected outcomes to run them again. */
        leftOut: z.array(z.object({ agent: z.string(), cases: z.number().int() })),
      })
      .optional(),
    /** Set if `--bail` ended the run after `limit` unexpected outcomes. Cases without a result were not run. */
    bail: z.object({ limit: z.number().int() }).optional(),
    host: z.object({ platform: z.string(), node: z.string(), cpus: z.number().int() }),
  }),
  engine: engineSchema,
  /** The suites of the planned cases, with a description of their outcomes. */
  suites: z.array(suiteFactsSchema).min(1),
  /** Deprecated: name, version and number of cases of the first suite, for readers that do not know `suites`. */
  suite: z
    .object({ name: z.string(), version: z.string(), cases: z.number().int() })
    .optional()
    .meta({ deprecated: true }),
  gate: z.object({
    /** The decision of the run. `undecided` means that no verdict was possible, whatever the outcomes are. */
    decision: z.enum(['passed', 'failed', 'undecided']),
    exitCode: z.number().int(),
    /** The decision in one sentence, which every page shows first. */
    sentence: z.string(),
    counts: z.record(z.enum(VERDICTS), z.number().int()),
    strict: z.boolean(),
  }),
  problems: z.array(problemSchema),
  /** The plan in numeric order. Every count of a report is out of these cases. */
  cases: z.array(caseInfoSchema),
  agents: z.array(agentSchema),
});

/**
 * The schema of `report.json`. In addition to the shape, the schema checks every outcome against the fields of its
 * suite, so a grade that the suite does not have is refused.
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
/** The document of one run: facts of the run, plan, verdicts and decision. */
export type Report = z.infer<typeof documentSchema>;
