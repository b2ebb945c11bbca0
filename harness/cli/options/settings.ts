import { dirname, relative, resolve } from 'node:path';
import { Command, type Option } from 'commander';
import { type Config, readConfig } from '../../config/config.ts';
import { PATH_SETTINGS, SETTINGS } from '../../config/config-schema.ts';
import { closestTo } from '../../support/did-you-mean.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { omitUndefined } from '../../support/omit-undefined.ts';
import { type Shell, say, VARIABLES } from './shell.ts';

/**
 * The value of one option, and where the value comes from: flag, environment variable, configuration file, or default.
 */
export interface Setting {
  /** Long name of the option, without the dashes. */
  option: string;
  value: unknown;
  source: 'flag' | 'environment' | 'file' | 'default' | 'unset';
  /** The flag, the environment variable, or `path:line` of the configuration; absent for a default. */
  at?: string;
}

/** Options that can only be set on the command line. For colours there are the variables FORCE_COLOR and NO_COLOR. */
const FLAG_ONLY = ['color', 'no-color', 'print-config'];
/** Options that name the tested server. If one is on the command line, the variables of all three are ignored. */
const NAMES_SERVER = ['server', 'url', 'command'];

/** The environment variable of an option: `--ready-timeout` is `WS_CONFORMANCE_READY_TIMEOUT`. */
export const variableOf = (option: string): string => VARIABLES + option.toUpperCase().replaceAll('-', '_');

/** A command whose options can be set by environment variables too. */
export class CommandWithVariables extends Command {
  override createOption(flags: string, description?: string): Option {
    const option = super.createOption(flags, description);
    return FLAG_ONLY.includes(nameOf(option)) ? option : option.env(variableOf(nameOf(option)));
  }
}

/**
 * Determines the values of all options of a verb such as `run`. A flag has priority over an environment variable, then
 * the configuration file, then the default. The class `CommandWithVariables` has already read flags and variables. This
 * function adds the file.
 * @returns the configuration, and for every option its value and where the value comes from.
 * @throws HarnessError with exit code 2 if a value cannot be used.
 */
export async function resolveSettings(shell: Shell, verb: Command): Promise<{ config: Config; settings: Setting[] }> {
  warnOfUnknownVariables(shell, verb);
  ignoreServerVariables(shell, verb);
  readBooleanVariables(shell, verb);
  const config = await readConfig(process.cwd(), verb.getOptionValue('config'));
  const { file } = config;
  /** `path:line` of each option that was taken from the file. */
  const lines = new Map<Option, string>();
  for (const option of settable(verb)) {
    const name = nameOf(option);
    const value = (file?.values as Record<string, unknown> | undefined)?.[name];
    if (file === undefined || value === undefined || !SETTINGS.includes(name)) continue;
    if (isFrom(verb, option, 'cli', 'env')) continue;
    verb.setOptionValueWithSource(option.attributeName(), relativeToCwd(file.path, name, value), 'config');
    lines.set(option, relative(process.cwd(), file.at([name])));
  }
  return { config, settings: settable(verb).map((option) => settingOf(verb, option, lines.get(option))) };
}

const settable = (verb: Command): Option[] => verb.options.filter((option) => !FLAG_ONLY.includes(nameOf(option)));

const nameOf = (option: Option): string => option.long?.replace(/^--/, '') ?? option.name();

const isFrom = (verb: Command, option: Option, ...sources: string[]): boolean =>
  sources.includes(verb.getOptionValueSource(option.attributeName()) ?? '');

/**
 * Warns of variables WS_CONFORMANCE_… that set no option. Without this warning, a user would not notice a misspelt
 * variable.
 */
function warnOfUnknownVariables(shell: Shell, verb: Command): void {
  const known = [verb, ...(verb.parent?.commands ?? [])].flatMap(({ options }) =>
    options.map((option) => variableOf(nameOf(option))),
  );
  for (const name of Object.keys(shell.env).filter((name) => name.startsWith(VARIABLES) && !known.includes(name)))
    say(shell, `warning: no option is set by ${name}; did you mean ${closestTo(name, known)}?`);
}

/** Ignores the environment variables that name a server if the command line names another server. */
function ignoreServerVariables(shell: Shell, verb: Command): void {
  const options = settable(verb).filter((option) => NAMES_SERVER.includes(nameOf(option)));
  if (shell.command === undefined && !options.some((option) => isFrom(verb, option, 'cli'))) return;
  for (const option of options)
    if (isFrom(verb, option, 'env')) verb.setOptionValueWithSource(option.attributeName(), undefined, undefined);
}

/**
 * Reads the environment variables of options that take no value: 1 or 0, true or false, yes or no. The package
 * commander is not enough, because it treats any value as yes, even 0.
 */
function readBooleanVariables(shell: Shell, verb: Command): void {
  for (const option of settable(verb)) {
    if (!option.isBoolean() || !isFrom(verb, option, 'env')) continue;
    const variable = variableOf(nameOf(option));
    const text = shell.env[variable] ?? '';
    const isYes = /^(1|true|yes)$/i.test(text);
    if (!isYes && !/^(0|false|no|)$/i.test(text)) {
      throw new HarnessError(2, {
        what: `The value ${JSON.stringify(text)} cannot be used.`,
        where: `environment variable ${variable}`,
        why: 'It is 1 or 0, true or false, yes or no.',
        todo: 'Correct it, or unset it.',
      });
    }
    verb.setOptionValueWithSource(option.attributeName(), isYes, 'env');
  }
}

/**
 * Converts a path in the configuration file, which starts at the folder of the file, to a path from the current folder.
 * In a reporter such as `junit=PATH`, the path after `=` is converted. Any other value is returned unchanged.
 */
function relativeToCwd(file: string, name: string, value: unknown): unknown {
  const rewritten = (path: string) => relative(process.cwd(), resolve(dirname(file), path)) || '.';
  if (name === 'reporter')
    return [value].flat().map((reporter) => String(reporter).replace(/(?<==)(?!-$).+/s, (path) => rewritten(path)));
  return PATH_SETTINGS.includes(name) && typeof value === 'string' ? rewritten(value) : value;
}

/**
 * The value of an option, and where the value comes from.
 * @param line place in the configuration file as `path:line`, if the file sets the option.
 */
function settingOf(verb: Command, option: Option, line: string | undefined): Setting {
  const attribute = option.attributeName();
  const value: unknown = verb.getOptionValue(attribute);
  const setting = { option: nameOf(option), value: value ?? null };
  switch (verb.getOptionValueSource(attribute)) {
    case 'cli':
      return { ...setting, source: 'flag', at: option.long ?? option.name() };
    case 'env':
      return { ...setting, source: 'environment', at: variableOf(nameOf(option)) };
    case 'config':
      return { ...setting, source: 'file', ...omitUndefined({ at: line }) };
    default:
      return { ...setting, source: value === undefined ? 'unset' : 'default' };
  }
}

/** Largest width of a column in the settings table, in characters. A longer value does not widen its column. */
const WIDEST = 60;

/** The table that `--print-config` prints. Options that are not set, and have no default, are left out. */
export function settingsTable(settings: readonly Setting[], config: Config): string {
  const rows = [
    ['configuration', config.file?.path ?? 'none', ''],
    ['servers', [...config.servers.keys()].join(', '), `default: ${config.defaultServer}`],
    ...settings
      .filter(({ source }) => source !== 'unset')
      .map(({ option, value, source, at }) => [
        option,
        typeof value === 'string' ? value : JSON.stringify(value),
        at ?? source,
      ]),
  ];
  // A very long value must not make its column wider, because the next column would then be off the screen in every
  // line.
  const width = (column: number) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0).filter((length) => length <= WIDEST));
  const [first, second] = [width(0), width(1)];
  return rows
    .map(([name = '', value = '', from = '']) => `${name.padEnd(first)}  ${value.padEnd(second)}  ${from}`.trimEnd())
    .join('\n');
}
