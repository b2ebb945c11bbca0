import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configSchema } from '../harness/config/config-schema.ts';
import { configJsonSchema, configurationPage } from './configuration.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the page is what the code takes; if not, npm run docs makes it so', () => {
  expect(read('configuration.md')).toBe(configurationPage());
});

test('the published JSON Schema is what the code takes; if not, npm run docs makes it so', () => {
  expect(JSON.parse(read('../harness/config/config.schema.json'))).toEqual(configJsonSchema());
});

test('the example of the page is a configuration', () => {
  const [, example = ''] = /```json\n([\s\S]*?)```/.exec(configurationPage()) ?? [];
  expect(configSchema.safeParse(JSON.parse(example)).error).toBeUndefined();
});
