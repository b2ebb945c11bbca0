import { dirname, relative, resolve } from 'node:path';
import { type Command, CommanderError, type Option } from 'commander';
import { type Config, readConfig } from '../../config/config.ts';
import { PATH_SETTINGS, SETTINGS } from '../../config/config-schema.ts';
import { closestTo } from '../../support/did-you-mean.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { type Shell, say, VARIABLES } from './shell.ts';

/** One option with the value it has in the end. */
export interface Setting {
  /** Its long name without the dashes. */
  option: string;
  value: unknown;
  source: 'flag' | 'environment' | 'file' | 'default' | 'unset';
  /** Where that is written: the flag, the variable, or file and line. */
  at?: string;
}

/** They are asked for once, where one sits; the first two have variables of their own (FORCE_COLOR, NO_COLOR). */
const FLAG_ONLY = ['color', 'no-color', 'print-config'];
/** Each names the server to be tested: who names it nearer by is not asked what stands further away. */
const NAMES_SERVER = ['server', 'url', 'command'];

/** The environment variable of an option: `--ready-timeout` is `WS_CONFORMANCE_READY_TIMEOUT`. */
export const variableOf = (option: string): string => VARIABLES + option.toUpperCase().replaceAll('-', '_');

/**
 * Fills the options of a verb that were not typed: from the environment, else from the configuration, else they keep
 * their defaults.
 * @returns the configuration, and for every option where its value comes from.
 * @throws HarnessError (2) when a value cannot be used.
 */
export async function resolveSettings(shell: Shell, verb: Command): Promise<{ config: Config; settings: Setting[] }> {
  const places = takeEnvironment(shell, verb);
  const config = await readConfig(process.cwd(), verb.getOptionValue('config'));
  const { file } = config;
  for (const option of settable(verb)) {
    const name = nameOf(option);
    const value = (file?.values as Record<string, unknown> | undefined)?.[name];
    if (file === undefined || value === undefined || !SETTINGS.includes(name)) continue;
    if (isTyped(verb, name) || places.has(option)) continue;
    verb.setOptionValueWithSource(name, inFolder(file.path, name, value), 'config');
    places.set(option, relative(process.cwd(), file.at([name])));
  }
  return { config, settings: settable(verb).map((option) => settingOf(verb, option, places.get(option))) };
}

/**
 * Fills the options that were not typed from the environment alone.
 * @returns for each of them its variable.
 * @throws HarnessError (2) when a value cannot be used.
 */
export function takeEnvironment(shell: Shell, verb: Command): Map<Option, string> {
  warnOfUnknown(shell, verb);
  const places = new Map<Option, string>();
  const serverIsNamed = shell.command !== undefined || NAMES_SERVER.some((name) => isTyped(verb, name));
  for (const option of settable(verb)) {
    const variable = variableOf(nameOf(option));
    const text = shell.env[variable];
    if (text === undefined || isTyped(verb, option.attributeName())) continue;
    if (serverIsNamed && NAMES_SERVER.includes(nameOf(option))) continue;
    verb.setOptionValueWithSource(option.attributeName(), parsed(option, text, variable), 'env');
    places.set(option, variable);
  }
  return places;
}

const settable = (verb: Command): Option[] => verb.options.filter((option) => !FLAG_ONLY.includes(nameOf(option)));

const nameOf = (option: Option): string => option.long?.replace(/^--/, '') ?? option.name();

const isTyped = (verb: Command, attribute: string): boolean => verb.getOptionValueSource(attribute) === 'cli';

/** A path of the configuration as one from here; reporters hold theirs behind a `=`. */
function inFolder(path: string, name: string, value: unknown): unknown {
  const fromHere = (to: string) => relative(process.cwd(), resolve(dirname(path), to)) || '.';
  if (name === 'reporter')
    return [value].flat().map((one) => String(one).replace(/(?<==)(?!-$).+/s, (to) => fromHere(to)));
  if (!PATH_SETTINGS.includes(name) || typeof value !== 'string') return value;
  return fromHere(value);
}

/** What a variable says, read as the option would read it. An option without a value is a yes or a no. */
function parsed(option: Option, text: string, variable: string): unknown {
  if (option.isBoolean()) {
    if (/^(1|true|yes)$/i.test(text)) return true;
    if (/^(0|false|no|)$/i.test(text)) return false;
    throw unusable(variable, text, 'It is 1 or 0, true or false, yes or no.');
  }
  try {
    return option.parseArg ? option.parseArg(text, undefined) : text;
  } catch (error) {
    if (error instanceof CommanderError) throw unusable(variable, text, error.message);
    throw error;
  }
}

function unusable(variable: string, text: string, why: string): HarnessError {
  return new HarnessError(2, {
    what: `The value ${JSON.stringify(text)} cannot be used.`,
    where: `environment variable ${variable}`,
    why,
    todo: 'Correct it, or unset it.',
  });
}

/** A variable of ours that is misspelt would else be ignored without a word. */
function warnOfUnknown(shell: Shell, verb: Command): void {
  const known = [verb, ...(verb.parent?.commands ?? [])].flatMap(({ options }) =>
    options.map((option) => variableOf(nameOf(option))),
  );
  for (const name of Object.keys(shell.env).filter((name) => name.startsWith(VARIABLES) && !known.includes(name)))
    say(shell, `warning: no option is set by ${name}; did you mean ${closestTo(name, known)}?`);
}

function settingOf(verb: Command, option: Option, place: string | undefined): Setting {
  const attribute = option.attributeName();
  const value: unknown = verb.getOptionValue(attribute);
  const base = { option: nameOf(option), value: value ?? null };
  switch (verb.getOptionValueSource(attribute)) {
    case 'cli':
      return { ...base, source: 'flag', at: option.long ?? option.name() };
    case 'env':
      return { ...base, source: 'environment', ...(place === undefined ? {} : { at: place }) };
    case 'config':
      return { ...base, source: 'file', ...(place === undefined ? {} : { at: place }) };
    default:
      return { ...base, source: value === undefined ? 'unset' : 'default' };
  }
}

const WIDEST = 60;

/** The settings as a table for people; those that are nowhere set are left out. */
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
  // A value that is much longer than the others would push what stands behind them out of sight.
  const width = (column: number) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0).filter((length) => length <= WIDEST));
  const [first, second] = [width(0), width(1)];
  return rows
    .map(([name = '', value = '', from = '']) => `${name.padEnd(first)}  ${value.padEnd(second)}  ${from}`.trimEnd())
    .join('\n');
}
