import { dirname, join, resolve } from 'node:path';
import type { z } from 'zod';
import { escapeInvisible } from '../../reports/wording/escape-invisible.ts';
import { closestTo } from '../support/did-you-mean.ts';
import { HarnessError } from '../support/harness-error.ts';
import { ownProgramCommand, PACKAGE_ROOT } from '../support/package-paths.ts';
import { describeSchemaIssue } from '../support/schema-issues.ts';
import { type LoadedConfig, loadConfig } from './config-file.ts';
import { type ConfigFile, configSchema, type Readiness, serverSchema } from './config-schema.ts';

/** A server to run: paths absolute. What is left out has its default where it is used. */
export interface ServerConfig {
  name: string;
  agent: string;
  command?: readonly string[];
  /** argv of what is run before the command, to its end. */
  build?: readonly string[];
  buildSeconds?: number;
  url?: string;
  /** Of a server we start: where it listens, and whether it speaks TLS there. */
  host?: string;
  port?: number;
  tls?: boolean;
  path: string;
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** Absolute; absent when nothing but conformance is expected. */
  expectedFile?: string;
  ready?: Readiness;
  /** How long it may take to get ready; without it a server we start has `READY_SECONDS`. */
  readySeconds?: number;
  protocols?: readonly string[];
  origin?: string;
  headers?: Readonly<Record<string, string>>;
  /** PEM of the authorities to trust; absolute. */
  caFile?: string;
}

export interface Config {
  defaultServer: string;
  servers: ReadonlyMap<string, ServerConfig>;
  /** The file it was read from, and what stands there; absent where there is none. */
  file?: Pick<LoadedConfig, 'path' | 'at'> & { values: ConfigFile };
}

/** With `--server`: every one of them. */
export const ALL = 'all';

/** The server in this repository, which is run when nobody names another. */
export function inRepoServer(): ServerConfig {
  return {
    name: 'websock-server',
    agent: 'websock server',
    command: [...ownProgramCommand('server/main'), '--port', '0'],
    path: '/ws',
    cwd: PACKAGE_ROOT,
    env: {},
    expectedFile: join(PACKAGE_ROOT, 'fixtures/expected/websock-server.json'),
  };
}

/**
 * The configuration: the file named, else the nearest one in `folder` or above it; see `loadConfig`.
 * @throws HarnessError (2) with the line and the nearest known key.
 */
export async function readConfig(folder: string, named?: string): Promise<Config> {
  const builtIn = inRepoServer();
  const file = await loadConfig(folder, named);
  if (file === undefined) return { defaultServer: builtIn.name, servers: new Map([[builtIn.name, builtIn]]) };

  const parsed = configSchema.safeParse(file.value);
  if (!parsed.success) {
    const { text, path } = describeSchemaIssue(parsed.error, file.value, knownKeys);
    throw new HarnessError(2, {
      what: `The configuration cannot be used: ${text.replace(/\.$/, '')}.`,
      where: file.at(path),
      why: 'It does not have the form of a configuration.',
      todo: 'Correct the line.',
    });
  }
  const values = parsed.data;
  const servers = new Map([
    [builtIn.name, builtIn],
    ...Object.entries(values.servers).map(([name, server]) => [name, completed(name, server, file)] as const),
  ]);
  refuseTwins(servers, file);
  const defaultServer = values.default ?? builtIn.name;
  serverNamed({ servers }, defaultServer, file.at(['default']));
  return { defaultServer, servers, file: { path: file.path, at: file.at, values } };
}

/** The keys there may be below a path of the configuration. */
function knownKeys([first, name]: readonly (string | number)[]): string[] {
  if (first === undefined) return Object.keys(configSchema.shape);
  return first === 'servers' && name !== undefined ? Object.keys(serverSchema.shape) : [];
}

/** What can be said of a server that we start, and of no other. */
const OF_A_COMMAND = ['build', 'host', 'port', 'path', 'tls', 'cwd', 'env', 'buildTimeoutSeconds'] as const;

/** One server with its paths made absolute. @throws HarnessError (2) when what is said of it does not go together. */
function completed(name: string, server: z.infer<typeof serverSchema>, { path, at }: LoadedConfig): ServerConfig {
  const refused = (key: string | undefined, what: string, why: string, todo: string) =>
    new HarnessError(2, { what, where: at(['servers', name, ...(key === undefined ? [] : [key])]), why, todo });
  const { command, url, tls, ca } = server;
  if (name === ALL)
    throw refused(undefined, `A server cannot be named "${ALL}".`, `--server ${ALL} means every one.`, 'Rename it.');
  if (command === undefined && url === undefined) {
    throw refused(
      undefined,
      `The server "${name}" has neither a command nor a url.`,
      'We must either start it or know where it is running.',
      'Add "command": [...] or "url": "ws://…".',
    );
  }
  if (command !== undefined && url !== undefined) {
    throw refused(
      'url',
      `The server "${name}" has both a command and a url.`,
      'Either we start it, or it is running already.',
      'Take one of them away. Where we start it, "port", "host", "path" and "tls" say where it will listen.',
    );
  }
  const idle = url === undefined ? undefined : OF_A_COMMAND.find((key) => server[key] !== undefined);
  if (idle !== undefined) {
    throw refused(
      idle,
      `servers.${name}.${idle} has no meaning for a server with a url.`,
      'It is about a server that we start; this one is running already, at the address it has.',
      'Take it away, or write it into the url.',
    );
  }
  if (url !== undefined && typeof server.ready === 'object') {
    throw refused(
      'ready',
      `servers.${name}.ready cannot be a line for a server with a url.`,
      'We read what a server prints only where we start it.',
      'Write "handshake", "echo" or "tcp".',
    );
  }
  if (ca !== undefined && (tls === false || url?.startsWith('ws:'))) {
    throw refused(
      'ca',
      `servers.${name}.ca has no meaning without TLS.`,
      'Only the certificate of a server that speaks wss: can be verified.',
      url === undefined ? 'Take away "ca", or "tls": false.' : 'Take it away, or write wss:// in the url.',
    );
  }
  const home = dirname(path);
  return {
    name,
    agent: checkedAgent(server.agent ?? name, at(['servers', name, 'agent'])),
    path: server.path ?? '/',
    cwd: resolve(home, server.cwd ?? '.'),
    env: server.env ?? {},
    ...(command === undefined ? {} : { command }),
    ...(server.build === undefined ? {} : { build: server.build }),
    ...(server.buildTimeoutSeconds === undefined ? {} : { buildSeconds: server.buildTimeoutSeconds }),
    ...(url === undefined ? {} : { url }),
    ...(server.host === undefined ? {} : { host: server.host }),
    ...(server.port === undefined ? {} : { port: server.port }),
    ...(command === undefined || (tls ?? ca !== undefined) === false ? {} : { tls: true }),
    ...(server.expected === undefined ? {} : { expectedFile: resolve(home, server.expected) }),
    ...(server.ready === undefined ? {} : { ready: server.ready }),
    ...(server.readyTimeoutSeconds === undefined ? {} : { readySeconds: server.readyTimeoutSeconds }),
    ...(server.protocols === undefined ? {} : { protocols: server.protocols }),
    ...(server.origin === undefined ? {} : { origin: server.origin }),
    ...(server.headers === undefined ? {} : { headers: server.headers }),
    ...(ca === undefined ? {} : { caFile: resolve(home, ca) }),
  };
}

/** Two servers of one name in reports would be one to whoever reads them. */
function refuseTwins(servers: ReadonlyMap<string, ServerConfig>, { at }: LoadedConfig): void {
  const byAgent = new Map<string, string>();
  for (const { name, agent } of servers.values()) {
    const twin = byAgent.get(agent);
    byAgent.set(agent, name);
    if (twin === undefined) continue;
    throw new HarnessError(2, {
      what: `The servers "${twin}" and "${name}" are both called "${agent}" in reports.`,
      where: at(['servers', name, 'agent']),
      why: 'Nobody could tell whose results are whose.',
      todo: 'Give one of them another "agent".',
    });
  }
}

/** The name of a server in reports. @param where it is written, for the error. @throws HarnessError (2). */
export function checkedAgent(agent: string, where: string): string {
  if (agent.length > 0 && agent.length <= 64 && escapeInvisible(agent) === agent) return agent;
  throw new HarnessError(2, {
    what: `The agent name ${JSON.stringify(agent)} cannot be used.`,
    where,
    why: 'It has 1 to 64 visible characters.',
    todo: 'Choose another one.',
  });
}

/** A server that is in no configuration. */
export const unnamedServer = (agent: string): ServerConfig => ({
  name: agent,
  agent,
  path: '/',
  cwd: process.cwd(),
  env: {},
});

/** @param where the name is written, for the error. @throws HarnessError (2) with the nearest name. */
export function serverNamed(config: Pick<Config, 'servers'>, name: string, where = '--server'): ServerConfig {
  const server = config.servers.get(name);
  if (server) return server;
  throw new HarnessError(2, {
    what: `There is no server "${name}" in the configuration.`,
    where,
    why: `It has: ${[...config.servers.keys()].join(', ')}.`,
    todo: `Did you mean "${closestTo(name, [...config.servers.keys()])}"?`,
  });
}
