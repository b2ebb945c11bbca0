import { terminalSafe } from '../../../reports/wording/terminal-text.ts';
import type { Config } from '../../config/config.ts';
import { serverSettings, withoutValues } from '../options/server-settings.ts';
import { serversOf } from '../options/servers.ts';
import { type Setting, settingsTable } from '../options/settings.ts';
import type { Shell } from '../options/shell.ts';
import type { RunFlags } from './run-options.ts';

/**
 * `run --print-config`: prints each option and each key of the selected servers, with its value and the source of the
 * value. The values of header fields are hidden, because they often contain a password or a token.
 */
export function printSettings(shell: Shell, options: readonly Setting[], config: Config, flags: RunFlags): void {
  const servers = flags.from === undefined ? serversOf(config, shell.command, flags) : [];
  const settings = [
    ...options.map((setting) => (setting.option === 'header' ? withoutValues(setting) : setting)),
    ...serverSettings(servers, options, config, shell.command !== undefined),
  ];
  const text = flags.json ? JSON.stringify(settings, null, 2) : terminalSafe(settingsTable(settings, config));
  shell.stdout.write(`${text}\n`);
}
