import { terminalSafe } from '../../../reports/wording/terminal-text.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { omitUndefined } from '../../support/omit-undefined.ts';
import type { InitTarget } from '../init/init.ts';
import type { SpecOrigin } from '../init/init-from.ts';
import { checkedCommand, checkedUrl, refuseSeveral } from '../options/servers.ts';
import { splitCommandLine } from '../options/split-command-line.ts';

/** The options of `init` that describe a server. */
interface ServerFlags {
  command?: string;
  url?: string;
  path?: string;
}

/**
 * The server to write into the configuration: the server of the command line, or the only server in the
 * fuzzingclient.json of `--from`.
 * @param commandWords the command after `--`.
 * @param specPath path of the fuzzingclient.json, for error messages.
 * @throws HarnessError with exit code 2 if no server or more than one server is named, or if an option does not fit the
 *   server.
 */
export function serverToWrite(
  commandWords: readonly string[] | undefined,
  flags: ServerFlags,
  spec: SpecOrigin | undefined,
  specPath: string | undefined,
): { target: InitTarget; agent?: string } {
  const sources = [
    flags.command !== undefined && '--command',
    flags.url !== undefined && '--url',
    commandWords !== undefined && 'a command after "--"',
  ].filter((source) => source !== false);
  refuseSeveral(sources);
  const command = commandWords ?? (flags.command === undefined ? undefined : splitCommandLine(flags.command));
  if (command !== undefined) return { target: { command: checkedCommand(command), path: checkedPath(flags.path) } };
  refusePathWithoutCommand(flags.path);
  if (flags.url !== undefined) return { target: { url: checkedUrl(flags.url) } };
  const [server] = spec?.servers ?? [];
  if (server === undefined || spec?.servers.length !== 1) throw noServer(spec, specPath);
  const { agent, url } = server;
  return { target: { url: checkedUrl(url, specPath) }, ...omitUndefined({ agent }) };
}

function noServer(spec: SpecOrigin | undefined, specPath: string | undefined): HarnessError {
  const several = spec !== undefined && spec.servers.length > 1;
  return new HarnessError(2, {
    what: several ? 'It is not clear which server to write into the configuration.' : 'No server was given.',
    ...omitUndefined({ where: specPath }),
    why: several
      ? `The spec has ${spec.servers.length} servers: ${spec.servers.map(({ url }) => url).join(', ')}.`
      : 'init needs a command that starts the server, or the address of a running server.',
    todo: 'Example: init -- node server.js --port {port}, or init --url ws://127.0.0.1:9001/',
  });
}

function checkedPath(path = '/'): string {
  if (path.startsWith('/')) return path;
  throw new HarnessError(2, {
    what: `"${terminalSafe(path)}" is not a path of an endpoint.`,
    where: '--path',
    why: 'A path begins with a slash.',
    todo: `Write --path /${terminalSafe(path)}`,
  });
}

function refusePathWithoutCommand(path: string | undefined): void {
  if (path === undefined) return;
  throw new HarnessError(2, {
    what: '--path can only be used with a command that starts the server.',
    where: '--path',
    why: 'The address of a running server already contains the path.',
    todo: `Write the path into the address: --url ws://127.0.0.1:9001${terminalSafe(checkedPath(path))}`,
  });
}
