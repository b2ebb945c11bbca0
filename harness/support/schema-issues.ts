import type { z } from 'zod';
import { closestTo } from './did-you-mean.ts';

/** Keys and indices that lead to a value. */
type Path = readonly (string | number)[];

/** The first error in a file that a person wrote. */
export interface FileIssue {
  /** Path of the value, the value, and what is wrong with it: `servers.mine.port: 0 is less than 1`. */
  text: string;
  /** Path of the value, to find its line in the file. */
  path: Path;
}

/**
 * Describes in words the first error that a schema found in a file. An unknown key is described before all other
 * errors, because a missing required key is often the same key misspelt.
 * @param value content of the file.
 * @param known returns the keys that are allowed below a path, for the hint "did you mean".
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
    const descriptions = issue.keys.map((key) => {
      const closest = closestTo(key, known(path));
      return `unknown key "${key}"${inWhat}${closest === '' ? '' : ` (did you mean "${closest}"?)`}`;
    });
    return { text: descriptions.join(', '), path: [...path, ...issue.keys.slice(0, 1)] };
  }
  const found = path.reduce<unknown>(
    (part, key) => (part as Record<string | number, unknown> | undefined)?.[key],
    value,
  );
  const place = path.length === 0 ? '' : `${keyPath(path)}: `;
  return { text: place + describeIssue(issue, found), path };
}

/** A path as text: `servers.mine.command[0]`. */
function keyPath(path: Path): string {
  return path.map((key, at) => (typeof key === 'number' ? `[${key}]` : at === 0 ? key : `.${key}`)).join('');
}

/** What is wrong with a value: `0 is less than 1`. @param found the value. */
function describeIssue(issue: z.core.$ZodIssue, found: unknown): string {
  const shownValue = shown(found);
  switch (issue.code) {
    case 'invalid_type':
      if (found === undefined) return `is missing; it is ${kind(issue.expected)}`;
      return `${shownValue} is not ${kind(issue.expected)}`;
    case 'invalid_value': {
      const choices = issue.values.map((choice) => JSON.stringify(choice));
      const closest = typeof found === 'string' && choices.length > 1 ? closestTo(found, issue.values.map(String)) : '';
      const problem = found === undefined ? 'is missing; it' : `${shownValue} cannot be used; it`;
      return `${problem} is ${choices.join(' or ')}${closest === '' ? '' : ` (did you mean "${closest}"?)`}`;
    }
    case 'too_small':
      if (issue.origin === 'array' || issue.origin === 'string')
        return issue.minimum === 1 ? `${shownValue} is empty` : `${shownValue} is shorter than ${issue.minimum}`;
      return `${shownValue} is ${issue.inclusive ? 'less than' : 'not above'} ${issue.minimum}`;
    case 'too_big':
      return `${shownValue} is ${issue.origin === 'string' ? 'longer' : 'more'} than ${issue.maximum}`;
    case 'invalid_key':
      return `the key ${issue.issues[0]?.message ?? 'cannot be used'}`;
    default:
      return `${shownValue} ${issue.message}`;
  }
}

/** A value as JSON, cut after 60 characters. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** The name of a type in words that need no knowledge of programming: `array` is "a list, in [ ]". */
function kind(expected: string): string {
  const names: Readonly<Record<string, string>> = {
    array: 'a list, in [ ]',
    boolean: 'true or false',
    int: 'a whole number',
    number: 'a number',
    object: 'an object, in { }',
    record: 'an object, in { }',
    string: 'a text, in quotes',
  };
  return names[expected] ?? expected;
}
