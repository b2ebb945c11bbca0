import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Corpus } from '../../../suites/autobahn/cases/case.ts';
import { generate } from './corpus-generator.ts';

/** The content of a corpus: bytes, or a text without characters beyond U+FFFF, so that a cut never splits one. */
export type Data = { binary: true; bytes: Buffer } | { binary: false; text: string };

/** The five corpora, generated here or read from Autobahn's files. Each is loaded when it is needed first. */
export class Corpora {
  readonly #folder: string | null;
  readonly #known = new Map<Corpus, Data>();

  /** `folder` is Autobahn's `testdata` folder; null generates the corpora. */
  constructor(folder: string | null) {
    this.#folder = folder;
  }

  /** Returns one corpus. Throws the error of the file system if Autobahn's file cannot be read. */
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

/** Length of a corpus in units. */
export const unitsOf = (data: Data): number => (data.binary ? data.bytes.length : data.text.length);

/** Cuts `length` units from a corpus, from unit `from` on, as the bytes of a message. Behind the end of the corpus, the cut continues at its start. */
export function cut(data: Data, from: number, length: number): Buffer {
  const to = from + length;
  const units = unitsOf(data);
  if (data.binary) {
    return to <= units
      ? data.bytes.subarray(from, to)
      : Buffer.concat([data.bytes.subarray(from), data.bytes.subarray(0, to - units)]);
  }
  const text = to <= units ? data.text.slice(from, to) : data.text.slice(from) + data.text.slice(0, to - units);
  return Buffer.from(text, 'utf8');
}
