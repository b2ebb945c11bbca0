import { dirname, join, resolve } from 'node:path';
import type { z } from 'zod';
import { type LoadedConfig, loadConfig } from './config-file.ts';
import { type ConfigFile, configSchema, serverSchema } from './config-schema.ts';
import { nearest } from './nearest.ts';
import { PACKAGE, packagedCommand } from './packaged.ts';
import type { Readiness } from './probe.ts';
import { Trouble } from './trouble.ts';

/** A server to run, complete: paths absolute, defaults filled in. */
export interface ServerConfig {
  name: string;
  agent: string;
  command?: readonly string[];
  url?: string;
  path: string;
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** Absolute; absent when nothing but conformance is expected. */
  expectedFile?: string;
  ready?: Readiness;
  readySeconds: number;
  protocols?: readonly string[];
  origin?: string;
}

export interface Config {
  defaultServer: string;
  servers: ReadonlyMap<string, ServerConfig>;
  /** The file it was read from, and what stands there; absent where there is none. */
  file?: Pick<LoadedConfig, 'path' | 'at'> & { values: ConfigFile };
}

/** The server in this repository, which is run when nobody names another. */
export function inRepoServer(): ServerConfig {
  return {
    name: 'websock-server',
    agent: 'websock server',
    command: [...packagedCommand('server/main'), '--port', '0'],
    path: '/ws',
    cwd: PACKAGE,
    env: {},
    expectedFile: join(PACKAGE, 'fixtures/expected/websock-server.json'),
    readySeconds: 30,
  };
}

/**
 * The configuration: the file named, else the nearest one in `folder` or above it; see `loadConfig`.
 * @throws Trouble (2) with the line and the nearest known key.
 */
export async function readConfig(folder: string, named?: string): Promise<Config> {
  const builtIn = inRepoServer();
  const file = await loadConfig(folder, named);
  if (file === undefined) return { defaultServer: builtIn.name, servers: new Map([[builtIn.name, builtIn]]) };

  const parsed = configSchema.safeParse(file.value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const keys = issue?.path.filter((key) => typeof key !== 'symbol') ?? [];
    throw new Trouble(2, {
      what: `The configuration cannot be used: ${describe(issue)}.`,
      where: file.at(keys),
      why: 'It does not have the form of a configuration.',
      todo: 'Correct the line.',
    });
  }
  const values = parsed.data;
  const servers = new Map([
    [builtIn.name, builtIn],
    ...Object.entries(values.servers).map(([name, server]) => [name, completed(name, server, file)] as const),
  ]);
  const defaultServer = values.default ?? builtIn.name;
  serverNamed({ servers }, defaultServer);
  return { defaultServer, servers, file: { path: file.path, at: file.at, values } };
}

/** One server with its defaults filled in and its paths made absolute. @throws Trouble (2) when it cannot be reached. */
function completed(name: string, server: z.infer<typeof serverSchema>, { path, at }: LoadedConfig): ServerConfig {
  if (server.command === undefined && server.url === undefined) {
    throw new Trouble(2, {
      what: `The server "${name}" has neither a command nor a url.`,
      where: at(['servers', name]),
      why: 'We must either start it or know where it is running.',
      todo: 'Add "command": [...] or "url": "ws://…".',
    });
  }
  const home = dirname(path);
  return {
    name,
    agent: server.agent ?? name,
    path: server.path,
    cwd: resolve(home, server.cwd ?? '.'),
    env: server.env ?? {},
    readySeconds: server.readyTimeoutSeconds,
    ...(server.command === undefined ? {} : { command: server.command }),
    ...(server.url === undefined ? {} : { url: server.url }),
    ...(server.expected === undefined ? {} : { expectedFile: resolve(home, server.expected) }),
    ...(server.ready === undefined ? {} : { ready: server.ready }),
    ...(server.protocols === undefined ? {} : { protocols: server.protocols }),
    ...(server.origin === undefined ? {} : { origin: server.origin }),
  };
}

/** A server that is in no configuration. */
export const unnamedServer = (agent: string): ServerConfig => ({
  name: agent,
  agent,
  path: '/',
  cwd: process.cwd(),
  env: {},
  readySeconds: 30,
});

/** @throws Trouble (2) with the nearest name. */
export function serverNamed(config: Pick<Config, 'servers'>, name: string): ServerConfig {
  const server = config.servers.get(name);
  if (server) return server;
  throw new Trouble(2, {
    what: `There is no server "${name}" in the configuration.`,
    why: `It has: ${[...config.servers.keys()].join(', ')}.`,
    todo: `Did you mean "${nearest(name, [...config.servers.keys()])}"?`,
  });
}

function describe(issue: z.core.$ZodIssue | undefined): string {
  if (!issue) return 'it is not valid';
  const at = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = at === '' ? Object.keys(configSchema.shape) : Object.keys(serverSchema.shape);
    return issue.keys
      .map((key) => `unknown key "${key}"${at === '' ? '' : ` in ${at}`} (did you mean "${nearest(key, known)}"?)`)
      .join(', ');
  }
  return at === '' ? issue.message : `${at}: ${issue.message}`;
}
