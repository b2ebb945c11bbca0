import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configSchema } from '../harness/config/config-schema.ts';
import { configJsonSchema, configurationPage } from './configuration.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

test('docs/configuration.md matches the code; npm run docs updates the page', () => {
  expect(read('configuration.md')).toBe(configurationPage());
});

test('the published JSON Schema matches the code; npm run docs updates the schema', () => {
  expect(JSON.parse(read('../harness/config/config.schema.json'))).toEqual(configJsonSchema());
});

test('the example in the page is a valid configuration', () => {
  const [, example = ''] = /```json\n([\s\S]*?)```/.exec(configurationPage()) ?? [];
  expect(configSchema.safeParse(JSON.parse(example)).error).toBeUndefined();
});
