import { relative } from 'node:path';
import type { Config, ServerConfig } from '../../config/config.ts';
import type { serverSchema } from '../../config/config-schema.ts';
import { READY_SECONDS } from '../../subject/readiness.ts';
import type { Setting } from './settings.ts';

type Key = keyof (typeof serverSchema)['shape'];

/** For every setting of a server: the option that overrides it, and how to read its value. */
const ROWS: Readonly<Record<Key, { option?: string; of(server: ServerConfig): unknown }>> = {
  agent: { option: 'agent', of: ({ agent }) => agent },
  command: { of: ({ command }) => command },
  build: { of: ({ build }) => build },
  url: { option: 'url', of: ({ url }) => url },
  host: { of: ({ host, command }) => host ?? (command && '127.0.0.1') },
  port: { option: 'port', of: ({ port }) => port },
  path: { option: 'path', of: ({ path, command }) => command && path },
  tls: { option: 'tls', of: ({ tls, command }) => tls ?? (command && false) },
  ca: { option: 'ca', of: ({ caFile }) => shown(caFile) },
  cwd: { of: ({ cwd, command }) => command && shown(cwd) },
  env: { of: ({ env }) => (Object.keys(env).length === 0 ? undefined : hidden(env)) },
  expected: { option: 'expected', of: ({ expectedFile }) => shown(expectedFile) },
  ready: { option: 'ready', of: ({ ready }) => ready ?? 'handshake' },
  readyTimeoutSeconds: {
    option: 'ready-timeout',
    of: ({ readySeconds, command }) => readySeconds ?? (command && READY_SECONDS),
  },
  buildTimeoutSeconds: { of: ({ buildSeconds }) => buildSeconds },
  protocols: { option: 'protocol', of: ({ protocols }) => protocols },
  origin: { option: 'origin', of: ({ origin }) => origin },
  headers: { option: 'header', of: ({ headers }) => headers && hidden(headers) },
};

/** A path relative to the current folder. */
const shown = (path: string | undefined) => (path === undefined ? undefined : relative(process.cwd(), path) || '.');

/**
 * Replaces values by `…`. A value may be an access token, and the printed text may end up in the log of a CI system.
 */
const hidden = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.keys(values).map((name) => [name, '…']));

/** The setting of `--header` without the values of the header fields. */
export function withoutValues(setting: Setting): Setting {
  const lines = Array.isArray(setting.value) ? setting.value : [];
  return lines.length === 0
    ? setting
    : { ...setting, value: lines.map((line) => String(line).replace(/:.*$/s, ': …')) };
}

/**
 * The settings of the servers that would run, and where each value comes from: the command line, the environment, the
 * configuration file, or the default.
 * @param servers the servers, after the options of the command line were applied.
 * @param settings the options of the command line.
 * @param isTyped whether the command of the server was typed after `--`.
 */
export function serverSettings(
  servers: readonly ServerConfig[],
  settings: readonly Setting[],
  { file }: Config,
  isTyped: boolean,
): Setting[] {
  return servers.flatMap((server) => {
    const fromFile: object = isTyped ? {} : (file?.values.servers[server.name] ?? {});
    return (Object.keys(ROWS) as Key[]).flatMap((key): Setting[] => {
      const { option, of } = ROWS[key];
      const value = of(server);
      if (value === undefined) return [];
      const setting = { option: `servers.${server.name}.${key}`, value };
      const flag = settings.find((other) => other.option === option && ['flag', 'environment'].includes(other.source));
      if (flag !== undefined) return [{ ...flag, ...setting }];
      if (file !== undefined && key in fromFile)
        return [{ ...setting, source: 'file', at: relative(process.cwd(), file.at(['servers', server.name, key])) }];
      const common = settings.find((other) => other.option === option && other.source === 'file');
      if (common !== undefined) return [{ ...common, ...setting }];
      if (key === 'command' && isTyped) return [{ ...setting, source: 'flag', at: '--' }];
      return [{ ...setting, source: 'default' }];
    });
  });
}
