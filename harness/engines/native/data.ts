import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Corpus } from '../../suites/autobahn/cases/case.ts';

/**
 * The data that 12.x and 13.x cut their messages from: five files of our own making in place of the original's, of the
 * same character, always the same octets (a seeded generator, nothing of the platform in it).
 *
 * All have the same number of units: 27 times 8,192. The original's files are of odd lengths, so that no window of one
 * ever recurs within a case; here windows recur after at most 27 messages of 8,192 units or more, at 27 different
 * places of the file, and what has been compressed once serves for the rest. Verdicts do not hang on it.
 */
export const UNITS = 27 * 8192;

/** A corpus: octets, or text whose units are characters (all of the Basic Multilingual Plane). */
export type Data = { binary: true; octets: Buffer } | { binary: false; text: string };

/** Where corpora come from: made here, or read from the original's files. Each is made or read when first asked for. */
export class Corpora {
  readonly #folder: string | null;
  readonly #known = new Map<Corpus, Data>();

  /** `folder`: the original's `testdata`, for whoever has it; null for data of our own. */
  constructor(folder: string | null) {
    this.#folder = folder;
  }

  /** Throws the file system's error where a file of the original cannot be read. */
  get(corpus: Corpus): Data {
    const known = this.#known.get(corpus);
    if (known !== undefined) return known;
    const data = this.#folder === null ? make(corpus) : readOriginal(this.#folder, corpus);
    this.#known.set(corpus, data);
    return data;
  }
}

const ORIGINALS: Record<Corpus, { file: string; binary: boolean }> = {
  json: { file: 'data1.json', binary: false },
  bitmap: { file: 'lena512.bmp', binary: true },
  prose: { file: 'pg2229.txt', binary: true },
  html: { file: 'data1.html', binary: false },
  compressed: { file: '10.1.1.105.5439.pdf', binary: true },
};

function readOriginal(folder: string, corpus: Corpus): Data {
  const { file, binary } = ORIGINALS[corpus];
  const octets = readFileSync(join(folder, file));
  return binary ? { binary, octets } : { binary, text: octets.toString('utf8') };
}

/** How many units there are. */
export const unitsOf = (data: Data): number => (data.binary ? data.octets.length : data.text.length);

/** `length` units from unit `from` on, cyclic, as the octets of a message. */
export function cut(data: Data, from: number, length: number): Buffer {
  const to = from + length;
  const units = unitsOf(data);
  if (data.binary) {
    return to <= units
      ? data.octets.subarray(from, to)
      : Buffer.concat([data.octets.subarray(from), data.octets.subarray(0, to - units)]);
  }
  const text = to <= units ? data.text.slice(from, to) : data.text.slice(from) + data.text.slice(0, to - units);
  return Buffer.from(text, 'utf8');
}

function make(corpus: Corpus): Data {
  const random = new Random(SEEDS[corpus]);
  switch (corpus) {
    case 'json':
      return { binary: false, text: repeat(() => jsonRecord(random)) };
    case 'bitmap':
      return { binary: true, octets: bitmap(random) };
    case 'prose':
      return { binary: true, octets: Buffer.from(book(random), 'ascii') };
    case 'html':
      return { binary: false, text: repeat(() => htmlSection(random)) };
    case 'compressed':
      return { binary: true, octets: packed(random) };
  }
}

const SEEDS: Record<Corpus, number> = { json: 1, bitmap: 2, prose: 3, html: 4, compressed: 5 };

/** Pieces until there are enough units, cut to the number. */
function repeat(piece: () => string): string {
  const pieces: string[] = [];
  for (let units = 0; units < UNITS; ) {
    const next = piece();
    pieces.push(next);
    units += next.length;
  }
  return pieces.join('').slice(0, UNITS);
}

/** A small generator of 32-bit numbers (a Weyl sequence, mixed): reproducible, and good enough for filling. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed, 0x9e3779b9) >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A whole number from 0 to `below` - 1. */
  below(below: number): number {
    return this.next() % below;
  }

  of(choices: readonly string[]): string {
    return choices[this.below(choices.length)] ?? '';
  }
}

const NOUNS = (
  'harbour lantern river bridge garden letter window station market orchard engine signal valley meadow ' +
  'ladder captain kitchen mirror thunder pocket island journey theatre compass winter blanket violin chimney'
).split(' ');
const VERBS = (
  'crosses carries follows answers forgets repairs measures gathers borrows watches leaves reaches opens ' +
  'remembers paints counts keeps hides moves turns'
).split(' ');
const ADJECTIVES = 'quiet narrow broken early distant heavy patient golden sudden empty gentle crooked bright'.split(
  ' ',
);
const LINKS = ['while', 'because', 'and', 'although', 'before', 'until', 'so that', 'where'];
const ACCENTED = 'café naïve Zürich señor élève Łódź Ærø γέφυρα мост 橋 Ñandú façade'.split(' ');

const clause = (random: Random): string =>
  `the ${random.of(ADJECTIVES)} ${random.of(NOUNS)} ${random.of(VERBS)} the ${random.of(NOUNS)}`;
const sentence = (random: Random): string => {
  const words = `${clause(random)} ${random.of(LINKS)} ${clause(random)}`;
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
};
const several = (count: number, piece: () => string, between: string): string =>
  Array.from({ length: count }, piece).join(between);

/** Prose in which most sentences come again, as in a fairy tale. */
function book(random: Random): string {
  const phrases = Array.from({ length: 300 }, () => sentence(random));
  return repeat(() => paragraph(random, phrases));
}

function paragraph(random: Random, phrases: readonly string[]): string {
  const words = several(
    3 + random.below(5),
    () => (random.below(4) === 0 ? sentence(random) : random.of(phrases)),
    ' ',
  );
  // Lines of about seventy characters, as in a book that was typed in.
  return `${words.replace(/(.{60,75}) /g, '$1\r\n')}\r\n\r\n`;
}

/** A day at one station, hour after hour: short lines that differ little, as machines write them. */
function jsonRecord(random: Random): string {
  const start = random.below(250);
  const hours = Array.from({ length: 24 }, (_, hour) => {
    const value = (start + Math.floor(hour / 4)) / 10;
    return `      {"station": "${random.of(STATIONS)}", "value": ${value}, "checked": true, "remarks": []}`;
  });
  return `   {\n    "day": ${random.below(365)},\n    "hours": [\n${hours.join(',\n')}\n    ]\n   },\n`;
}
const STATIONS = ['harbour', 'harbour', 'harbour', 'garden'];

function htmlSection(random: Random): string {
  const rows = several(
    4 + random.below(8),
    () =>
      `    <tr class="row"><td class="name">${random.of(ACCENTED)}</td><td class="number">${random.below(1000)}</td></tr>\n`,
    '',
  );
  return `<section class="chapter">
  <h2>${random.of(NOUNS)} ${random.of(ACCENTED)}</h2>
  <table class="figures" border="0" cellpadding="2">\n${rows}  </table>
</section>\n`;
}

/**
 * Three octets per pixel, 256 pixels per row, from the bottom up: a drawing of flat shapes, with a band of grain through
 * it as a camera leaves it.
 */
function bitmap(random: Random): Buffer {
  const octets = Buffer.alloc(UNITS);
  octets.write('BM', 'ascii');
  octets.writeUInt32LE(UNITS, 2);
  octets.writeUInt32LE(BMP_HEADER, 10);
  octets.writeUInt32LE(40, 14);
  octets.writeUInt32LE(256, 18);
  octets.writeUInt32LE(288, 22);
  octets.writeUInt16LE(1, 26);
  octets.writeUInt16LE(24, 28);
  for (let i = BMP_HEADER; i < UNITS; i++) {
    const pixel = Math.floor((i - BMP_HEADER) / 3);
    const [x, y, colour] = [pixel % 256, Math.floor(pixel / 256), (i - BMP_HEADER) % 3];
    const shape = ((x >> 5) + (y >> 4) * (colour + 2)) * 37;
    const grain = y % 48 < 16 ? random.next() >>> 24 : 0;
    octets[i] = (shape + grain) & 0xff;
  }
  return octets;
}
const BMP_HEADER = 54;

/** A document whose pages are compressed streams: octets without any pattern, and between them the tables that list them. */
function packed(random: Random): Buffer {
  const octets = Buffer.alloc(UNITS);
  for (let at = 0, object = 1; at < UNITS; object++) {
    const length = 5000 + random.below(5000);
    at += octets.write(`${object} 0 obj\n<< /Length ${length} /Filter /FlateDecode >>\nstream\n`, at, 'ascii');
    const end = Math.min(UNITS, at + length);
    for (; at < end; at++) octets[at] = random.next() >>> 24;
    const table = several(150, () => `${String(random.below(1000) * 100).padStart(10, '0')} 00000 n\r\n`, '');
    if (at < UNITS) at += octets.write(`\nendstream\nendobj\nxref\n${table}`, at, 'ascii');
  }
  return octets;
}
