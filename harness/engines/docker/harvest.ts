import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { z } from 'zod';
import { orAborted } from './abort.ts';
import { asReadable, saying } from './api.ts';
import { unpackJson } from './archive.ts';
import { RESULTS } from './container-spec.ts';
import type { SuiteRun } from './play-in-container.ts';

/** As much of `index.json` as merging needs: agent → case id → whatever stands there. */
const indexSchema = z.record(z.string(), z.record(z.string(), z.unknown()));

/** What the containers of one play leave, brought together in one folder. */
export class Harvest {
  readonly #folder: string;
  readonly #agent: string;
  readonly #nameInSuite: string;
  readonly #cases: Record<string, unknown> = {};
  #some = false;

  /** `nameInSuite` is what wstest was told; it is replaced by `agent` in all that it left (see `agentForSuite`). */
  constructor(folder: string, agent: string, nameInSuite: string) {
    this.#folder = folder;
    this.#agent = agent;
    this.#nameInSuite = nameInSuite;
  }

  /**
   * Takes an ended container's results into the folder: its case files as they are, its index for later. Throws
   * HarnessError(3) when there is no index, or a file that another container left already.
   */
  async take(container: Docker.Container, signal: AbortSignal, suite: SuiteRun): Promise<void> {
    let index: unknown;
    try {
      const archive = await orAborted(signal, container.getArchive({ path: RESULTS }));
      await unpackJson(asReadable(archive), RESULTS.slice(1), async (name, content) => {
        signal.throwIfAborted();
        const named = this.#renamed(content);
        if (name === 'index.json') index = JSON.parse(named.toString('utf8'));
        // wx: two containers that leave the same case would hide each other's.
        else await writeFile(join(this.#folder, name), named, { flag: 'wx' });
      });
    } catch (error) {
      signal.throwIfAborted();
      throw suite.trouble(
        'the container left no readable results',
        'run again; its last output is below',
        saying(error),
      );
    }
    const read = indexSchema.safeParse(index);
    if (!read.success) {
      throw suite.trouble('the container left no index.json', 'run again; its last output is below');
    }
    this.#some = true;
    Object.assign(this.#cases, read.data[this.#agent] ?? {});
  }

  /**
   * Writes the one `index.json`. An empty one (`{}`) is wstest's own word for a target that was never reached, and is
   * kept so. Nothing is written when no container came to its end.
   */
  async finish(): Promise<void> {
    if (!this.#some) return;
    const index = Object.keys(this.#cases).length === 0 ? {} : { [this.#agent]: this.#cases };
    await writeFile(join(this.#folder, 'index.json'), `${JSON.stringify(index, null, 2)}\n`, { flag: 'wx' });
  }

  #renamed(content: Buffer): Buffer {
    if (this.#nameInSuite === this.#agent) return content;
    const from = JSON.stringify(this.#nameInSuite);
    // A function, for `$` in a replacement string has a meaning and an agent's name may hold it.
    return Buffer.from(content.toString('utf8').replaceAll(from, () => JSON.stringify(this.#agent)));
  }
}
