import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { terminalSafe } from '../../../reports/wording/terminal-text.ts';
import { ALL, type Config, checkedAgent, type ServerConfig, serverNamed, unnamedServer } from '../../config/config.ts';
import { isSendable, type Readiness } from '../../config/config-schema.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { omitUndefined } from '../../support/omit-undefined.ts';
import { splitCommandLine } from './split-command-line.ts';

/** The options of the command line that choose the server under test, and say how to start it and connect to it. */
export interface ServerFlags {
  server?: string[];
  command?: string;
  url?: string;
  path?: string;
  port?: number;
  tls?: boolean;
  agent?: string;
  protocol?: string[];
  origin?: string;
  header?: string[];
  ca?: string;
  /** Whether `ca` comes from the configuration. Then the `ca` of a server has precedence. */
  caIsDefault?: boolean;
  expected?: string;
  ready?: Readiness;
  readyTimeout?: number;
}

/**
 * The servers to run: from `--server`, `--url`, `--command`, a command after `--`, or the default of the
 * configuration. Other options of the command line override the settings of each server.
 * @param typed argv after `--`.
 * @throws HarnessError with exit code 2 if it is not clear which server is meant, or a setting does not fit the server.
 */
export function serversOf(config: Config, typed: readonly string[] | undefined, flags: ServerFlags): ServerConfig[] {
  const ways = [
    flags.server !== undefined && '--server',
    flags.url !== undefined && '--url',
    flags.command !== undefined && '--command',
    typed !== undefined && 'a command after "--"',
  ].filter((way) => way !== false);
  refuseSeveral(ways);
  const command = typed ?? (flags.command === undefined ? undefined : splitCommandLine(flags.command));
  const named = flags.server?.includes(ALL)
    ? [...config.servers.values()]
    : [...new Set(flags.server ?? [config.defaultServer])].map((name) => serverNamed(config, name));
  const servers =
    flags.url !== undefined
      ? [{ ...unnamedServer(flags.agent ?? 'server'), url: checkedUrl(flags.url) }]
      : command !== undefined
        ? [
            {
              ...unnamedServer(flags.agent ?? 'server'),
              command: checkedCommand(command, typed === undefined ? '--command' : undefined),
            },
          ]
        : named;
  if (servers.length > 1 && (flags.agent !== undefined || flags.expected !== undefined)) {
    throw new HarnessError(2, {
      what: '--agent and --expected can be used with one server only.',
      why: `${servers.length} servers are chosen.`,
      todo: 'Write agent and expectation file of each server into the configuration.',
    });
  }
  return servers.map((server) => checkedServer(config, withFlags(server, flags)));
}

/** Makes a server in which the options of the command line override the settings of the configuration. */
function withFlags(server: ServerConfig, flags: ServerFlags): ServerConfig {
  if (server.url !== undefined) refuseStartFlags(server.url, flags);
  const speaksTls = server.tls || flags.tls || server.url?.startsWith('wss:');
  const ca = flags.caIsDefault ? (server.caFile ?? (speaksTls ? flags.ca : undefined)) : (flags.ca ?? server.caFile);
  return {
    ...server,
    ...omitUndefined({
      agent: flags.agent === undefined ? undefined : checkedAgent(flags.agent, '--agent'),
      path: flags.path,
      port: flags.port,
      tls: flags.tls,
      expectedFile: flags.expected === undefined ? undefined : resolve(flags.expected),
      protocols: flags.protocol,
      origin: flags.origin,
      headers: flags.header && mergeHeaders(server.headers ?? {}, headersOf(flags.header)),
      caFile: ca === undefined ? undefined : resolve(ca),
      ready: flags.ready,
      readySeconds: flags.readyTimeout,
    }),
  };
}

/** Adds header fields to others. A new field replaces a field of the same name in any case (RFC 9110 section 5.1). */
function mergeHeaders(fields: Readonly<Record<string, string>>, added: Readonly<Record<string, string>>) {
  const replaced = new Set(Object.keys(added).map((name) => name.toLowerCase()));
  const kept = Object.entries(fields).filter(([name]) => !replaced.has(name.toLowerCase()));
  return { ...Object.fromEntries(kept), ...added };
}

/**
 * Refuses options that have no effect on a server with a URL, because this tool does not start that server.
 * @throws HarnessError with exit code 2 if such an option is set.
 */
function refuseStartFlags(url: string, { path, port, tls, ready }: ServerFlags): void {
  const useless = [
    path !== undefined && '--path',
    port !== undefined && '--port',
    tls && '--tls',
    typeof ready === 'object' && '--ready line:',
  ].filter((flag) => typeof flag === 'string');
  if (useless.length === 0) return;
  throw new HarnessError(2, {
    what: `${useless.join(' and ')} cannot be used for a server that is running already.`,
    where: url,
    why: 'The option is for a server that we start.',
    todo: 'Make it a part of the URL, or leave it out.',
  });
}

/** Checks that the working folder of a server exists. @throws HarnessError with exit code 2. */
function checkedServer({ file }: Config, server: ServerConfig): ServerConfig {
  const { name, cwd, command } = server;
  if (command === undefined || statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) return server;
  throw new HarnessError(2, {
    what: `servers.${name}.cwd: there is no folder ${cwd}.`,
    where: file?.at(['servers', name, 'cwd']) ?? cwd,
    why: 'The server is started in that folder.',
    todo: 'Correct the path. It is relative to the folder of the configuration.',
  });
}

/**
 * Refuses a command line that names servers in more than one way.
 * @param ways the ways that were used: options, or a command.
 * @throws HarnessError with exit code 2 for more than one way.
 */
export function refuseSeveral(ways: readonly string[]): void {
  if (ways.length <= 1) return;
  throw new HarnessError(2, {
    what: `It is not clear which server is meant: ${ways.join(' and ')} were given.`,
    why: 'Each of them names a server.',
    todo: 'Keep one of them.',
  });
}

/** Parses header lines, `Name: value`. @throws HarnessError with exit code 2 for a line that is not a header field. */
export function headersOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([^:]+):[ \t]*([\s\S]*)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined && isSendable(name, value)) return [name, value];
      throw new HarnessError(2, {
        what: `"${terminalSafe(line)}" is not a header field.`,
        where: '--header',
        why: 'A header field has a name, a colon and a value of visible characters (RFC 9110 section 5). The fields of the handshake itself cannot be set.',
        todo: 'For example --header "Authorization: Bearer abc".',
      });
    }),
  );
}

/** Checks a WebSocket URL. @param where the URL is written, for the error. @throws HarnessError with exit code 2. */
export function checkedUrl(url: string, where = '--url'): string {
  if (URL.canParse(url) && ['ws:', 'wss:'].includes(new URL(url).protocol) && !url.includes('#')) return url;
  throw new HarnessError(2, {
    what: `"${terminalSafe(url)}" is not a WebSocket address.`,
    where,
    why: 'A WebSocket address begins with ws:// or wss://, names a host, may have a port up to 65535, and has no "#" (RFC 6455 section 3).',
    todo: 'For example --url ws://127.0.0.1:9001/',
  });
}

/**
 * Checks that a command names a program.
 * @param flag the option that contains the command.
 * @throws HarnessError with exit code 2 if there is no program.
 */
export function checkedCommand(command: readonly string[], flag = '"--"'): readonly string[] {
  if (command.length > 0 && command[0] !== '') return command;
  throw new HarnessError(2, {
    what: `There is no command after ${flag}.`,
    why: 'The command starts the server under test.',
    todo: 'For example: -- node server.js --port {port}',
  });
}
