import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Corpus } from '../../../suites/autobahn/cases/case.ts';
import type { Data } from './corpus.ts';
import { generate } from './corpus-generator.ts';

/**
 * The five corpora: data from which the compression cases cut their messages. They are generated here or read from
 * Autobahn's files. Each corpus is loaded at its first use.
 */
export class Corpora {
  readonly #folder: string | null;
  readonly #known = new Map<Corpus, Data>();

  /** `folder` is Autobahn's `testdata` folder; with null, the corpora are generated. */
  constructor(folder: string | null) {
    this.#folder = folder;
  }

  /**
   * Returns one corpus (data from which messages are cut). Throws the error of the file system if Autobahn's file
   * cannot be read.
   */
  get(corpus: Corpus): Data {
    const known = this.#known.get(corpus);
    if (known !== undefined) return known;
    const data = this.#folder === null ? generate(corpus) : readFile(this.#folder, corpus);
    this.#known.set(corpus, data);
    return data;
  }
}

/** Name of Autobahn's file for each corpus, and whether the corpus is binary. */
const FILES: Record<Corpus, { file: string; binary: boolean }> = {
  json: { file: 'data1.json', binary: false },
  bitmap: { file: 'lena512.bmp', binary: true },
  prose: { file: 'pg2229.txt', binary: true },
  html: { file: 'data1.html', binary: false },
  compressed: { file: '10.1.1.105.5439.pdf', binary: true },
};

function readFile(folder: string, corpus: Corpus): Data {
  const { file, binary } = FILES[corpus];
  const bytes = readFileSync(join(folder, file));
  return binary ? { binary, bytes } : { binary, text: bytes.toString('utf8') };
}
