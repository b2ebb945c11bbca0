import type { z } from 'zod';
import { closestTo } from './did-you-mean.ts';

type Path = readonly (string | number)[];

/** What is wrong with a file that a person wrote, and where in it. */
export interface FileIssue {
  /** Key path, what stands there and what is wrong with it: `servers.mine.port: 0 is less than 1`. */
  text: string;
  /** Keys that lead to it, for finding the line. */
  path: Path;
}

/**
 * The first thing that a schema finds wrong, in words for whoever wrote the file. A key that is not known comes before
 * all else: what is missing is often what was misspelt.
 * @param known the keys there may be below a path, for "did you mean".
 */
export function describeSchemaIssue(
  error: z.ZodError,
  value: unknown,
  known: (path: Path) => readonly string[],
): FileIssue {
  const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0];
  if (issue === undefined) return { text: error.message, path: [] };
  const path = issue.path.filter((key) => typeof key !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    const inWhat = path.length === 0 ? '' : ` in ${keyPath(path)}`;
    const words = issue.keys.map((key) => {
      const like = closestTo(key, known(path));
      return `unknown key "${key}"${inWhat}${like === '' ? '' : ` (did you mean "${like}"?)`}`;
    });
    return { text: words.join(', '), path: [...path, ...issue.keys.slice(0, 1)] };
  }
  const found = path.reduce<unknown>(
    (part, key) => (part as Record<string | number, unknown> | undefined)?.[key],
    value,
  );
  const place = path.length === 0 ? '' : `${keyPath(path)}: `;
  return { text: place + judged(issue, found), path };
}

/** `servers.mine.command[0]`. */
function keyPath(path: Path): string {
  return path.map((key, at) => (typeof key === 'number' ? `[${key}]` : at === 0 ? key : `.${key}`)).join('');
}

function judged(issue: z.core.$ZodIssue, found: unknown): string {
  const is = shown(found);
  switch (issue.code) {
    case 'invalid_type':
      if (found === undefined) return `is missing; it is ${kind(issue.expected)}`;
      return `${is} is not ${kind(issue.expected)}`;
    case 'invalid_value': {
      const words = issue.values.map((one) => JSON.stringify(one));
      const like = typeof found === 'string' && words.length > 1 ? closestTo(found, issue.values.map(String)) : '';
      const said = found === undefined ? 'is missing; it' : `${is} cannot be used; it`;
      return `${said} is ${words.join(' or ')}${like === '' ? '' : ` (did you mean "${like}"?)`}`;
    }
    case 'too_small':
      if (issue.origin === 'array' || issue.origin === 'string')
        return issue.minimum === 1 ? `${is} is empty` : `${is} is shorter than ${issue.minimum}`;
      return `${is} is ${issue.inclusive ? 'less than' : 'not above'} ${issue.minimum}`;
    case 'too_big':
      return `${is} is ${issue.origin === 'string' ? 'longer' : 'more'} than ${issue.maximum}`;
    case 'invalid_key':
      return `the key ${issue.issues[0]?.message ?? 'cannot be used'}`;
    default:
      return `${is} ${issue.message}`;
  }
}

/** A value as it was written, short. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function kind(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    array: 'a list, in [ ]',
    boolean: 'true or false',
    int: 'a whole number',
    number: 'a number',
    object: 'an object, in { }',
    record: 'an object, in { }',
    string: 'a text, in quotes',
  };
  return words[expected] ?? expected;
}
