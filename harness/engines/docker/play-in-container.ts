import type Docker from 'dockerode';
import { HarnessError } from '../../support/harness-error.ts';
import type { PlayEvent } from '../engine.ts';
import { orAborted } from './abort.ts';
import { packFile } from './archive.ts';
import type { ContainerEnd } from './container.ts';
import { runToEnd } from './container.ts';
import { SPEC } from './container-spec.ts';
import { caseStarted, HeadAndTail } from './log.ts';

/** How long wstest may stay silent after a traceback. The longest wait of any case is 1,000 s (9.5.x), so then it hangs. */
const STUCK_AFTER_MS = 1_030_000;
/** What `timeout` exits with when the time was up. */
const TIME_WAS_UP = 124;

/** One run of wstest in one container: its log read, its case in flight known, its end told from a failure. */
export class SuiteRun {
  /** The container's name. */
  readonly name: string;
  readonly #log = new HeadAndTail();
  readonly #emit: (event: PlayEvent) => void;
  #inFlight: string | undefined;
  #ended = false;
  #stuck: NodeJS.Timeout | undefined;
  readonly #hung = new AbortController();

  constructor(name: string, emit: (event: PlayEvent) => void) {
    this.name = name;
    this.#emit = emit;
  }

  /** The case whose connection was opened last and is not known to be over. */
  get inFlight(): string | undefined {
    return this.#ended ? undefined : this.#inFlight;
  }

  /** The command: `timeout` within the container makes it end by itself when the harness is killed and cannot end it. */
  static command(seconds: number): string[] {
    return ['timeout', '-k', '5', String(Math.ceil(seconds)), 'wstest', '-m', 'fuzzingclient', '-s', `/${SPEC}`];
  }

  /** Hands in the spec and plays it to its end. Throws HarnessError(3) on every end but a good one. */
  async play(container: Docker.Container, spec: string, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#hung.signal]);
    try {
      const archive = await packFile(SPEC, spec);
      await orAborted(either, container.putArchive(archive, { path: '/' }));
      const ending = await runToEnd(container, either, (line) => this.#read(line));
      const failure = describeEnding(ending);
      if (failure !== undefined) throw this.trouble(failure.what, failure.todo);
      if (this.#inFlight !== undefined) this.#emit({ kind: 'ended', id: this.#inFlight });
      this.#ended = true;
    } finally {
      clearTimeout(this.#stuck);
    }
  }

  /** A HarnessError(3) of this container, with the case in flight and the end of its log. */
  trouble(what: string, todo: string, why?: string): HarnessError {
    const id = this.#inFlight;
    return new HarnessError(3, {
      what: id === undefined ? `${what}, before its first case` : `${what}, in case ${id}`,
      where: `container ${this.name}`,
      ...(why === undefined ? {} : { why }),
      todo,
      ...(id === undefined ? {} : { case: id }),
      tail: this.#log.last(20),
    });
  }

  #read(line: string): void {
    this.#log.add(line);
    this.#emit({ kind: 'log', text: line });
    const id = caseStarted(line);
    if (id !== undefined) {
      if (this.#inFlight !== undefined) this.#emit({ kind: 'ended', id: this.#inFlight });
      this.#inFlight = id;
      this.#emit({ kind: 'started', id });
    }
    // wstest survives most exceptions, also those a server provokes, and goes on to the next case. Some it does not
    // survive, and then it neither goes on nor ends: an unknown id, a report that cannot be written.
    if (line.startsWith('Traceback (most recent call last)')) {
      this.#stuck ??= setTimeout(() => {
        this.#hung.abort(
          this.trouble('wstest threw an exception and hangs', 'its traceback is below; run the case alone'),
        );
      }, STUCK_AFTER_MS);
    } else this.#stuck?.refresh();
    if (line.includes('self.createReports()')) {
      this.#hung.abort(this.trouble('wstest could not write its reports', 'its last output is below'));
    }
  }
}

/** What kind of end it was: undefined for a good one. 137 is SIGKILL's exit code, 143 SIGTERM's. */
export function describeEnding(ending: ContainerEnd): { what: string; todo: string } | undefined {
  if (ending.oomKilled) {
    return {
      what: 'the engine’s container was killed: out of memory',
      todo: 'give Docker more memory, or lower --jobs',
    };
  }
  if (ending.exitCode === TIME_WAS_UP) {
    return { what: 'the engine’s container ran out of time', todo: 'raise --timeout, or look why the case hangs' };
  }
  if (ending.exitCode > 128) {
    return {
      what: `the engine’s container was killed by signal ${ending.exitCode - 128} from outside`,
      todo: 'run again; look who ends containers on this machine',
    };
  }
  if (ending.exitCode !== 0) {
    return { what: `wstest ended with exit code ${ending.exitCode}`, todo: 'its last output is below' };
  }
  return undefined;
}
