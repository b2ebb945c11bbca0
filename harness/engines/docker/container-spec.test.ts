import { expect, it } from 'vitest';
import { agentForSuite, fuzzingClientSpec } from './container-spec.ts';
import { candidateNetworks, chooseNetwork, connectCommand } from './network.ts';
import { describeEnding } from './play-in-container.ts';

it('gives wstest exact ids, one server, and the results folder', () => {
  const text = fuzzingClientSpec({
    cases: ['1.1.1', '7.1.6'],
    url: 'ws://127.0.0.1:1/',
    agent: 'a',
    origin: 'http://o',
  });
  expect(JSON.parse(text)).toEqual({
    outdir: '/results',
    servers: [{ agent: 'a', url: 'ws://127.0.0.1:1/', origin: 'http://o' }],
    cases: ['1.1.1', '7.1.6'],
    'exclude-cases': [],
  });
});

it('refuses patterns, and an empty list of cases, with which wstest never ends', () => {
  for (const cases of [[], ['7.*'], ['7.1.6 '], ['7'], ['*']]) {
    expect(() => fuzzingClientSpec({ cases, url: 'ws://127.0.0.1:1/', agent: 'a' })).toThrow(RangeError);
  }
});

it('keeps plain agent names, and substitutes names that wstest cannot write', () => {
  for (const plain of ['ws', 'websock server', 'AutobahnPython/0.10.9']) expect(agentForSuite(plain, 'x')).toBe(plain);
  for (const odd of ['Ü', '', ' a', 'a ', '<b>', '"', 'a\n', 'x'.repeat(65), '/'])
    expect(agentForSuite(odd, 'x')).toBe('x');
});

it('prefers the network of the host on Linux and the gateway elsewhere, and keeps port and path', () => {
  expect(
    candidateNetworks('ws://127.0.0.1:8888/ws?a=1', 'linux').map((network) => [network.name, network.url]),
  ).toEqual([
    ['host', 'ws://127.0.0.1:8888/ws?a=1'],
    ['host-gateway', 'ws://host.docker.internal:8888/ws?a=1'],
  ]);
  expect(candidateNetworks('ws://[::1]:8888/', 'darwin').map((network) => network.name)).toEqual([
    'host-gateway',
    'host',
  ]);
  expect(candidateNetworks('ws://192.0.2.1/', 'linux').map((network) => network.url)).toEqual([
    'ws://192.0.2.1/',
    'ws://192.0.2.1/',
  ]);
  expect(connectCommand('wss://[::1]/').slice(-2)).toEqual(['::1', '443']);
});

it('chooses the first network that reaches the target, and explains each failure if none does', async () => {
  const url = 'ws://127.0.0.1:1/';
  const second = await chooseNetwork(
    url,
    async (network) => (network.name === 'host' ? 'refused' : undefined),
    () => undefined,
    'linux',
  );
  expect(second.name).toBe('host-gateway');
  await expect(
    chooseNetwork(
      url,
      async () => 'refused',
      () => undefined,
      'linux',
    ),
  ).rejects.toMatchObject({ exitCode: 3, problem: { where: url, why: expect.stringMatching(/host .*host-gateway /) } });
});

it('distinguishes the ways in which a container can end', () => {
  expect(describeEnding({ exitCode: 0, oomKilled: false })).toBeUndefined();
  expect(describeEnding({ exitCode: 137, oomKilled: true })?.what).toContain('out of memory');
  expect(describeEnding({ exitCode: 137, oomKilled: false })?.what).toContain('signal 9');
  expect(describeEnding({ exitCode: 124, oomKilled: false })?.what).toContain('out of time');
  expect(describeEnding({ exitCode: 1, oomKilled: false })?.what).toContain('exit code 1');
});
