import { InvalidArgumentError } from 'commander';
import { MOST_SECONDS, originSchema, protocolSchema, type Readiness, readySchema } from '../../config/config-schema.ts';
import { parseReporter } from '../../config/reporter-names.ts';
import type { Shard } from '../../plan/plan.ts';

/*
 * Parsers for the values of options on the command line. Each parser throws commander's InvalidArgumentError for a
 * wrong value. The command then ends with exit code 2.
 */

/** Parses a whole number from 1 on. */
export const wholeNumber = (text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('Use a whole number, 1 or more.');
  return Number(text);
};

/** Parses a whole number from 0 on. With 0, the user switches off an option that the configuration file switches on. */
export const wholeNumberOr0 = (text: string): number => {
  if (!/^(0|[1-9]\d*)$/.test(text)) throw new InvalidArgumentError('Use a whole number, 0 or more.');
  return Number(text);
};

/** Parses a number of seconds, which may have a fraction. */
export const positive = (text: string): number => {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= MOST_SECONDS))
    throw new InvalidArgumentError(`Use a number of seconds above 0 and up to ${MOST_SECONDS}.`);
  return seconds;
};

/** Parses a TCP port. */
export const port = (text: string): number => {
  if (!/^[1-9]\d{0,4}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('Use a whole number from 1 to 65535.');
  return Number(text);
};

/** Parses a TCP port, or 0 for any free port. */
export const portOr0 = (text: string): number => (text === '0' ? 0 : port(text));

/** Parses path and query of a WebSocket URL. */
export const pathOfUrl = (text: string): string => {
  if (!text.startsWith('/')) throw new InvalidArgumentError('Use a path that starts with "/".');
  if (text.includes('#')) throw new InvalidArgumentError('A WebSocket address must not have a "#" (RFC 6455 3).');
  return text;
};

/**
 * Parses the name of a WebSocket subprotocol. The option can be repeated, so the name is added to the earlier names.
 */
export const protocol = (text: string, before: string[] | undefined): string[] => {
  if (!protocolSchema.safeParse(text).success)
    throw new InvalidArgumentError('Use the name of one subprotocol, without spaces (RFC 6455 4.1).');
  return collect(text, before);
};

/** Parses the value of the header field Origin. */
export const origin = (text: string): string => {
  if (!originSchema.safeParse(text).success)
    throw new InvalidArgumentError('Use the value of one header field, for example https://example.org (RFC 6454 7).');
  return text;
};

/** Parses the name of a container image: host, path, tag and digest, as Docker writes them. */
export const image = (text: string): string => {
  if (!/^[\w.:/@-]+$/.test(text)) throw new InvalidArgumentError('Use the name of a container image, without spaces.');
  return text;
};

/**
 * Parses the sign by which a server shows that it is ready: a kind of probe, or `line:EXPRESSION` for a printed line.
 */
export const readiness = (text: string): Readiness => {
  const expression = /^line:([\s\S]*)$/.exec(text)?.[1];
  const read = readySchema.safeParse(expression === undefined ? text : { line: expression });
  if (!read.success) throw new InvalidArgumentError('Use handshake, echo, tcp, or line:REGEXP.');
  return read.data;
};

/** Upper limit for n in `--shard i/n`, the number of machines that share a run. The suite has only 517 cases. */
const MAX_SHARDS = 1000;

/** Parses a shard, which is the part of a run for one machine: `1/4` is the first of four. */
export const shard = (text: string): Shard => {
  const [, index, count] = /^([1-9]\d*)\/([1-9]\d*)$/.exec(text) ?? [];
  if (index === undefined || count === undefined || Number(index) > Number(count)) {
    throw new InvalidArgumentError('Use i/n, for example 1/4 for the first of four shards.');
  }
  if (Number(count) > MAX_SHARDS) throw new InvalidArgumentError(`Use at most ${MAX_SHARDS} shards.`);
  return { index: Number(index), count: Number(count) };
};

/** Collects the values of an option that can be repeated. */
export const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

/**
 * Parses reporters (outputs such as `junit=out.xml`) with commas between them, and adds them to the earlier reporters.
 */
export const reporters = (text: string, before: string[] | undefined): string[] => {
  // A path may contain a comma too. Only a comma before the name of a reporter separates two reporters.
  const names = text.split(/,(?=[a-z]+(?:=|,|$))/);
  for (const name of names) {
    const problem = parseReporter(name);
    if (typeof problem === 'string') throw new InvalidArgumentError(problem);
  }
  return [...(before ?? []), ...names];
};

/** Makes a parser that accepts only the given words. */
export const oneOf =
  <Word extends string>(words: readonly Word[]) =>
  (text: string): Word => {
    const found = words.find((word) => word === text);
    if (found === undefined) throw new InvalidArgumentError(`Use ${words.join(', ')}.`);
    return found;
  };
