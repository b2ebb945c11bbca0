import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { CaseRecord } from '../engines/engine.ts';
import { autobahnJson } from '../support/autobahn-json.ts';
import { HarnessError } from '../support/harness-error.ts';

/** The index is written at most once in this time while cases are still being played. */
const INDEX_INTERVAL_MS = 1000;

/**
 * Writes the results folder of one agent: a case file as soon as its record arrives, and `index.json` at the end. The
 * index is also written about once a second in between, so that a checkpoint or a killed run can use what is there.
 */
export class Recorder {
  readonly #folder: string;
  readonly #agent: string;
  readonly #entries = new Map<string, NonNullable<CaseRecord['entry']>>();
  /** Case ids whose latest record is final. */
  readonly #final = new Set<string>();
  /** The latest write of each file: a second record of a case waits for the first one. */
  readonly #writes = new Map<string, Promise<void>>();
  /** The index that is waiting to be written, or is being written. */
  #index: Promise<void> | undefined;
  readonly #closing = new AbortController();

  /** @param folder existing and empty. */
  constructor(folder: string, agent: string) {
    this.#folder = folder;
    this.#agent = agent;
  }

  /** Number of cases that have an entry. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Takes one record. A provisional record is replaced by a later one of the same case.
   * @throws HarnessError (3) for a second record of a case after a final one: two containers played the same case.
   */
  put(record: CaseRecord, provisional: boolean): void {
    const { id, file, text, entry } = record;
    if (this.#final.has(id)) {
      throw new HarnessError(3, {
        what: `The engine recorded case ${id} twice.`,
        where: join(this.#folder, file),
        why: 'Two parts of the run played the same case, and one result would hide the other.',
        todo: 'This is a fault of the engine: report it, with the command that you ran.',
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
   * @throws HarnessError (3) if a file could not be written.
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
          why: error instanceof Error ? error.message : String(error),
          todo: 'Check that the folder exists, is writable, and that the disk is not full.',
        },
        { cause: error },
      );
    }
  }

  #write(path: string, text: string): void {
    const before = this.#writes.get(path) ?? Promise.resolve();
    const write = before.then(() => writeFile(path, text));
    // `close` reports a failed write; until then it must not count as an unhandled rejection.
    write.catch(() => undefined);
    this.#writes.set(path, write);
  }

  /** Writes an index of the cases that are complete. A failure here is ignored: `close` writes the index again and reports. */
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
