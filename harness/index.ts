import { resolve } from 'node:path';
import type { Difference, Outcome, Report } from '../reports/document/report.ts';
import { type ServerConfig, unnamedServer } from './config/config.ts';
import { today } from './expectations/read-expectations.ts';
import { compareOutcomes } from './plan/compare-outcomes.ts';
import { makePlan } from './plan/plan.ts';
import { readResults as readFolder } from './results/read-results.ts';
import { chooseEngine, type EngineChoice, wishesOf } from './run/choose-engine.ts';
import { playServers } from './run/play-servers.ts';
import { REGISTRY } from './run/registry.ts';
import { run as runPipeline } from './run/run.ts';
import { suiteIds } from './suites/autobahn/catalogue.ts';
import { autobahn } from './suites/autobahn/suite.ts';
import { closestTo } from './support/did-you-mean.ts';
import { HarnessError } from './support/harness-error.ts';

/**
 * The library: what the command does, for programs. `ws-conformance/reports` has the document and its renderers,
 * `ws-conformance/server` the WebSocket server.
 */

export type { RecordedCase } from '../reports/document/recorded-case.ts';
export type {
  AgentReport,
  CaseInfo,
  CaseVerdict,
  Difference,
  EngineFacts,
  Problem,
  Report,
  Verdict,
} from '../reports/document/report.ts';
export type { AgentResults, Result } from './results/read-results.ts';
export type { EngineChoice } from './run/choose-engine.ts';
/** The 517 cases: id, title, category, RFC sections, and the time that the real suite takes for each, in milliseconds. */
export { catalogue } from './suites/autobahn/catalogue.ts';
export { normalise } from './suites/autobahn/normalise.ts';
export { HarnessError } from './support/harness-error.ts';

/** Which server is to be tested: one that is running, or one to start and to end again. */
export type TestedServer = SpokenTo &
  (
    | { readonly url: string }
    | {
        /** argv; `{port}` in it is replaced by a free port, which is in the environment as PORT too. */
        readonly command: readonly string[];
        readonly cwd?: string;
        readonly env?: Readonly<Record<string, string>>;
        /** Path of its WebSocket endpoint; `/` when left out. */
        readonly path?: string;
        /** Its port, where it can have no other. */
        readonly port?: number;
        /** Whether it speaks `wss:`. */
        readonly tls?: boolean;
      }
  );

/** How a server is spoken to. */
interface SpokenTo {
  /** When it is ready: it answers an opening handshake (the rule), sends a text back, takes a TCP connection, or prints a line. */
  readonly ready?: 'handshake' | 'echo' | 'tcp' | { readonly line: string };
  readonly readySeconds?: number;
  readonly protocols?: readonly string[];
  readonly origin?: string;
  /** Further header fields of the opening handshake; only the embedded engine can send them. */
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM file with the authorities to trust; without it any certificate will do. */
  readonly caFile?: string;
}

/** What to run. */
export interface RunSettings {
  readonly server: TestedServer;
  /** Its name in the report. */
  readonly agent?: string;
  /** As on the command line: `7.1.6`, `7`, `@core`, `!9`; all 517 when left out. */
  readonly cases?: readonly string[];
  /** `native` when left out: it needs nothing but Node. */
  readonly engine?: EngineChoice;
  /** Expectation file; without one the server is held to conformance. */
  readonly expected?: string;
  /** Folder of the report, replaced as a whole; `conformance-report` when left out. */
  readonly out?: string;
  /** How many cases (or containers) at once. */
  readonly jobs?: number;
  /** NON-STRICT fails. */
  readonly strict?: boolean;
  /** How often an unexpected outcome is played again at most; one that differs then is `flaky`, and not expected either. */
  readonly retries?: number;
  /** The run ends at so many unexpected outcomes; the rest is not played. */
  readonly bail?: number;
  /** Ends the run early; the report then says INCOMPLETE. */
  readonly signal?: AbortSignal;
  /** The run is given up after so many seconds. */
  readonly timeoutSeconds?: number;
}

/**
 * Plays the cases against a server, writes the report, and returns it: `report.gate` has the decision.
 * @throws HarnessError with `exitCode` 2 for a wrong setting or expectation file, 3 where nothing could be told.
 */
export async function run(settings: RunSettings): Promise<Report> {
  const { cases = [], engine = 'native', out = 'conformance-report', strict = false } = settings;
  const server = serverOf(settings);
  const [{ suite, engines }] = REGISTRY;
  const { jobs, timeoutSeconds } = settings;
  const source = playServers(
    suite,
    chooseEngine(engines, engine, wishesOf([server])),
    {
      servers: [server],
      playOptions: {
        ...(jobs === undefined ? {} : { jobs }),
        ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
      },
      patienceSeconds: 30,
      retries: settings.retries,
      bail: settings.bail,
      strict,
      onServer: () => {},
      onEvent: () => {},
    },
    today(),
  );
  const command = `ws-conformance ${cases.join(' ')}`.trim();
  const options = { plan: makePlan(suite.cases, cases, suite.groups), out, strict, command };
  return await runPipeline(suite, source, options, settings.signal ?? new AbortController().signal);
}

function serverOf({ server, agent = 'server', expected }: RunSettings): ServerConfig {
  return {
    ...unnamedServer(agent),
    ...server,
    ...(server.caFile === undefined ? {} : { caFile: resolve(server.caFile) }),
    ...('cwd' in server && server.cwd !== undefined ? { cwd: resolve(server.cwd) } : {}),
    ...(expected === undefined ? {} : { expectedFile: resolve(expected) }),
  };
}

/**
 * Reads a folder of Autobahn's JSON, ours or anybody's. Never throws for what the folder holds: each planned case gets
 * a result, or the reason why it has none, and whatever cannot be trusted is a problem.
 * @param cases the ids that must be there; all 517 when left out.
 */
export function readResults(folder: string, cases: readonly string[] = suiteIds): ReturnType<typeof readFolder> {
  return readFolder(autobahn, folder, { cases, extraIsFault: false });
}

/**
 * The fields in which an outcome is not the expected one, each with whether that is better or worse. Empty when they
 * are the same.
 * @param expected what the case is held to; what a conformant server does when left out.
 * @throws HarnessError (2) for an id that the suite does not have.
 */
export function diff(id: string, actual: Outcome, expected?: Outcome): readonly Difference[] {
  if (!suiteIds.includes(id)) {
    throw new HarnessError(2, {
      what: `The suite has no case "${id}".`,
      where: 'diff',
      why: `Its ids go from ${suiteIds[0]} to ${suiteIds.at(-1)}.`,
      todo: `Did you mean "${closestTo(id, suiteIds)}"?`,
    });
  }
  const conformant = autobahn.conformant(id);
  return compareOutcomes(autobahn, expected ?? conformant, actual, conformant);
}
