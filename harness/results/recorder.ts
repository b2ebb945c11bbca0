import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { CaseRecord } from '../engines/engine.ts';
import { autobahnJson } from '../support/autobahn-json.ts';
import { errorMessage } from '../support/error-message.ts';
import { HarnessError } from '../support/harness-error.ts';

/** Shortest time between two writes of `index.json` during a run. */
const INDEX_INTERVAL_MS = 1000;

/**
 * Writes the result folder of one agent (tested server). Each case file is written as soon as the engine hands over the
 * result. `index.json` is written at the end, and about once a second before: a partial report during the run needs the
 * index.
 */
export class Recorder {
  readonly #folder: string;
  readonly #agent: string;
  readonly #entries = new Map<string, NonNullable<CaseRecord['entry']>>();
  /** Case ids whose latest result is final, and not provisional. */
  readonly #final = new Set<string>();
  /** Path → latest write of the file. A second result of the same case is written after the first write has ended. */
  readonly #writes = new Map<string, Promise<void>>();
  /** The write of the index that is scheduled or under way. */
  #index: Promise<void> | undefined;
  readonly #closing = new AbortController();

  /** @param folder an existing empty folder, which becomes the result folder. */
  constructor(folder: string, agent: string) {
    this.#folder = folder;
    this.#agent = agent;
  }

  /** Number of cases that have an entry. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Writes the result of one case. A later result of the same case replaces a provisional result.
   * @throws HarnessError with exit code 3 for another result after a final result: two containers played the same case.
   */
  put(record: CaseRecord, provisional: boolean): void {
    const { id, file, text, entry } = record;
    if (this.#final.has(id)) {
      throw new HarnessError(3, {
        what: `The engine recorded case ${id} twice.`,
        where: join(this.#folder, file),
        why: 'Two parts of the run played the same case, and one result would hide the other.',
        todo: 'This is a bug in the engine. Report the bug, with the command that you ran.',
        case: id,
      });
    }
    if (!provisional) this.#final.add(id);
    if (entry !== undefined) this.#entries.set(id, entry);
    if (text !== undefined) this.#write(join(this.#folder, file), text);
    this.#index ??= this.#writeIndexLater().finally(() => {
      this.#index = undefined;
    });
  }

  /**
   * Waits for all files and writes the index.
   * @throws HarnessError with exit code 3 if a file could not be written.
   */
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
          why: errorMessage(error),
          todo: 'Check that the folder exists, is writable, and that the disk is not full.',
        },
        { cause: error },
      );
    }
  }

  #write(path: string, text: string): void {
    const before = this.#writes.get(path) ?? Promise.resolve();
    const write = before.then(() => writeFile(path, text));
    // `close` throws the error of a failed write. Without this line, Node would report the error as an unhandled
    // rejection before that.
    write.catch(() => undefined);
    this.#writes.set(path, write);
  }

  /**
   * Writes the index of the results so far, after a pause. An error is ignored, because `close` writes the index again.
   */
  async #writeIndexLater(): Promise<void> {
    try {
      await pause(INDEX_INTERVAL_MS, undefined, { signal: this.#closing.signal, ref: false });
      const entries = Object.fromEntries(this.#entries);
      await Promise.all(this.#writes.values());
      await this.#writeIndex(entries);
    } catch {
      return;
    }
  }

  async #writeIndex(entries: Readonly<Record<string, unknown>>): Promise<void> {
    const path = join(this.#folder, 'index.json');
    await writeFile(`${path}.new`, autobahnJson({ [this.#agent]: entries }));
    await rename(`${path}.new`, path);
  }
}
