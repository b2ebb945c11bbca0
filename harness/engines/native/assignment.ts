import { autobahnJson } from '../../results/autobahn-json.ts';
import { addressOf } from '../../subject/address.ts';
import { distrusted, isDistrust, trustOf } from '../../subject/certificates.ts';
import { type Case, CORPORA } from '../../suites/autobahn/cases/case.ts';
import { caseById, SUITE_VERSION } from '../../suites/autobahn/cases/index.ts';
import { HarnessError } from '../../support/harness-error.ts';
import type { Assignment, PlayEvent } from '../engine.ts';
import type { ServerEndpoint } from './case-play.ts';
import { MessageStore } from './compressed.ts';
import { Corpora } from './data.ts';
import { TIMEOUTS, type Timeouts } from './endpoint.ts';
import { type PlayerEvents, playCases } from './player.ts';
import { recordOf, reportFile } from './record.ts';
import type { Trace } from './trace.ts';

export interface NativeOptions {
  /** How this tool names itself to servers. */
  userAgent?: string;
  /** The original's `testdata` folder, for its messages in 12.x and 13.x instead of our own. */
  dataFolder?: string;
  /** Hears of every frame and timer as it happens, of all cases that are played side by side. */
  trace?: Trace;
  /** Seconds to wait at each point where a server may keep us waiting; Autobahn's by default. */
  patience?: Partial<Timeouts>;
}

/**
 * Plays one assignment and emits what happens. Rejects with the signal's reason if aborted, with HarnessError if a case id is
 * unknown (exit code 2), the server cannot be reached at all or the time is up (3). If the server goes away during the run,
 * the cases that could not be played have no record.
 */
export async function playAssignment(
  assignment: Assignment & { jobs: number },
  options: NativeOptions,
  emit: (event: PlayEvent) => void,
): Promise<void> {
  const messages = new MessageStore(corporaOf(options));
  const cases = assignment.cases.map(known);
  const url = urlToConnect(assignment);
  const opponent: ServerEndpoint = { ...opponentOf(assignment, options), messages };
  const deadline =
    assignment.timeoutSeconds === undefined ? null : AbortSignal.timeout(Math.ceil(assignment.timeoutSeconds * 1000));
  const signal = deadline === null ? assignment.signal : AbortSignal.any([assignment.signal, deadline]);
  const recorded = new Set<string>();
  try {
    const events: PlayerEvents = {
      started: (id) => emit({ kind: 'started', id }),
      finished: (played) => {
        const { id, content, entry } = recordOf(played, assignment.agent);
        const provisional = assignment.jobs > 1 && played.timed && !recorded.has(id);
        recorded.add(id);
        emit({ kind: 'ended', id });
        const record = { id, file: reportFile(assignment.agent, id), text: autobahnJson(content), entry };
        emit({ kind: 'recorded', record, ...(provisional ? { provisional } : {}) });
      },
      note: (text) => emit({ kind: 'note', text }),
    };
    for (const together of assignment.oneByOne ? cases.map((one) => [one]) : [cases]) {
      const end = await playCases(together, opponent, { jobs: assignment.jobs, signal }, events);
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

/** @throws HarnessError (2) if the subject is a client: the embedded engine cannot play a server yet. */
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

/** Our own data, or the original's, read at once so that a missing file is told before the first case and not as a verdict. */
function corporaOf({ dataFolder }: NativeOptions): Corpora {
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
        todo: 'Name the folder that holds the five files of the original, or leave the option out.',
      },
      { cause: error },
    );
  }
  return corpora;
}

function known(id: string): Case {
  const one = caseById(id);
  if (one !== undefined) return one;
  throw new HarnessError(2, {
    what: `There is no case ${id}.`,
    where: 'the plan handed to the embedded engine',
    why: `It knows the cases of Autobahn ${SUITE_VERSION} and no others.`,
    todo: 'List the cases there are with `ws-conformance list`.',
    case: id,
  });
}

function opponentOf(assignment: Assignment, options: NativeOptions): Omit<ServerEndpoint, 'messages'> {
  const address = urlToConnect(assignment);
  const handshake = assignment.reach.by === 'connecting' ? assignment.reach.handshake : {};
  const url = new URL(address);
  if (url.protocol !== 'wss:' && url.protocol !== 'ws:')
    throw new HarnessError(2, {
      what: `${address} is no WebSocket address.`,
      where: 'the address of the server',
      why: `Its scheme is ${url.protocol} where ws: or wss: is needed.`,
      todo: 'Write ws://host:port/path.',
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
    patience: { ...TIMEOUTS, ...options.patience },
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
    why: 'The server kept cases waiting, or it is slow.',
    todo: 'Look at the cases that are missing, or allow more time with --timeout.',
    agent: assignment.agent,
  });
}
