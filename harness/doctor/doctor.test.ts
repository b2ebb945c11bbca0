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

/**
 * Runs `doctor` with a DOCKER_HOST at which no Docker daemon answers.
 * @returns the findings (results of the checks) by name.
 */
async function examine(options: Partial<DoctorOptions> = {}): Promise<Record<string, Finding>> {
  const allOptions = {
    folder: home,
    out: join(home, 'report'),
    engine: 'auto',
    today: '2026-01-01',
    env: { DOCKER_HOST: `unix://${join(home, 'docker.sock')}` },
    ...options,
  } as const;
  const findings: Record<string, Finding> = {};
  for await (const finding of doctor(REGISTRY[0], allOptions, new AbortController().signal))
    findings[finding.about] = finding;
  return findings;
}

test('without a Docker daemon, doctor warns about Docker only, and the embedded engine passes its self-test', async () => {
  const findings = await examine();
  const { 'Docker daemon': docker, ...others } = findings;
  expect(docker).toMatchObject({ state: 'warning', says: expect.stringContaining('docker.sock') });
  expect(Object.values(others).filter(({ state }) => state !== 'ok')).toEqual([]);
  expect(Object.keys(others)).toEqual(
    expect.arrayContaining(['configuration', 'report folder', 'disk', 'memory', 'ports', 'embedded engine']),
  );
  expect(readdirSync(home)).toEqual([]);
});

test('with --engine docker, a missing Docker daemon is an error', async () => {
  expect((await examine({ engine: 'docker' }))['Docker daemon']?.state).toBe('error');
});

test('a wrong configuration and a report folder inside a file are errors that say what to do', async () => {
  writeFileSync(join(home, 'conformance.config.json'), '{ "servers": { "x": { "comand": [] } } }');
  writeFileSync(join(home, 'file'), '');
  const findings = await examine({ out: join(home, 'file', 'report') });
  expect(findings.configuration).toMatchObject({ state: 'error', says: expect.stringContaining('"command"') });
  expect(findings['report folder']).toMatchObject({ state: 'error', todo: expect.stringContaining('--out') });
});

test('an expectation file that cannot be read is an error of the configuration', async () => {
  writeFileSync(
    join(home, 'conformance.config.json'),
    '{ "servers": { "x": { "url": "ws://127.0.0.1:1/", "expected": "nowhere.json" } } }',
  );
  expect((await examine()).configuration).toMatchObject({
    state: 'error',
    says: expect.stringContaining('nowhere.json'),
  });
});
