import { closestTo } from '../support/did-you-mean.ts';

/** The names that `--reporter` and the configuration key `reporter` take. */
export const REPORTERS = ['list', 'line', 'json', 'junit', 'markdown', 'github', 'html'] as const;
export type ReporterName = (typeof REPORTERS)[number];

/**
 * A reporter that the user chose. `path` is a file, or a folder if the reporter is `html`; `-` is stdout. Without a
 * path the reporter writes to its default place.
 */
export interface Reporter {
  name: ReporterName;
  path?: string;
}

/** Parses `NAME` or `NAME=PATH`, for example `junit=out/junit.xml`. @returns an error message if the text is wrong. */
export function parseReporter(text: string): Reporter | string {
  const [, word = '', path] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  const name = REPORTERS.find((reporter) => reporter === word);
  if (name === undefined)
    return `There is no reporter "${word}"; did you mean "${closestTo(word, REPORTERS)}"? There are ${REPORTERS.join(', ')}.`;
  if (path === undefined) return { name };
  if (path === '') return `Write a path after "${word}=".`;
  if (path === '-' && name === 'html') return 'Use a folder for html, because html writes many files.';
  return { name, path };
}
