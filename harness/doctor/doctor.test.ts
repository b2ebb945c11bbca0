import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { REGISTRY } from '../run/registry.ts';
import { type DoctorOptions, doctor, type Finding } from './doctor.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'doctor-test-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** What it finds, by name, on this machine without a Docker engine. */
async function examine(options: Partial<DoctorOptions> = {}): Promise<Record<string, Finding>> {
  const all = {
    folder: home,
    out: join(home, 'report'),
    engine: 'auto',
    today: '2026-01-01',
    env: { DOCKER_HOST: `unix://${join(home, 'docker.sock')}` },
    ...options,
  } as const;
  const found: Record<string, Finding> = {};
  for await (const finding of doctor(REGISTRY[0], all, new AbortController().signal)) found[finding.about] = finding;
  return found;
}

test('without a Docker engine all is well but that: there is the embedded one, and it sees faults', async () => {
  const found = await examine();
  const { 'Docker engine': docker, ...others } = found;
  expect(docker).toMatchObject({ state: 'warning', says: expect.stringContaining('docker.sock') });
  expect(Object.values(others).filter(({ state }) => state !== 'well')).toEqual([]);
  expect(Object.keys(others)).toEqual(
    expect.arrayContaining(['configuration', 'report folder', 'disk', 'memory', 'ports', 'embedded engine']),
  );
  expect(readdirSync(home)).toEqual([]);
});

test('who insists on Docker is ill without', async () => {
  expect((await examine({ engine: 'docker' }))['Docker engine']?.state).toBe('ill');
});

test('a configuration that cannot be used, and a folder that is none, are ill, and say what to do', async () => {
  writeFileSync(join(home, 'conformance.config.json'), '{ "servers": { "x": { "comand": [] } } }');
  writeFileSync(join(home, 'file'), '');
  const found = await examine({ out: join(home, 'file', 'report') });
  expect(found.configuration).toMatchObject({ state: 'ill', says: expect.stringContaining('"command"') });
  expect(found['report folder']).toMatchObject({ state: 'ill', todo: expect.stringContaining('--out') });
});

test('an expectation file that cannot be read is found before a run needs it', async () => {
  writeFileSync(
    join(home, 'conformance.config.json'),
    '{ "servers": { "x": { "url": "ws://127.0.0.1:1/", "expected": "nowhere.json" } } }',
  );
  expect((await examine()).configuration).toMatchObject({
    state: 'ill',
    says: expect.stringContaining('nowhere.json'),
  });
});
