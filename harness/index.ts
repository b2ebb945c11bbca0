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
import { omitUndefined } from './support/omit-undefined.ts';

/*
 * Entry point of the library: runs the same pipeline as the command. `ws-conformance/reports` contains the report document
 * and its renderers. `ws-conformance/server` contains the WebSocket server.
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
/** The 517 cases: id, title, category, RFC sections, and the time that the real suite needs, in milliseconds. */
export { catalogue } from './suites/autobahn/catalogue.ts';
export { normalise } from './suites/autobahn/normalise.ts';
export { HarnessError } from './support/harness-error.ts';

/** The server to test: a running server with a `url`, or a command that starts a server. A started server is ended after the run. */
export type TestedServer = ConnectionSettings &
  (
    | { readonly url: string }
    | {
        /** Program and arguments. `{port}` is replaced by a free port, which is also in the environment variable PORT. */
        readonly command: readonly string[];
        readonly cwd?: string;
        readonly env?: Readonly<Record<string, string>>;
        /** Path of the WebSocket endpoint. Default: `/`. */
        readonly path?: string;
        /** Port of the started server. Default: a free port. */
        readonly port?: number;
        /** Whether the server uses TLS (`wss:`). */
        readonly tls?: boolean;
      }
  );

/** How the engine connects to the server. */
interface ConnectionSettings {
  /**
   * The sign that the server is ready: an answer to an opening handshake (default), an echo of a text message, a TCP
   * connection, or a printed line.
   */
  readonly ready?: 'handshake' | 'echo' | 'tcp' | { readonly line: string };
  /** Seconds that the server may take until it is ready. */
  readonly readySeconds?: number;
  /** Subprotocols that the opening handshake offers. */
  readonly protocols?: readonly string[];
  /** Value of the header field `Origin`. */
  readonly origin?: string;
  /** More header fields of the opening handshake. Only the embedded engine can send them. */
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM file with the trusted certificate authorities. Default: every certificate is trusted. */
  readonly caFile?: string;
}

/** The server, the cases and the options of a run. */
export interface RunSettings {
  readonly server: TestedServer;
  /** Name of the server in the report. */
  readonly agent?: string;
  /** Patterns of cases, as on the command line: `7.1.6`, `7`, `@core`, `!9`. Default: all 517 cases. */
  readonly cases?: readonly string[];
  /** Default: `native`, which needs only Node. */
  readonly engine?: EngineChoice;
  /** Path of the expectation file. Default: every case is expected to be conformant. */
  readonly expected?: string;
  /** Folder of the report. An existing report is replaced. Default: `conformance-report`. */
  readonly out?: string;
  /** Number of cases (or containers) at the same time. */
  readonly jobs?: number;
  /** Whether the grade NON-STRICT fails the run. */
  readonly strict?: boolean;
  /** Most retries of an unexpected outcome. A case whose outcomes differ is `flaky`, which is unexpected too. */
  readonly retries?: number;
  /** Number of unexpected outcomes that ends the run. */
  readonly bail?: number;
  /** Ends the run early. The report then says INCOMPLETE. */
  readonly signal?: AbortSignal;
  /** Seconds after which the run is ended as hung. */
  readonly timeoutSeconds?: number;
}

/**
 * Runs the cases against a server, writes the report, and returns the report. `report.gate` contains the decision.
 * @throws HarnessError with `exitCode` 2 for a wrong setting or expectation file, 3 if no report is possible.
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
      playOptions: omitUndefined({ jobs, timeoutSeconds }),
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

/** The configuration of the tested server, with absolute paths. */
function serverOf({ server, agent = 'server', expected }: RunSettings): ServerConfig {
  const absolute = (path: string | undefined) => (path === undefined ? undefined : resolve(path));
  return {
    ...unnamedServer(agent),
    ...server,
    ...omitUndefined({
      caFile: absolute(server.caFile),
      cwd: absolute('cwd' in server ? server.cwd : undefined),
      expectedFile: absolute(expected),
    }),
  };
}

/**
 * Reads a result folder of an engine or of `wstest`. Never throws because of the content of the folder: each planned case
 * gets a result or the reason why it has none, and everything that cannot be trusted becomes a problem.
 * @param cases ids that must have a result. Default: all 517 cases.
 */
export function readResults(folder: string, cases: readonly string[] = suiteIds): ReturnType<typeof readFolder> {
  return readFolder(autobahn, folder, { cases, extraIsFault: false });
}

/**
 * Lists the facts in which an outcome differs from the expected outcome. Each difference says whether it is better, worse or
 * neither. Empty if the outcomes are equal.
 * @param expected default: the outcome of a conformant server.
 * @throws HarnessError with exit code 2 for an id that the suite does not have.
 */
export function diff(id: string, actual: Outcome, expected?: Outcome): readonly Difference[] {
  if (!suiteIds.includes(id)) {
    throw new HarnessError(2, {
      what: `The suite has no case "${id}".`,
      where: 'diff',
      why: `The ids go from ${suiteIds[0]} to ${suiteIds.at(-1)}.`,
      todo: `Did you mean "${closestTo(id, suiteIds)}"?`,
    });
  }
  const conformant = autobahn.conformant(id);
  return compareOutcomes(autobahn, expected ?? conformant, actual, conformant);
}
