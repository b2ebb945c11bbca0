import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Output, pointTo } from './output.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'output-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function feed(output: Output, chunks: Iterable<string | Buffer>) {
  const stream = new PassThrough();
  output.follow(stream);
  for (const chunk of chunks) if (!stream.write(chunk)) await new Promise((resolve) => stream.once('drain', resolve));
  stream.end();
  await finished(stream);
  await output.close();
}

test('splits the output into lines wherever the chunks are cut, and keeps an unfinished last line', async () => {
  const output = new Output();
  const lines: string[] = [];
  output.onLine((line) => lines.push(line));
  await feed(output, ['liste', 'ning ws://x\r\nsec', 'ond\nunended']);
  expect(lines).toEqual(['listening ws://x', 'second']);
  expect(output.tail()).toEqual(['listening ws://x', 'second', 'unended']);
});

test('keeps the beginning and the end of a long output, and counts the bytes between them', async () => {
  const path = join(folder, 'server.log');
  const output = new Output(path, { fileBytes: 1000, tailLines: 3, lineChars: 100 });
  const line = `${'x'.repeat(59)}\n`;
  await feed(
    output,
    Array.from({ length: 100 }, () => line),
  );
  const text = readFileSync(path, 'utf8');
  expect(text.length).toBeLessThan(1500);
  expect(text).toContain('5000 bytes left out');
  expect(output.tail()).toHaveLength(3);
});

test('keeps only the end of a line that never ends', async () => {
  const output = new Output(undefined, { fileBytes: 0, tailLines: 3, lineChars: 100 });
  await feed(
    output,
    Array.from({ length: 50 }, () => Buffer.alloc(64 * 1024, 'y')),
  );
  expect(output.tail().join('').length).toBeLessThanOrEqual(300);
});

test('refers to the last lines of output only if there are any', () => {
  expect(pointTo(['no such table'])).toBe('Its last lines are below. ');
  expect(pointTo([])).toBe('It printed nothing. ');
});
