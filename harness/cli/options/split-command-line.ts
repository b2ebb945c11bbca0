import { HarnessError } from '../../support/harness-error.ts';

/**
 * The words of a command written as one text: separated by spaces, kept together by quotes. Nothing else that a shell
 * does is done, since no shell will start the server.
 * @throws HarnessError (2) for a quote that does not end.
 */
export function splitCommandLine(text: string): string[] {
  const word = /(?:[^\s'"]|'[^']*'|"[^"]*")+/g;
  if (/['"]/.test(text.replace(word, ''))) {
    throw new HarnessError(2, {
      what: 'The command has a quote that does not end.',
      where: '--command',
      why: text,
      todo: 'Close it, or write the command behind "--", where your shell splits it.',
    });
  }
  return (text.match(word) ?? []).map((one) => one.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
}

/** One text of which `splitCommandLine` makes these words again. */
export function joinCommandLine(words: readonly string[]): string {
  const quoted = (word: string) =>
    word
      .split("'")
      .map((part) => (part === '' ? '' : `'${part}'`))
      .join(`"'"`);
  return words.map((word) => (word === '' ? "''" : /[\s'"]/.test(word) ? quoted(word) : word)).join(' ');
}
