import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { visible } from '../../../reports/wording/terminal-text.ts';
import { ALL, type Config, checkedAgent, type ServerConfig, serverNamed, unnamedServer } from '../../config/config.ts';
import { isSendable, type Readiness } from '../../config/config-schema.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { splitCommandLine } from './split-command-line.ts';

/** Options that say which server is meant, and how it is spoken to. */
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
  /** `ca` is that of the configuration, which a server's own outranks. */
  caIsDefault?: boolean;
  expected?: string;
  ready?: Readiness;
  readyTimeout?: number;
}

/**
 * Which servers to run, from `--server`, `--url`, `--command`, a command behind `--`, or the configuration's default,
 * each with what the command line says otherwise.
 * @param behind what stood behind `--`.
 * @throws HarnessError (2) where it is not clear which, or what is said of one cannot be.
 */
export function serversOf(config: Config, behind: readonly string[] | undefined, flags: ServerFlags): ServerConfig[] {
  const ways = [
    flags.server !== undefined && '--server',
    flags.url !== undefined && '--url',
    flags.command !== undefined && '--command',
    behind !== undefined && 'a command behind "--"',
  ].filter((way) => way !== false);
  refuseSeveral(ways);
  const command = behind ?? (flags.command === undefined ? undefined : splitCommandLine(flags.command));
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
              command: checkedCommand(command, behind === undefined ? '--command' : undefined),
            },
          ]
        : named;
  if (servers.length > 1 && (flags.agent !== undefined || flags.expected !== undefined)) {
    throw new HarnessError(2, {
      what: '--agent and --expected go with one server.',
      why: `${servers.length} servers are to be run.`,
      todo: 'Write them into the configuration.',
    });
  }
  return servers.map((server) => checkedServer(config, withFlags(server, flags)));
}

function withFlags(server: ServerConfig, flags: ServerFlags): ServerConfig {
  const speaksTls = server.tls || flags.tls || server.url?.startsWith('wss:');
  const ca = flags.caIsDefault ? (server.caFile ?? (speaksTls ? flags.ca : undefined)) : (flags.ca ?? server.caFile);
  return {
    ...server,
    ...(flags.agent === undefined ? {} : { agent: checkedAgent(flags.agent, '--agent') }),
    ...(flags.path === undefined ? {} : { path: flags.path }),
    ...(flags.port === undefined ? {} : { port: flags.port }),
    ...(flags.tls === undefined ? {} : { tls: flags.tls }),
    ...(flags.expected === undefined ? {} : { expectedFile: resolve(flags.expected) }),
    ...(flags.protocol === undefined ? {} : { protocols: flags.protocol }),
    ...(flags.origin === undefined ? {} : { origin: flags.origin }),
    ...(flags.header === undefined ? {} : { headers: merged(server.headers ?? {}, headersOf(flags.header)) }),
    ...(ca === undefined ? {} : { caFile: resolve(ca) }),
    ...(flags.ready === undefined ? {} : { ready: flags.ready }),
    ...(flags.readyTimeout === undefined ? {} : { readySeconds: flags.readyTimeout }),
    ...(server.url === undefined ? {} : withoutStart(server.url, flags)),
  };
}

/** Header fields with those that replace them; names are the same in either case (RFC 9110 5.1). */
function merged(fields: Readonly<Record<string, string>>, others: Readonly<Record<string, string>>) {
  const replaced = new Set(Object.keys(others).map((name) => name.toLowerCase()));
  const kept = Object.entries(fields).filter(([name]) => !replaced.has(name.toLowerCase()));
  return { ...Object.fromEntries(kept), ...others };
}

/** @throws HarnessError (2) for what would else be ignored without a word. */
function withoutStart(url: string, { path, port, tls, ready }: ServerFlags): object {
  const idle = [
    path !== undefined && '--path',
    port !== undefined && '--port',
    tls && '--tls',
    typeof ready === 'object' && '--ready line:',
  ].filter((flag) => typeof flag === 'string');
  if (idle.length === 0) return {};
  throw new HarnessError(2, {
    what: `${idle.join(' and ')} cannot be said of a server that is running already.`,
    where: url,
    why: 'It is about a server that we start.',
    todo: 'Write it into the address, or leave it out.',
  });
}

/** @throws HarnessError (2) where what is said of a server that is about to be run cannot be. */
function checkedServer({ file }: Config, server: ServerConfig): ServerConfig {
  const { name, cwd, command } = server;
  if (command === undefined || statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) return server;
  throw new HarnessError(2, {
    what: `servers.${name}.cwd: there is no folder ${cwd}.`,
    where: file?.at(['servers', name, 'cwd']) ?? cwd,
    why: 'The server is to be started in it.',
    todo: "Correct the path; it is relative to the configuration's folder.",
  });
}

/** @param ways in which a server was named. @throws HarnessError (2) for more than one. */
export function refuseSeveral(ways: readonly string[]): void {
  if (ways.length <= 1) return;
  throw new HarnessError(2, {
    what: `It is not clear which server is meant: ${ways.join(' and ')} were given.`,
    why: 'Each of them names one.',
    todo: 'Keep one of them.',
  });
}

/** Lines `Name: value`. @throws HarnessError (2) for what is none. */
export function headersOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([^:]+):[ \t]*([\s\S]*)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined && isSendable(name, value)) return [name, value];
      throw new HarnessError(2, {
        what: `"${visible(line)}" is no header field.`,
        where: '--header',
        why: 'It has a name, a colon and a value of visible characters (RFC 9110 5); those of the handshake itself are not for others to set.',
        todo: 'For example --header "Authorization: Bearer abc".',
      });
    }),
  );
}

/** @param where it is written, for the error. @throws HarnessError (2). */
export function checkedUrl(url: string, where = '--url'): string {
  if (URL.canParse(url) && ['ws:', 'wss:'].includes(new URL(url).protocol) && !url.includes('#')) return url;
  throw new HarnessError(2, {
    what: `"${visible(url)}" is no WebSocket address.`,
    where,
    why: 'It has to begin with ws:// or wss://, name a host, have a port up to 65535 if any, and no "#" (RFC 6455 3).',
    todo: 'For example --url ws://127.0.0.1:9001/',
  });
}

/** @param flag where it was to be; behind "--" when left out. @throws HarnessError (2) for a command without words. */
export function checkedCommand(command: readonly string[], flag = '"--"'): readonly string[] {
  if (command.length > 0 && command[0] !== '') return command;
  throw new HarnessError(2, {
    what: `There is no command behind ${flag}.`,
    why: 'It starts the server to be tested.',
    todo: 'For example: -- node server.js --port {port}',
  });
}
