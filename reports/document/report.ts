import { z } from 'zod';
import { type Outcome, outcomeSchemaOf, suiteFactsSchema, suiteOfCase } from './suite-facts.ts';

export type { Outcome } from './suite-facts.ts';

/**
 * The Report is the document that is published as `report.json` and that every renderer reads. `reports/` defines the
 * schema, and the harness fills in the values. If you change the meaning of a field or remove a field, increase
 * `schemaVersion`. A new optional field does not need a new version.
 */

/** Every verdict about a case. `same`: as expected. `new`: there is no expectation. `missing`: there is no result. */
export const VERDICTS = ['same', 'regressed', 'improved', 'changed', 'new', 'missing', 'flaky', 'skipped'] as const;
/** The result of the comparison of one case with its expectation. */
export type Verdict = (typeof VERDICTS)[number];

/** The outcome of one case: the facts that are compared. The keys are the field names that the suite describes. */
const outcomeSchema = z.record(z.string(), z.unknown());

/**
 * A field whose actual value is not the expected value. `toward` says whether the actual value is worse than the
 * expected value, better, or neither.
 */
const differenceSchema = z.object({
  /** The name of the field that differs, for example `behaviorClose`. */
  at: z.string(),
  expected: z.unknown(),
  actual: z.unknown(),
  toward: z.enum(['worse', 'better', 'sideways']),
});
/** One field in which the actual outcome of a case differs from the expected outcome. */
export type Difference = z.infer<typeof differenceSchema>;

/**
 * A reason why the run has no verdict, so that the command exits with code 3. The fields say what happened, where, why,
 * and what to do. `tail` holds the end of a log.
 */
const problemSchema = z.object({
  what: z.string(),
  where: z.string().optional(),
  why: z.string().optional(),
  todo: z.string().optional(),
  agent: z.string().optional(),
  case: z.string().optional(),
  /** The last lines of an output that explains the problem, for example the server's stderr or the engine's log. */
  tail: z.array(z.string()).optional(),
});
/** A problem because of which the run has no verdict. */
export type Problem = z.infer<typeof problemSchema>;

/** One attempt of a case that `--retries` ran several times. */
const trySchema = z.object({
  verdict: z.enum(VERDICTS),
  outcome: outcomeSchema,
  durationMs: z.number().nullable(),
  /** The path of the JSON file that the engine recorded in this attempt, relative to the report's folder. */
  result: z.string(),
});
/** One attempt of a case that `--retries` ran several times. */
export type Try = z.infer<typeof trySchema>;

/** The verdict about one agent (a tested server or client) in one case. */
const caseVerdictSchema = z.object({
  id: z.string(),
  /**
   * The verdict about the case. A case is `flaky` for one of two reasons: the expectation file lists the outcome as
   * flaky, or the attempts in `tries` have different outcomes.
   */
  verdict: z.enum(VERDICTS),
  /** The actual outcome of the case; null if the case has no result. */
  actual: outcomeSchema.nullable(),
  /**
   * The outcome with which the case is compared. The expectation file gives this outcome; without an entry for the
   * case, it is the outcome of a conformant server.
   */
  expected: outcomeSchema.nullable(),
  differences: z.array(differenceSchema),
  /** The verdict, written as one sentence for people. */
  sentence: z.string(),
  /**
   * The reason for a known deviation from the RFC. The reason and the address in `issue` come from the expectation
   * file.
   */
  why: z.string().optional(),
  issue: z.string().optional(),
  /**
   * The line of the case's entry in the expectation file, counted from 1. Absent if the file has no entry for the case.
   */
  line: z.number().int().optional(),
  /**
   * The line of the expectation file after which a new entry for the case belongs. Set only if the case has no entry
   * and its outcome is unexpected.
   */
  insertLine: z.number().int().optional(),
  durationMs: z.number().nullable(),
  /** Set if the page of the case cannot show everything, because a payload or the wire log was cut. */
  truncated: z.literal(true).optional(),
  /**
   * Set if the engine played the case twice, first beside other cases and then alone, and got two outcomes. The text is
   * a part of a sentence and says how the first outcome differed. `actual` is the outcome of the case alone.
   */
  unsteady: z.string().optional(),
  /** The first lines that the server printed while this case was running. Other cases may have run at the same time. */
  serverOutput: z.array(z.string()).optional(),
  /** The path of the case's recorded JSON file, relative to the report's folder; null if the case has no result. */
  result: z.string().nullable(),
  /**
   * All attempts of a case that ran again because its outcome was unexpected. `actual` repeats the outcome of the first
   * one.
   */
  tries: z.array(trySchema).min(2).optional(),
});
/** The verdict about one agent in one case, with the actual and the expected outcome. */
export type CaseVerdict = z.infer<typeof caseVerdictSchema>;

/** An agent: a server or a client that the suite tested. */
const agentSchema = z.object({
  /**
   * The name of the agent, as the user wrote it. The name may contain any characters, so renderers must escape the
   * name.
   */
  name: z.string(),
  /**
   * The name of the agent's folders and files. A slug has only the characters `[a-z0-9.-]` and is unique in the report.
   */
  slug: z.string(),
  url: z.string(),
  /** The command that started the agent. Absent if the agent was already running. */
  command: z.string().optional(),
  /**
   * The path of the agent's expectation file, relative to the working directory. Absent if there is no expectation
   * file.
   */
  expectedFile: z.string().optional(),
  cases: z.array(caseVerdictSchema),
});
/** The part of a report about one agent, a tested server or client. */
export type AgentReport = z.infer<typeof agentSchema>;

/**
 * A case of the plan. `rfc` lists sections such as `RFC 6455 5.5.1`. `weightMs` is the time that the real suite needs
 * for the case. `timed` is set if the duration of the case says something about the tested server or client. The
 * history keeps the durations of timed cases.
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
  /** The id of the suite to which the case belongs. If absent, the case belongs to the first suite of the report. */
  suite: z.string().optional(),
});
/** A case of the plan, which is the list of cases to run: its id, title, category and RFC sections. */
export type CaseInfo = z.infer<typeof caseInfoSchema>;

const engineSchema = z.object({
  name: z.enum(['docker', 'native', 'recorded']),
  /** One line about the engine: which suite and which image it used, and why the tool chose this engine. */
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
    /** The start time of the run: UTC, in ISO 8601 format. */
    started: z.string(),
    durationMs: z.number(),
    /** A command that repeats this run. */
    command: z.string(),
    /** The words of a command that repeats one case of this run. The id of the case has to be appended to the words. */
    rerun: z.array(z.string()).optional(),
    commit: z.string().nullable(),
    dirty: z.boolean().nullable(),
    /**
     * Set if the run is a shard, which is one of several parts of a plan: the shard's number, the number of shards, the
     * whole plan.
     */
    shard: z.object({ index: z.number().int(), count: z.number().int(), plan: z.array(z.string()) }).optional(),
    /**
     * The CI job that made the run, in the words of the CI system. The text can come from strangers: anyone who opens a
     * pull request can choose the name of a branch.
     */
    ci: z
      .object({
        name: z.string(),
        branch: z.string().optional(),
        job: z.string().optional(),
        url: z.string().optional(),
      })
      .optional(),
    /** The figures of `--retries`, which runs cases with an unexpected outcome again. */
    retries: z
      .object({
        /** The maximum number of times that a case was run again. */
        limit: z.number().int(),
        /**
         * The number of cases that were run again. `flaky` is the number of these cases that had different outcomes.
         */
        cases: z.number().int(),
        flaky: z.number().int(),
        /** The agents whose cases were not run again, because these agents had too many unexpected outcomes. */
        leftOut: z.array(z.object({ agent: z.string(), cases: z.number().int() })),
      })
      .optional(),
    /** Set if `--bail` ended the run after `limit` unexpected outcomes. Cases without a result did not run. */
    bail: z.object({ limit: z.number().int() }).optional(),
    host: z.object({ platform: z.string(), node: z.string(), cpus: z.number().int() }),
  }),
  engine: engineSchema,
  /** The suites of the planned cases. Each suite describes the fields of its outcomes. */
  suites: z.array(suiteFactsSchema).min(1),
  /**
   * Deprecated: the name, the version and the number of cases of the first suite, for old readers that ignore `suites`.
   */
  suite: z
    .object({ name: z.string(), version: z.string(), cases: z.number().int() })
    .optional()
    .meta({ deprecated: true }),
  gate: z.object({
    /** The decision about the run. `undecided` means that the run proves neither a pass nor a failure. */
    decision: z.enum(['passed', 'failed', 'undecided']),
    exitCode: z.number().int(),
    /** The decision as one sentence. Every page shows this sentence first. */
    sentence: z.string(),
    counts: z.record(z.enum(VERDICTS), z.number().int()),
    strict: z.boolean(),
  }),
  problems: z.array(problemSchema),
  /**
   * The plan: all cases that the run had to play, in numeric order. Every count in the report refers to these cases.
   */
  cases: z.array(caseInfoSchema),
  agents: z.array(agentSchema),
});

/**
 * The schema of `report.json`. The schema also checks every outcome against the fields of the outcome's suite, so it
 * rejects a grade that the suite does not have.
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
/** The document about one run: the facts about the run, the plan, the verdicts and the decision. */
export type Report = z.infer<typeof documentSchema>;
