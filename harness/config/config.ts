import { dirname, join, resolve } from 'node:path';
import type { z } from 'zod';
import { escapeInvisible } from '../../reports/wording/escape-invisible.ts';
import { closestTo } from '../support/did-you-mean.ts';
import { HarnessError } from '../support/harness-error.ts';
import { omitUndefined } from '../support/omit-undefined.ts';
import { ownProgramCommand, PACKAGE_ROOT } from '../support/package-paths.ts';
import { describeSchemaIssue } from '../support/schema-issues.ts';
import { type LoadedConfig, loadConfig } from './config-file.ts';
import { type ConfigFile, configSchema, type Readiness, serverSchema } from './config-schema.ts';

/** The settings of one server, with absolute paths. The code that uses a setting knows the default. */
export interface ServerConfig {
  name: string;
  agent: string;
  /** The program and the arguments that start the server. Each server has either `command` or `url`. */
  command?: readonly string[];
  /** The program and the arguments that build the server. Must succeed before `command` is started. */
  build?: readonly string[];
  buildSeconds?: number;
  /** URL of a server that is running already. */
  url?: string;
  /** For a server that this tool starts: the address at which the server listens. */
  host?: string;
  /** For a server that this tool starts: the only port that the server can use. */
  port?: number;
  /** Whether a server that this tool starts speaks TLS. */
  tls?: boolean;
  path: string;
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** The expectation file. Without this file, the server is expected to behave as the RFC demands. */
  expectedFile?: string;
  ready?: Readiness;
  /**
   * Time in which the server must become ready. Default: `READY_SECONDS` for a server that this tool starts. A running
   * server gets one attempt.
   */
  readySeconds?: number;
  protocols?: readonly string[];
  origin?: string;
  headers?: Readonly<Record<string, string>>;
  /** File with the certificates of the authorities to trust, in PEM format. */
  caFile?: string;
}

/** The configuration: all servers, and the file they come from. */
export interface Config {
  /** Name of the server that is tested if the command line names no server. */
  defaultServer: string;
  servers: ReadonlyMap<string, ServerConfig>;
  /** The configuration file and its content; absent if there is no file. */
  file?: Pick<LoadedConfig, 'path' | 'at'> & { values: ConfigFile };
}

/** The name that means every server, for `--server all`. */
export const ALL = 'all';

/** The WebSocket server in this package. It is tested if the user names no other server. */
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
 * Reads and validates the configuration that `loadConfig` finds. If there is no file, the configuration has only the
 * server in this package.
 * @param named path of the configuration file, relative to `folder`.
 * @throws HarnessError with exit code 2 with the line of the error, and the most similar known key.
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
      why: 'It does not match the schema of the configuration.',
      todo: 'Correct the line.',
    });
  }
  const values = parsed.data;
  const servers = new Map([
    [builtIn.name, builtIn],
    ...Object.entries(values.servers).map(([name, server]) => [name, serverOf(name, server, file)] as const),
  ]);
  refuseTwins(servers, file);
  const defaultServer = values.default ?? builtIn.name;
  serverNamed({ servers }, defaultServer, file.at(['default']));
  return { defaultServer, servers, file: { path: file.path, at: file.at, values } };
}

/** The keys that are allowed below a path of the configuration, for the hint "did you mean" in an error. */
function knownKeys([first, name]: readonly (string | number)[]): string[] {
  if (first === undefined) return Object.keys(configSchema.shape);
  return first === 'servers' && name !== undefined ? Object.keys(serverSchema.shape) : [];
}

/** The settings that have no effect on a server that is already running. */
const ONLY_WITH_COMMAND = ['build', 'host', 'port', 'path', 'tls', 'cwd', 'env', 'buildTimeoutSeconds'] as const;

/**
 * Checks the settings of one server, and makes its paths absolute.
 * @throws HarnessError with exit code 2 if two settings contradict each other.
 */
function serverOf(name: string, server: z.infer<typeof serverSchema>, { path, at }: LoadedConfig): ServerConfig {
  const refused = (key: string | undefined, what: string, why: string, todo: string) =>
    new HarnessError(2, { what, where: at(['servers', name, ...(key === undefined ? [] : [key])]), why, todo });
  const { command, url, tls, ca } = server;
  if (name === ALL)
    throw refused(undefined, `A server cannot be named "${ALL}".`, `--server ${ALL} means every one.`, 'Rename it.');
  if (command === undefined && url === undefined) {
    throw refused(
      undefined,
      `The server "${name}" has neither a command nor a url.`,
      'We must either start the server or know where it is running.',
      'Add "command": [...] or "url": "ws://…".',
    );
  }
  if (command !== undefined && url !== undefined) {
    throw refused(
      'url',
      `The server "${name}" has both a command and a url.`,
      'Either we start the server, or it is running already.',
      'Remove one of them. For a server that we start, "port", "host", "path" and "tls" say where it will listen.',
    );
  }
  const useless = url === undefined ? undefined : ONLY_WITH_COMMAND.find((key) => server[key] !== undefined);
  if (useless !== undefined) {
    throw refused(
      useless,
      `servers.${name}.${useless} has no meaning for a server with a url.`,
      'The setting is for a server that we start. A server with a url is running already.',
      'Remove the setting, or make it a part of the url.',
    );
  }
  if (url !== undefined && typeof server.ready === 'object') {
    throw refused(
      'ready',
      `servers.${name}.ready cannot be a line for a server with a url.`,
      'We can read the output of a server only if we start it.',
      'Write "handshake", "echo" or "tcp".',
    );
  }
  if (ca !== undefined && (tls === false || url?.startsWith('ws:'))) {
    throw refused(
      'ca',
      `servers.${name}.ca has no meaning without TLS.`,
      'Only the certificate of a server that speaks wss: can be verified.',
      url === undefined ? 'Remove "ca", or "tls": false.' : 'Remove "ca", or write wss:// in the url.',
    );
  }
  const fromFile = (to: string | undefined) => (to === undefined ? undefined : resolve(dirname(path), to));
  return {
    name,
    agent: checkedAgent(server.agent ?? name, at(['servers', name, 'agent'])),
    path: server.path ?? '/',
    cwd: resolve(dirname(path), server.cwd ?? '.'),
    env: server.env ?? {},
    ...omitUndefined({
      command,
      build: server.build,
      buildSeconds: server.buildTimeoutSeconds,
      url,
      host: server.host,
      port: server.port,
      // The setting `ca` (certificate authorities to trust) has a meaning only with TLS, so the setting switches TLS
      // on.
      tls: command !== undefined && (tls ?? ca !== undefined) ? true : undefined,
      expectedFile: fromFile(server.expected),
      ready: server.ready,
      readySeconds: server.readyTimeoutSeconds,
      protocols: server.protocols,
      origin: server.origin,
      headers: server.headers,
      caFile: fromFile(ca),
    }),
  };
}

/**
 * Refuses two servers with the same name in reports, because readers could not tell the servers apart.
 * @throws HarnessError with exit code 2 for such servers.
 */
function refuseTwins(servers: ReadonlyMap<string, ServerConfig>, { at }: LoadedConfig): void {
  const byAgent = new Map<string, string>();
  for (const { name, agent } of servers.values()) {
    const twin = byAgent.get(agent);
    byAgent.set(agent, name);
    if (twin === undefined) continue;
    throw new HarnessError(2, {
      what: `The servers "${twin}" and "${name}" are both called "${agent}" in reports.`,
      where: at(['servers', name, 'agent']),
      why: 'Readers of a report could not tell the two servers apart.',
      todo: 'Give one of them another "agent".',
    });
  }
}

/**
 * Checks the name that a server has in reports.
 * @param where place of the name, for the error.
 * @throws HarnessError with exit code 2 if the name is empty, too long or not printable.
 */
export function checkedAgent(agent: string, where: string): string {
  if (agent.length > 0 && agent.length <= 64 && escapeInvisible(agent) === agent) return agent;
  throw new HarnessError(2, {
    what: `The agent name ${JSON.stringify(agent)} cannot be used.`,
    where,
    why: 'An agent name has 1 to 64 visible characters.',
    todo: 'Choose another one.',
  });
}

/** The settings of a server that is not in the configuration. The options of the command line are added later. */
export const unnamedServer = (agent: string): ServerConfig => ({
  name: agent,
  agent,
  path: '/',
  cwd: process.cwd(),
  env: {},
});

/**
 * Looks up a server of the configuration.
 * @param where place of the name, for the error.
 * @throws HarnessError with exit code 2 with the most similar name if there is no such server.
 */
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
