import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { json } from '../../reports/formats/json.ts';
import { sampleReport } from '../../reports/testing/sample.ts';
import { HarnessError } from '../support/harness-error.ts';
import { readReportFile } from './report-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'report-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

function read(value: unknown) {
  const path = join(folder, 'report.json');
  writeFileSync(path, JSON.stringify(value));
  return readReportFile(path, { what: 'It cannot be read.', todo: 'Try another.' });
}
const written = JSON.parse([...json(sampleReport)][0]?.content ?? '');

test('reads a report that a run wrote', () => {
  expect(read(written)).toMatchObject(sampleReport);
});

test('reads an old report without suites as a report about Autobahn', () => {
  const { suites: _, ...old } = { ...written, suite: { ...written.suite, version: '0.8.2' } };
  const report = read(old);
  expect(report.suites).toEqual(sampleReport.suites.map((suite) => ({ ...suite, version: '0.8.2' })));
  expect(report.agents).toEqual(sampleReport.agents);
});

test('refuses an old report with an unknown grade, and names the field', () => {
  const { suites: _, ...old } = structuredClone(written);
  old.agents[0].cases[0].actual.behavior = 'GREAT';
  expect(() => read(old)).toThrow(HarnessError);
  try {
    read(old);
  } catch (error) {
    expect(error).toHaveProperty(
      'problem.why',
      expect.stringContaining('agents[0].cases[0].actual.behavior: "GREAT" cannot be used'),
    );
  }
});

test('refuses a document without any suite', () => {
  const { suites: _, suite: __, ...none } = written;
  expect(() => read(none)).toThrow(HarnessError);
});
