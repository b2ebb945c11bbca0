import { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { type Config, type ServerConfig, serverNamed, unnamedServer } from '../config.ts';
import { visible } from '../terminal.ts';
import { Trouble } from '../trouble.ts';
import { splitWords } from '../words.ts';
import { readUserFile } from './selection.ts';

/** Options that say which server is meant, and how it is spoken to. */
export interface ServerFlags {
  server?: string[];
  command?: string;
  url?: string;
  path?: string;
  agent?: string;
  protocol?: string[];
  origin?: string;
  expected?: string;
  readyTimeout?: number;
}

/**
 * Which servers to run, from `--server`, `--url`, `--command`, a command behind `--`, or the configuration's default.
 * @param behind what stood behind `--`.
 */
export function serversOf(config: Config, behind: readonly string[] | undefined, flags: ServerFlags): ServerConfig[] {
  const ways = [
    flags.server !== undefined && '--server',
    flags.url !== undefined && '--url',
    flags.command !== undefined && '--command',
    behind !== undefined && 'a command behind "--"',
  ].filter((way) => way !== false);
  refuseSeveral(ways);
  const command = behind ?? (flags.command === undefined ? undefined : splitWords(flags.command));
  const named = flags.server?.includes('all')
    ? [...config.servers.values()]
    : (flags.server ?? [config.defaultServer]).map((name) => serverNamed(config, name));
  const servers =
    flags.url !== undefined
      ? [{ ...unnamedServer(flags.agent ?? 'server'), url: checkedUrl(flags.url) }]
      : command !== undefined
        ? [{ ...unnamedServer(flags.agent ?? 'server'), command: checkedCommand(command) }]
        : named;
  if (servers.length > 1 && (flags.agent !== undefined || flags.expected !== undefined)) {
    throw new Trouble(2, {
      what: '--agent and --expected go with one server.',
      why: `${servers.length} servers are to be run.`,
      todo: 'Write them into the configuration.',
    });
  }
  return servers.map((server) => ({
    ...server,
    ...(flags.agent === undefined ? {} : { agent: checkedAgent(flags.agent) }),
    ...(flags.path === undefined ? {} : { path: flags.path }),
    ...(flags.expected === undefined ? {} : { expectedFile: resolve(flags.expected) }),
    ...(flags.protocol === undefined ? {} : { protocols: flags.protocol }),
    ...(flags.origin === undefined ? {} : { origin: flags.origin }),
    ...(flags.readyTimeout === undefined ? {} : { readySeconds: flags.readyTimeout }),
  }));
}

/** @param ways in which a server was named. @throws Trouble (2) for more than one. */
export function refuseSeveral(ways: readonly string[]): void {
  if (ways.length <= 1) return;
  throw new Trouble(2, {
    what: `It is not clear which server is meant: ${ways.join(' and ')} were given.`,
    why: 'Each of them names one.',
    todo: 'Keep one of them.',
  });
}

/** Lines `Name: value`. @throws Trouble (2) for what is none. */
export function headersOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) return [name, value];
      throw new Trouble(2, {
        what: `"${visible(line)}" is no header field.`,
        where: '--header',
        why: 'It has a name, a colon and a value of visible characters (RFC 9110 5).',
        todo: 'For example --header "Authorization: Bearer abc".',
      });
    }),
  );
}

/** @param where it is written, for the error. @throws Trouble (2). */
export function checkedUrl(url: string, where = '--url'): string {
  if (URL.canParse(url) && ['ws:', 'wss:'].includes(new URL(url).protocol)) return url;
  throw new Trouble(2, {
    what: `"${visible(url)}" is no WebSocket address.`,
    where,
    why: 'It has to begin with ws:// or wss:// and name a host.',
    todo: 'For example --url ws://127.0.0.1:9001/',
  });
}

/** @throws Trouble (2) for a command without words. */
export function checkedCommand(command: readonly string[]): readonly string[] {
  if (command.length > 0) return command;
  throw new Trouble(2, {
    what: 'There is no command behind "--".',
    why: 'It starts the server to be tested.',
    todo: 'For example: -- node server.js --port {port}',
  });
}

/** @param where it is written, for the error. @throws Trouble (2). */
export function checkedAgent(agent: string, where = '--agent'): string {
  if (agent.length > 0 && agent.length <= 64 && visible(agent) === agent) return agent;
  throw new Trouble(2, {
    what: 'The agent name cannot be used.',
    where,
    why: 'It has 1 to 64 visible characters.',
    todo: 'Choose another one.',
  });
}

/** Certificates as PEM. What is none would else be ignored without a word, and every connection refused. */
export function readCertificates(path: string): string {
  const pem = readUserFile(path, 'certificate');
  try {
    new X509Certificate(pem);
    return pem;
  } catch (error) {
    throw new Trouble(2, {
      what: 'The file of --ca holds no certificate.',
      where: path,
      why: error instanceof Error ? error.message : String(error),
      todo: 'Name a PEM file that begins with -----BEGIN CERTIFICATE-----.',
    });
  }
}
