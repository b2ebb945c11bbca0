import { addressOf } from '../../subject/address.ts';
import { distrusted, isDistrust, trustOf } from '../../subject/certificates.ts';
import { type Case, CORPORA } from '../../suites/autobahn/cases/case.ts';
import { caseById, SUITE_VERSION } from '../../suites/autobahn/cases/index.ts';
import { autobahnJson } from '../../support/autobahn-json.ts';
import { HarnessError } from '../../support/harness-error.ts';
import type { Assignment, PlayEvent } from '../engine.ts';
import type { TestedServer } from './case-play.ts';
import { Corpora } from './messages/corpora.ts';
import { MessageStore } from './messages/message-store.ts';
import { type PlayerEvents, playCases } from './player.ts';
import { recordOf, reportFile } from './record.ts';
import { TIMEOUTS, type Timeouts } from './timers.ts';
import type { Trace } from './trace.ts';

/** Settings of the embedded engine. */
export interface NativeOptions {
  /** Value of the `User-Agent` field of every request. */
  userAgent?: string;
  /**
   * Folder with Autobahn's messages for the compression cases (12.x and 13.x); without it, the messages are generated.
   */
  dataFolder?: string;
  /** Receives every frame and every timer of all cases, at the time when it happens. */
  trace?: Trace;
  /** Timeouts that differ from Autobahn's. Only tests set them, to wait for a shorter time. */
  timeouts?: Partial<Timeouts>;
}

/**
 * Plays the cases of an assignment (the cases for one server) and emits an event for each step. If the server goes away
 * during the run, the remaining cases have no record. Rejects with the signal's reason if aborted. Rejects with
 * HarnessError if a case id is unknown (exit code 2), if the server cannot be reached before the first case (3), or if
 * the time is up (3).
 */
export async function playAssignment(
  assignment: Assignment & { jobs: number },
  options: NativeOptions,
  emit: (event: PlayEvent) => void,
): Promise<void> {
  const messages = new MessageStore(loadCorpora(options));
  const cases = assignment.cases.map(findCase);
  const url = urlToConnect(assignment);
  const server: TestedServer = { ...connectionTo(url, assignment, options), messages };
  const deadline =
    assignment.timeoutSeconds === undefined ? null : AbortSignal.timeout(Math.ceil(assignment.timeoutSeconds * 1000));
  const signal = deadline === null ? assignment.signal : AbortSignal.any([assignment.signal, deadline]);
  const recorded = new Set<string>();
  try {
    const events: PlayerEvents = {
      started: (id) => emit({ kind: 'started', id }),
      finished: (played, provisional) => {
        const { id, content, entry } = recordOf(played, assignment.agent);
        recorded.add(id);
        emit({ kind: 'ended', id });
        const record = { id, file: reportFile(assignment.agent, id), text: autobahnJson(content), entry };
        emit({ kind: 'recorded', record, ...(provisional ? { provisional } : {}) });
      },
      note: (text) => emit({ kind: 'note', text }),
    };
    for (const batch of assignment.oneByOne ? cases.map((testCase) => [testCase]) : [cases]) {
      const end = await playCases(batch, server, { jobs: assignment.jobs, signal }, events);
      if (end.ended === 'all played') continue;
      if (recorded.size === 0) throw unreachable(end.error, url, assignment);
      emit({ kind: 'note', text: `the server at ${url} went away: ${end.error.message}` });
      break;
    }
  } catch (error) {
    if (deadline?.aborted && !assignment.signal.aborted) throw timeIsUp(assignment, recorded.size);
    throw error;
  }
}

/**
 * Returns the URL of the tested server.
 * @throws HarnessError with exit code 2 if the tested program is a client, which is not supported yet.
 */
function urlToConnect({ reach, agent }: Assignment): string {
  if (reach.by === 'connecting') return reach.url;
  throw new HarnessError(2, {
    what: 'The embedded engine tests servers only.',
    where: agent,
    why: 'The subject is a client, which would have to connect to the engine.',
    todo: 'Name a server.',
    agent,
  });
}

/**
 * Returns the messages of the compression cases (12.x and 13.x). Autobahn's files are read immediately, because a
 * missing file should be an error before the first case.
 * @throws HarnessError with exit code 2 if a file cannot be read.
 */
function loadCorpora({ dataFolder }: NativeOptions): Corpora {
  const corpora = new Corpora(dataFolder ?? null);
  if (dataFolder === undefined) return corpora;
  try {
    for (const corpus of CORPORA) corpora.get(corpus);
  } catch (error) {
    throw new HarnessError(
      2,
      {
        what: 'The data for the compressed messages cannot be read.',
        where: dataFolder,
        why: error instanceof Error ? error.message : String(error),
        todo: 'Name the folder with the five data files of Autobahn, or omit the option.',
      },
      { cause: error },
    );
  }
  return corpora;
}

/** Returns the case with an id. @throws HarnessError with exit code 2 for an unknown id. */
function findCase(id: string): Case {
  const testCase = caseById(id);
  if (testCase !== undefined) return testCase;
  throw new HarnessError(2, {
    what: `There is no case ${id}.`,
    where: 'the plan for the embedded engine',
    why: `The embedded engine has only the cases of Autobahn ${SUITE_VERSION}.`,
    todo: 'List all cases with `ws-conformance list`.',
    case: id,
  });
}

/**
 * Returns address, request and timeouts for connections to `address`.
 * @throws HarnessError with exit code 2 if the address does not start with ws: or wss:.
 */
function connectionTo(address: string, assignment: Assignment, options: NativeOptions): Omit<TestedServer, 'messages'> {
  const handshake = assignment.reach.by === 'connecting' ? assignment.reach.handshake : {};
  const url = new URL(address);
  if (url.protocol !== 'wss:' && url.protocol !== 'ws:')
    throw new HarnessError(2, {
      what: `${address} is not a WebSocket address.`,
      where: 'the address of the server',
      why: `The scheme is ${url.protocol}, not ws: or wss:.`,
      todo: 'Write an address such as ws://host:port/path.',
      agent: assignment.agent,
    });
  const { host, port, secure } = addressOf(address);
  return {
    address: { host, port, tls: secure ? trustOf(address, handshake.ca) : null },
    request: {
      host: url.hostname,
      port,
      resource: `${url.pathname}${url.search}`,
      userAgent: options.userAgent ?? `ws-conformance (the cases of AutobahnTestSuite ${SUITE_VERSION})`,
      origin: handshake.origin,
      protocols: handshake.protocols,
      headers: handshake.headers,
    },
    timeouts: { ...TIMEOUTS, ...options.timeouts },
    ...(options.trace === undefined ? {} : { trace: options.trace }),
  };
}

function unreachable(error: Error, url: string, { agent }: Assignment): HarnessError {
  if (isDistrust(error)) return distrusted(url, error);
  return new HarnessError(
    3,
    {
      what: `No connection to the server at ${url}.`,
      where: 'the embedded engine, before the first case',
      why: error.message,
      todo: 'Check that the server is running and listens on that address.',
      agent,
    },
    { cause: error },
  );
}

function timeIsUp(assignment: Assignment, played: number): HarnessError {
  return new HarnessError(3, {
    what: `The cases were not finished within ${assignment.timeoutSeconds} s.`,
    where: `the embedded engine, with ${played} of ${assignment.cases.length} cases played`,
    why: 'The server is slow, or does not answer.',
    todo: 'Look at the missing cases, or allow more time with --timeout.',
    agent: assignment.agent,
  });
}
