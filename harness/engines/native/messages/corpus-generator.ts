import type { Corpus } from '../../../suites/autobahn/cases/case.ts';
import type { Data } from './corpus.ts';

/**
 * Length of each corpus in units: bytes, or characters of a text.
 *
 * A corpus is data from which the compression cases (12.x and 13.x) cut their messages. There are five. Each is
 * generated from a seed, resembles one of Autobahn's files, and is the same on every platform. With this length,
 * messages of 8,192 units or more start at only 27 different offsets, and each message is compressed once and used
 * again. No verdict depends on the length.
 */
export const UNITS = 27 * 8192;

/**
 * Generates a corpus (data from which messages are cut). Its content is the same in every run and on every platform.
 */
export function generate(corpus: Corpus): Data {
  const random = new Random(SEEDS[corpus]);
  switch (corpus) {
    case 'json':
      return { binary: false, text: fill(() => jsonRecord(random)) };
    case 'bitmap':
      return { binary: true, bytes: bitmap(random) };
    case 'prose':
      return { binary: true, bytes: Buffer.from(prose(random), 'ascii') };
    case 'html':
      return { binary: false, text: fill(() => htmlSection(random)) };
    case 'compressed':
      return { binary: true, bytes: compressedFile(random) };
  }
}

const SEEDS: Record<Corpus, number> = { json: 1, bitmap: 2, prose: 3, html: 4, compressed: 5 };

/** Joins pieces of text until the text has `UNITS` characters, and cuts off the rest. */
function fill(piece: () => string): string {
  const pieces: string[] = [];
  for (let units = 0; units < UNITS; ) {
    const next = piece();
    pieces.push(next);
    units += next.length;
  }
  return pieces.join('').slice(0, UNITS);
}

/**
 * Generates 32-bit numbers from a seed (a Weyl sequence with mixed bits). The same seed gives the same numbers. Not for
 * cryptography.
 */
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

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return this.next() % limit;
  }

  choose(choices: readonly string[]): string {
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
  `the ${random.choose(ADJECTIVES)} ${random.choose(NOUNS)} ${random.choose(VERBS)} the ${random.choose(NOUNS)}`;
const sentence = (random: Random): string => {
  const words = `${clause(random)} ${random.choose(LINKS)} ${clause(random)}`;
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
};
const repeatPiece = (count: number, piece: () => string, separator: string): string =>
  Array.from({ length: count }, piece).join(separator);

/** English prose in which most sentences occur several times. */
function prose(random: Random): string {
  const phrases = Array.from({ length: 300 }, () => sentence(random));
  return fill(() => paragraph(random, phrases));
}

function paragraph(random: Random, phrases: readonly string[]): string {
  const words = repeatPiece(
    3 + random.below(5),
    () => (random.below(4) === 0 ? sentence(random) : random.choose(phrases)),
    ' ',
  );
  // Lines of 60 to 75 characters, as in the text files of Project Gutenberg.
  return `${words.replace(/(.{60,75}) /g, '$1\r\n')}\r\n\r\n`;
}

/** Makes a JSON record with 24 lines that differ little, as in JSON files that programs write. */
function jsonRecord(random: Random): string {
  const start = random.below(250);
  const hours = Array.from({ length: 24 }, (_, hour) => {
    const value = (start + Math.floor(hour / 4)) / 10;
    return `      {"station": "${random.choose(STATIONS)}", "value": ${value}, "checked": true, "remarks": []}`;
  });
  return `   {\n    "day": ${random.below(365)},\n    "hours": [\n${hours.join(',\n')}\n    ]\n   },\n`;
}
const STATIONS = ['harbour', 'harbour', 'harbour', 'garden'];

function htmlSection(random: Random): string {
  const rows = repeatPiece(
    4 + random.below(8),
    () =>
      `    <tr class="row"><td class="name">${random.choose(ACCENTED)}</td><td class="number">${random.below(1000)}</td></tr>\n`,
    '',
  );
  return `<section class="chapter">
  <h2>${random.choose(NOUNS)} ${random.choose(ACCENTED)}</h2>
  <table class="figures" border="0" cellpadding="2">\n${rows}  </table>
</section>\n`;
}

/** A bitmap of 256 pixels per row and three bytes per pixel: flat shapes, which compress well, and bands of noise. */
function bitmap(random: Random): Buffer {
  const bytes = Buffer.alloc(UNITS);
  bytes.write('BM', 'ascii');
  bytes.writeUInt32LE(UNITS, 2);
  bytes.writeUInt32LE(BMP_HEADER, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeUInt32LE(256, 18);
  bytes.writeUInt32LE(288, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let i = BMP_HEADER; i < UNITS; i++) {
    const pixel = Math.floor((i - BMP_HEADER) / 3);
    const [x, y, colour] = [pixel % 256, Math.floor(pixel / 256), (i - BMP_HEADER) % 3];
    const shape = ((x >> 5) + (y >> 4) * (colour + 2)) * 37;
    const noise = y % 48 < 16 ? random.next() >>> 24 : 0;
    bytes[i] = (shape + noise) & 0xff;
  }
  return bytes;
}
const BMP_HEADER = 54;

/** A file like a PDF whose pages are compressed: random bytes, with short tables of text between them. */
function compressedFile(random: Random): Buffer {
  const bytes = Buffer.alloc(UNITS);
  for (let at = 0, object = 1; at < UNITS; object++) {
    const length = 5000 + random.below(5000);
    at += bytes.write(`${object} 0 obj\n<< /Length ${length} /Filter /FlateDecode >>\nstream\n`, at, 'ascii');
    const end = Math.min(UNITS, at + length);
    for (; at < end; at++) bytes[at] = random.next() >>> 24;
    const table = repeatPiece(150, () => `${String(random.below(1000) * 100).padStart(10, '0')} 00000 n\r\n`, '');
    if (at < UNITS) at += bytes.write(`\nendstream\nendobj\nxref\n${table}`, at, 'ascii');
  }
  return bytes;
}
