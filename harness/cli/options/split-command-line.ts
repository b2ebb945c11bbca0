import { HarnessError } from '../../support/harness-error.ts';

/**
 * Splits a command into words at spaces outside of quotes. Variables, globs and escapes are not supported, because the
 * server is started without a shell.
 * @throws HarnessError with exit code 2 for a quote that does not end.
 */
export function splitCommandLine(text: string): string[] {
  const word = /(?:[^\s'"]|'[^']*'|"[^"]*")+/g;
  if (/['"]/.test(text.replace(word, ''))) {
    throw new HarnessError(2, {
      what: 'The command has a quote that does not end.',
      where: '--command',
      why: text,
      todo: 'Close the quote, or write the command after "--", where your shell splits it.',
    });
  }
  return (text.match(word) ?? []).map((quoted) => quoted.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
}

/** Joins words to one text. `splitCommandLine` splits this text into the same words again. */
export function joinCommandLine(words: readonly string[]): string {
  const quoted = (word: string) =>
    word
      .split("'")
      .map((part) => (part === '' ? '' : `'${part}'`))
      .join(`"'"`);
  return words.map((word) => (word === '' ? "''" : /[\s'"]/.test(word) ? quoted(word) : word)).join(' ');
}
