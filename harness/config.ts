import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { JsonTextError, readJsonText } from './json-text.ts';
import { nearest } from './nearest.ts';
import type { Readiness } from './probe.ts';
import { Trouble } from './trouble.ts';

const seconds = z.number().positive();

/** One server of `conformance.config.json`. */
export const serverSchema = z.strictObject({
  /** Its name in reports; the server's name in the configuration when left out. */
  agent: z.string().min(1).max(64).optional(),
  /** argv to start it with; `{port}` is replaced by a free port. Without it the server must be running at `url`. */
  command: z.array(z.string()).min(1).optional(),
  /** Where it is running already. */
  url: z.url({ protocol: /^wss?$/ }).optional(),
  /** Path of its WebSocket endpoint. */
  path: z.string().startsWith('/').default('/'),
  /** Folder to start it in, relative to the configuration's. */
  cwd: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  /** Its expectation file, relative to the configuration's folder. */
  expected: z.string().optional(),
  /** When it is ready: it answers an opening handshake, or takes a TCP connection. A line `listening ws://…` does always. */
  ready: z.enum(['handshake', 'tcp']).optional(),
  readyTimeoutSeconds: seconds.default(30),
  protocols: z.array(z.string()).optional(),
  origin: z.string().optional(),
});

export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  /** The server that is run when none is named. */
  default: z.string().optional(),
  servers: z.record(z.string(), serverSchema).default({}),
});

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
}

const FILE = 'conformance.config.json';
const PACKAGE = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** The server in this repository, which is run when nobody names another. Compiled or not, it starts the same way. */
export function inRepoServer(): ServerConfig {
  const compiled = !import.meta.url.endsWith('.ts');
  const entry = join(PACKAGE, 'server', compiled ? 'main.js' : 'main.ts');
  return {
    name: 'websock-server',
    agent: 'websock server',
    command: [process.execPath, ...(compiled ? [] : ['--import', import.meta.resolve('tsx')]), entry, '--port', '0'],
    path: '/ws',
    cwd: PACKAGE,
    env: {},
    expectedFile: join(PACKAGE, 'fixtures/expected/websock-server.json'),
    readySeconds: 30,
  };
}

/**
 * The configuration: the file named, else `conformance.config.json` in `folder` or the nearest folder above it.
 * @throws Trouble (2) with the line and the nearest known key.
 */
export function readConfig(folder: string, named?: string): Config {
  const builtIn = inRepoServer();
  const path = named === undefined ? findUpwards(folder) : resolve(folder, named);
  if (path === undefined) return { defaultServer: builtIn.name, servers: new Map([[builtIn.name, builtIn]]) };

  const json = parse(path);
  const config = configSchema.safeParse(json.value);
  if (!config.success) {
    const issue = config.error.issues[0];
    const keys = issue?.path.filter((key) => typeof key !== 'symbol') ?? [];
    throw new Trouble(2, {
      what: `The configuration cannot be used: ${describe(issue)}.`,
      where: `${path}:${json.lineOf(keys)}`,
      why: 'It does not have the form of a configuration.',
      todo: 'Correct the line.',
    });
  }
  const home = dirname(path);
  const servers = new Map<string, ServerConfig>([[builtIn.name, builtIn]]);
  for (const [name, server] of Object.entries(config.data.servers)) {
    if (server.command === undefined && server.url === undefined) {
      throw new Trouble(2, {
        what: `The server "${name}" has neither a command nor a url.`,
        where: `${path}:${json.lineOf(['servers', name])}`,
        why: 'We must either start it or know where it is running.',
        todo: 'Add "command": [...] or "url": "ws://…".',
      });
    }
    servers.set(name, {
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
    });
  }
  const defaultServer = config.data.default ?? builtIn.name;
  serverNamed({ defaultServer, servers }, defaultServer);
  return { defaultServer, servers };
}

/** @throws Trouble (2) with the nearest name. */
export function serverNamed(config: Config, name: string): ServerConfig {
  const server = config.servers.get(name);
  if (server) return server;
  throw new Trouble(2, {
    what: `There is no server "${name}" in the configuration.`,
    why: `It has: ${[...config.servers.keys()].join(', ')}.`,
    todo: `Did you mean "${nearest(name, [...config.servers.keys()])}"?`,
  });
}

function findUpwards(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const path = join(at, FILE);
    if (existsSync(path)) return path;
    // A repository's root is as far as its configuration can be.
    if (existsSync(join(at, '.git')) || dirname(at) === at) return undefined;
  }
}

function parse(path: string) {
  try {
    return readJsonText(readFileSync(path, 'utf8'), { comments: true });
  } catch (error) {
    if (error instanceof JsonTextError) {
      throw new Trouble(2, {
        what: 'The configuration is not JSON.',
        where: `${path}:${error.place.line}`,
        why: error.message,
        todo: 'Correct the line. Comments and trailing commas are allowed.',
      });
    }
    throw new Trouble(2, {
      what: 'The configuration cannot be read.',
      where: path,
      why: (error as Error).message,
      todo: 'Check the path given with --config.',
    });
  }
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
  return `${at}: ${issue.message}`;
}
