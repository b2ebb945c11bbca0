import type Docker from 'dockerode';
import { HarnessError } from '../../support/harness-error.ts';
import type { PlayEvent } from '../engine.ts';
import { orAborted } from './abort.ts';
import { packFile } from './archive.ts';
import type { ContainerEnd } from './container.ts';
import { runToEnd } from './container.ts';
import { SPEC } from './container-spec.ts';
import { caseStarted, HeadAndTail } from './log.ts';

/**
 * After a traceback, wstest (Autobahn's command) counts as hung if it prints nothing for so many milliseconds. The
 * limit is long, because the longest case waits 1,000 s.
 */
const STUCK_AFTER_MS = 1_030_000;
/** Exit code of the `timeout` command if its program ran too long and was ended. */
const TIMED_OUT = 124;

/**
 * One run of wstest (Autobahn's command) in one container. Reads the output of wstest, knows which case is being
 * played, and detects failures.
 */
export class SuiteRun {
  /** Name of the container. */
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

  /**
   * Id of the case that wstest (Autobahn's command) is playing; undefined before the first case and after a successful
   * end.
   */
  get currentCase(): string | undefined {
    return this.#ended ? undefined : this.#inFlight;
  }

  /**
   * Returns the command that runs wstest (Autobahn's command) in the container for at most `seconds`. The `timeout`
   * program in the container enforces the limit even if the harness process was killed.
   */
  static command(seconds: number): string[] {
    return ['timeout', '-k', '5', String(Math.ceil(seconds)), 'wstest', '-m', 'fuzzingclient', '-s', `/${SPEC}`];
  }

  /**
   * Copies the spec (wstest's list of cases) into the container and runs wstest to its end. Throws HarnessError with
   * exit code 3 if wstest fails.
   */
  async play(container: Docker.Container, spec: string, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#hung.signal]);
    try {
      const archive = await packFile(SPEC, spec);
      await orAborted(either, container.putArchive(archive, { path: '/' }));
      const ending = await runToEnd(container, either, (line) => this.#read(line));
      const failure = describeEnding(ending);
      if (failure !== undefined) throw this.failure(failure.what, failure.todo);
      if (this.#inFlight !== undefined) this.#emit({ kind: 'ended', id: this.#inFlight });
      this.#ended = true;
    } finally {
      clearTimeout(this.#stuck);
    }
  }

  /**
   * Returns a HarnessError with exit code 3 about this container. It names the case that was being played and contains
   * the end of the output.
   */
  failure(what: string, todo: string, why?: string): HarnessError {
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
    // After most exceptions, wstest (Autobahn's command) continues with the next case. After some exceptions (an
    // unknown id, a report that cannot be written), it hangs: it neither continues nor ends.
    if (line.startsWith('Traceback (most recent call last)')) {
      this.#stuck ??= setTimeout(() => {
        this.#hung.abort(
          this.failure('wstest threw an exception and hangs', 'its traceback is below; run the case alone'),
        );
      }, STUCK_AFTER_MS);
    } else this.#stuck?.refresh();
    if (line.includes('self.createReports()')) {
      this.#hung.abort(this.failure('wstest could not write its reports', 'its last output is below'));
    }
  }
}

/**
 * Explains why a container failed; undefined for a successful end. An exit code above 128 is 128 plus a signal number.
 */
export function describeEnding(ending: ContainerEnd): { what: string; todo: string } | undefined {
  if (ending.oomKilled) {
    return {
      what: 'the engine’s container was killed: out of memory',
      todo: 'give Docker more memory, or lower --jobs',
    };
  }
  if (ending.exitCode === TIMED_OUT) {
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
