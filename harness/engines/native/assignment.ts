import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { addressOf } from '../../subject/address.ts';
import { distrusted, isDistrust, trustOf } from '../../subject/certificates.ts';
import { type Case, CORPORA } from '../../suites/autobahn/cases/case.ts';
import { caseById, SUITE_VERSION } from '../../suites/autobahn/cases/index.ts';
import { HarnessError } from '../../support/harness-error.ts';
import type { Assignment } from '../engine.ts';
import type { ServerEndpoint } from './case-play.ts';
import { MessageStore } from './compressed.ts';
import { Corpora } from './data.ts';
import { TIMEOUTS, type Timeouts } from './endpoint.ts';
import { type PlayerEvents, playCases } from './player.ts';
import { type CaseRecord, recordOf, reportFile, toJson } from './record.ts';
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
 * Plays one assignment. Rejects with the signal's reason when aborted, with HarnessError when an id is unknown (exit code 2),
 * the server cannot be reached at all, the folder cannot be written or the time is up (3). A server that goes away in
 * the middle leaves a folder without the cases it could not play.
 */
export async function playAssignment(assignment: Assignment & { jobs: number }, options: NativeOptions): Promise<void> {
  const messages = new MessageStore(corporaOf(options));
  const cases = assignment.cases.map(known);
  const opponent: ServerEndpoint = { ...opponentOf(assignment, options), messages };
  const folder = new ResultsFolder(assignment.folder, assignment.agent);
  const deadline =
    assignment.timeoutSeconds === undefined ? null : AbortSignal.timeout(Math.ceil(assignment.timeoutSeconds * 1000));
  const signal = deadline === null ? assignment.signal : AbortSignal.any([assignment.signal, deadline]);
  try {
    const events: PlayerEvents = {
      started: (id) => assignment.onProgress({ kind: 'case', id, at: 'started' }),
      finished: (played) => {
        const { id, content, entry } = recordOf(played, assignment.agent);
        const provisional = assignment.jobs > 1 && played.timed && !folder.has(id);
        folder.put({ id, content, entry });
        assignment.onProgress({ kind: 'case', id, at: 'finished', content, ...(provisional ? { provisional } : {}) });
      },
      note: (text) => assignment.onProgress({ kind: 'note', text }),
    };
    for (const together of assignment.oneByOne ? cases.map((one) => [one]) : [cases]) {
      const end = await playCases(together, opponent, { jobs: assignment.jobs, signal }, events);
      if (end.ended === 'all played') continue;
      unreachable(end.error, assignment, folder.size);
      break;
    }
  } catch (error) {
    if (deadline?.aborted && !assignment.signal.aborted) throw timeIsUp(assignment, folder.size);
    throw error;
  } finally {
    await folder.close();
  }
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
  const url = new URL(assignment.url);
  if (url.protocol !== 'wss:' && url.protocol !== 'ws:')
    throw new HarnessError(2, {
      what: `${assignment.url} is no WebSocket address.`,
      where: 'the address of the server',
      why: `Its scheme is ${url.protocol} where ws: or wss: is needed.`,
      todo: 'Write ws://host:port/path.',
      agent: assignment.agent,
    });
  const { host, port, secure } = addressOf(assignment.url);
  return {
    address: { host, port, tls: secure ? trustOf(assignment.url, assignment.ca) : null },
    request: {
      host: url.hostname,
      port,
      resource: `${url.pathname}${url.search}`,
      userAgent: options.userAgent ?? `ws-conformance (the cases of AutobahnTestSuite ${SUITE_VERSION})`,
      origin: assignment.origin,
      protocols: assignment.protocols,
      headers: assignment.headers,
    },
    patience: { ...TIMEOUTS, ...options.patience },
    ...(options.trace === undefined ? {} : { trace: options.trace }),
  };
}

/** A server that was never there is trouble; one that went away in the middle is for the reader of the folder to find. */
function unreachable(error: Error, assignment: Assignment, played: number): void {
  if (played > 0) {
    assignment.onProgress({ kind: 'note', text: `the server at ${assignment.url} went away: ${error.message}` });
    return;
  }
  if (isDistrust(error)) throw distrusted(assignment.url, error);
  throw new HarnessError(
    3,
    {
      what: `No connection to the server at ${assignment.url}.`,
      where: 'the embedded engine, before the first case',
      why: error.message,
      todo: 'See that the server runs and listens on that address.',
      agent: assignment.agent,
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

/** So often at most is the index written while cases are played. */
const INDEX_EVERY_MS = 1000;

/** The folder of one play: files as cases end; the index at the end, and before it now and then, for who cannot wait. */
class ResultsFolder {
  readonly #folder: string;
  readonly #agent: string;
  readonly #entries = new Map<string, CaseRecord['entry']>();
  /** The latest write of each file; a case played again is written again. */
  readonly #writes = new Map<string, Promise<void>>();
  /** The index that is to be written next, or is being written. */
  #index: Promise<void> | undefined;
  #closing = new AbortController();

  constructor(folder: string, agent: string) {
    this.#folder = folder;
    this.#agent = agent;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  put(record: Pick<CaseRecord, 'id' | 'content' | 'entry'>): void {
    this.#entries.set(record.id, record.entry);
    const path = join(this.#folder, reportFile(this.#agent, record.id));
    const text = toJson(record.content);
    const before = this.#writes.get(path) ?? Promise.resolve();
    const write = before.then(() => writeFile(path, text));
    // Whoever closes the folder hears of a failed write; until then it is nobody's unhandled rejection.
    write.catch(() => undefined);
    this.#writes.set(path, write);
    this.#index ??= this.#writeIndexSoon().finally(() => {
      this.#index = undefined;
    });
  }

  /** It lists what is whole by then; one that cannot be written now will be tried again, and told, at the end. */
  async #writeIndexSoon(): Promise<void> {
    try {
      await pause(INDEX_EVERY_MS, undefined, { signal: this.#closing.signal, ref: false });
      const entries = Object.fromEntries(this.#entries);
      await Promise.all(this.#writes.values());
      await this.#writeIndex(entries);
    } catch {
      return;
    }
  }

  async #writeIndex(entries: Readonly<Record<string, unknown>>): Promise<void> {
    const path = join(this.#folder, 'index.json');
    await writeFile(`${path}.new`, toJson({ [this.#agent]: entries }));
    await rename(`${path}.new`, path);
  }

  /** Waits for all files and writes the index. Rejects with HarnessError where one could not be written. */
  async close(): Promise<void> {
    try {
      this.#closing.abort();
      await this.#index;
      await Promise.all(this.#writes.values());
      await this.#writeIndex(Object.fromEntries(this.#entries));
    } catch (error) {
      throw new HarnessError(
        3,
        {
          what: 'The results could not be written.',
          where: this.#folder,
          why: error instanceof Error ? error.message : String(error),
          todo: 'See that the folder is there, may be written to and has room.',
        },
        { cause: error },
      );
    }
  }
}
