import { InvalidArgumentError } from 'commander';
import { MOST_SECONDS, originSchema, protocolSchema, type Readiness, readySchema } from '../../config/config-schema.ts';
import { parseReporter } from '../../config/reporter-names.ts';
import type { Shard } from '../../plan/plan.ts';

/** Readers of what is written behind an option. Each throws commander's InvalidArgumentError, which ends in exit code 2. */

export const wholeNumber = (text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('Use a whole number, 1 or more.');
  return Number(text);
};

/** For an option whose 0 means that it is off, as one may want to say against a configuration. */
export const wholeNumberOr0 = (text: string): number => {
  if (!/^(0|[1-9]\d*)$/.test(text)) throw new InvalidArgumentError('Use a whole number, 0 or more.');
  return Number(text);
};

export const positive = (text: string): number => {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= MOST_SECONDS))
    throw new InvalidArgumentError(`Use a number of seconds above 0 and up to ${MOST_SECONDS}.`);
  return seconds;
};

/** A TCP port. */
export const port = (text: string): number => {
  if (!/^[1-9]\d{0,4}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('Use a whole number from 1 to 65535.');
  return Number(text);
};

/** Where 0 means any that is free. */
export const portOr0 = (text: string): number => (text === '0' ? 0 : port(text));

/** Path and query of an address. */
export const pathOfUrl = (text: string): string => {
  if (!text.startsWith('/')) throw new InvalidArgumentError('Use a path that starts with "/".');
  if (text.includes('#')) throw new InvalidArgumentError('A WebSocket address must not have a "#" (RFC 6455 3).');
  return text;
};

/** A subprotocol; several times. */
export const protocol = (text: string, before: string[] | undefined): string[] => {
  if (!protocolSchema.safeParse(text).success)
    throw new InvalidArgumentError('Use the name of one subprotocol, without spaces (RFC 6455 4.1).');
  return collect(text, before);
};

/** The value of the header field Origin. */
export const origin = (text: string): string => {
  if (!originSchema.safeParse(text).success)
    throw new InvalidArgumentError('Use the value of one header field, for example https://example.org (RFC 6454 7).');
  return text;
};

/** The name of a container image, as Docker takes it: host, path, tag, digest. */
export const image = (text: string): string => {
  if (!/^[\w.:/@-]+$/.test(text)) throw new InvalidArgumentError('Use the name of a container image, without spaces.');
  return text;
};

/** A word, or `line:EXPRESSION`. */
export const readiness = (text: string): Readiness => {
  const expression = /^line:([\s\S]*)$/.exec(text)?.[1];
  const read = readySchema.safeParse(expression === undefined ? text : { line: expression });
  if (!read.success) throw new InvalidArgumentError('Use handshake, echo, tcp, or line:REGEXP.');
  return read.data;
};

/** Upper limit for n in `--shard i/n`. The suite has 517 cases, and nobody has 1,000 machines. */
const MAX_SHARDS = 1000;

/** `I/N`. */
export const shard = (text: string): Shard => {
  const [, index, count] = /^([1-9]\d*)\/([1-9]\d*)$/.exec(text) ?? [];
  if (index === undefined || count === undefined || Number(index) > Number(count)) {
    throw new InvalidArgumentError('Use i/n, for example 1/4 for the first of four shards.');
  }
  if (Number(count) > MAX_SHARDS) throw new InvalidArgumentError(`Use at most ${MAX_SHARDS} shards.`);
  return { index: Number(index), count: Number(count) };
};

/** Of an option that may be given several times. */
export const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

/** Of `--reporter`: several times, and several at once with commas between them. */
export const reporters = (text: string, before: string[] | undefined): string[] => {
  // A comma may stand in a path; one that separates comes before a word.
  const some = text.split(/,(?=[a-z]+(?:=|,|$))/);
  for (const one of some) {
    const read = parseReporter(one);
    if (typeof read === 'string') throw new InvalidArgumentError(read);
  }
  return [...(before ?? []), ...some];
};

/** One of a few words. */
export const oneOf =
  <Word extends string>(words: readonly Word[]) =>
  (text: string): Word => {
    const found = words.find((word) => word === text);
    if (found === undefined) throw new InvalidArgumentError(`Use ${words.join(', ')}.`);
    return found;
  };
