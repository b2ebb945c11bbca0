import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { reportSchema } from '../document/report.ts';
import { renderers } from '../index.ts';
import { sampleDetailOf, sampleReport } from '../testing/sample.ts';
import { json } from './json.ts';

const render = (report = sampleReport) => [...json(report)][0]?.content ?? '';

it('writes a document that reads back the same', () => {
  const { suite, ...document } = reportSchema.parse(JSON.parse(render()));
  expect(document).toEqual(sampleReport);
  // The deprecated key `suite` serves old readers, which were written when a report could describe only one suite.
  expect(suite).toEqual({ name: 'Autobahn|Testsuite', version: '25.10.1', cases: 517 });
});

it('writes the same text for any order of keys', () => {
  const turned = Object.fromEntries(Object.entries(sampleReport).reverse());
  expect(render(reportSchema.parse(turned))).toBe(render());
});

it('refuses a document that violates the schema', () => {
  expect(() => render({ ...sampleReport, gate: { ...sampleReport.gate, exitCode: 1.5 } })).toThrow();
});

it('matches the published JSON Schema', () => {
  const published = readFileSync(new URL('../document/report.schema.json', import.meta.url), 'utf8');
  // If this assertion fails, write z.toJSONSchema(reportSchema) to the file, and decide whether schemaVersion must
  // change.
  expect(JSON.parse(published)).toEqual(z.toJSONSchema(reportSchema));
});

it('has a renderer for each form, and all renderers write different files', () => {
  const paths = Object.values(renderers).flatMap((renderer) =>
    [...renderer(sampleReport, sampleDetailOf)].map(({ path }) => path),
  );
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths).toEqual(expect.arrayContaining(['index.html', 'report.json', 'junit.xml', 'summary.md']));
});
