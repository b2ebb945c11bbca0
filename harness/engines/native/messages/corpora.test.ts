import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CORPORA } from '../../../suites/autobahn/cases/case.ts';
import { Corpora } from './corpora.ts';
import { cut, unitsOf } from './corpus.ts';
import { UNITS } from './corpus-generator.ts';

const sha1 = (bytes: Buffer): string => createHash('sha1').update(bytes).digest('hex');
const corpora = new Corpora(null);
const dataOf = (corpus: (typeof CORPORA)[number]) => corpora.get(corpus);
const whole = (corpus: (typeof CORPORA)[number]): Buffer => cut(dataOf(corpus), 0, UNITS);

/**
 * For each corpus (data from which messages are cut): its SHA-1, and the bounds of its compressed size, as a fraction
 * of its size.
 */
const FACTS = {
  json: { sha1: '5f82ff60bebfeb2a9153a2049cd8a9d7f7d35451', least: 0.02, most: 0.1 },
  bitmap: { sha1: '3bcce2770dadc890630075bf0e31e864f8cd1768', least: 0.3, most: 0.9 },
  prose: { sha1: '83cc64ceac93e1644fb7cd364daee3d835388e7c', least: 0.1, most: 0.45 },
  html: { sha1: 'cec7440653170e318f68b61d2efbbdcb14fc09a6', least: 0.03, most: 0.1 },
  compressed: { sha1: '2d1fa3cc3fa4433759e11dd0863b462c28ee889b', least: 0.7, most: 1 },
};

describe('the corpora', () => {
  it.each(CORPORA)('%s never changes', (corpus) => {
    expect(sha1(whole(corpus))).toBe(FACTS[corpus].sha1);
  });

  it.each(CORPORA)('%s compresses as well as data of its kind', (corpus) => {
    const bytes = cut(dataOf(corpus), 0, 131_072);
    const ratio = deflateRawSync(bytes).length / bytes.length;
    const { least, most } = FACTS[corpus];
    expect(ratio).toBeGreaterThan(least);
    expect(ratio).toBeLessThan(most);
  });

  it('are ASCII text in 12.1, and text with longer characters in 12.4', () => {
    expect(isUtf8(whole('html'))).toBe(true);
    expect(whole('html').length).toBeGreaterThan(UNITS);
    expect(whole('json').length).toBe(UNITS);
  });

  it('are cut in units, and continue at the start', () => {
    const data = dataOf('html');
    const around = cut(data, UNITS - 10, 30).toString();
    expect([...around]).toHaveLength(30);
    expect(around).toBe(cut(data, UNITS - 10, 10).toString() + cut(data, 0, 20).toString());
    const bitmap = dataOf('bitmap');
    expect(cut(bitmap, UNITS - 1, 2).equals(Buffer.concat([cut(bitmap, UNITS - 1, 1), cut(bitmap, 0, 1)]))).toBe(true);
  });

  it('contain no character of two UTF-16 units, which a cut could split', () => {
    for (const corpus of ['json', 'html'] as const) expect(whole(corpus).toString()).not.toMatch(/[\ud800-\udfff]/);
  });

  it('can be read from Autobahn’s files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'testdata-'));
    writeFileSync(join(folder, 'data1.html'), 'añb');
    const original = new Corpora(folder).get('html');
    expect(unitsOf(original)).toBe(3);
    expect(cut(original, 1, 3).toString()).toBe('ñba');
    expect(() => new Corpora(folder).get('json')).toThrow(/ENOENT/);
    rmSync(folder, { recursive: true });
  });
});
