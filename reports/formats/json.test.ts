import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { reportSchema } from '../document/report.ts';
import { renderers } from '../index.ts';
import { sampleDetailOf, sampleReport } from '../testing/sample.ts';
import { json } from './json.ts';

const render = (report = sampleReport) => [...json(report)][0]?.content ?? '';

it('gives back the same document when read again', () => {
  const { suite, ...document } = reportSchema.parse(JSON.parse(render()));
  expect(document).toEqual(sampleReport);
  // For readers from before a report had several suites.
  expect(suite).toEqual({ name: 'Autobahn|Testsuite', version: '25.10.1', cases: 517 });
});

it('is the same text whatever the order in which the document was put together', () => {
  const turned = Object.fromEntries(Object.entries(sampleReport).reverse());
  expect(render(reportSchema.parse(turned))).toBe(render());
});

it('refuses a document that is not what the schema says', () => {
  expect(() => render({ ...sampleReport, gate: { ...sampleReport.gate, exitCode: 1.5 } })).toThrow();
});

it('has its published JSON Schema checked in as it is now', () => {
  const published = readFileSync(new URL('../document/report.schema.json', import.meta.url), 'utf8');
  // If not: write z.toJSONSchema(reportSchema) into it, run `npm run fix`, and think about schemaVersion.
  expect(JSON.parse(published)).toEqual(z.toJSONSchema(reportSchema));
});

it('has a renderer for each form, and no two write the same path', () => {
  const paths = Object.values(renderers).flatMap((renderer) =>
    [...renderer(sampleReport, sampleDetailOf)].map(({ path }) => path),
  );
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths).toEqual(expect.arrayContaining(['index.html', 'report.json', 'junit.xml', 'summary.md']));
});
