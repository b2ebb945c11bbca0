import { shellLine } from '../../../reports/wording/shell-line.ts';
import { fitted, type Style, visible } from '../../../reports/wording/terminal-text.ts';
import type { Registry } from '../../run/registry.ts';
import { speaksUnicode, wantsColour } from './terminal-style.ts';

/** The process as a verb sees it: arguments, environment and output streams. `harness/cli/main.ts` creates the only one. */
export interface Shell {
  /** What was typed behind the name of the tool. */
  readonly words: readonly string[];
  /** What stood behind the first `--`: argv of a server to start. */
  readonly command: readonly string[] | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The suites that can be played; the first one is the default. */
  readonly registry: Registry;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** What the process ends with; a verb sets it. */
  exitCode: number;
}

/** How the variables of the environment begin that set our options. */
export const VARIABLES = 'WS_CONFORMANCE_';

/** How to write to a stream. @param flag of `--color` and `--no-color`. */
export function styleOf(shell: Shell, stream: NodeJS.WriteStream, flag: boolean | undefined): Style {
  return {
    colour: wantsColour(flag, shell.env, stream.isTTY === true),
    unicode: speaksUnicode(shell.env),
    // A terminal that does not know its size says 0.
    ...(stream.isTTY && stream.columns > 0 ? { columns: stream.columns } : {}),
  };
}

/** A line on stderr, harmless whatever it holds. */
export function say(shell: Shell, text: string): void {
  const lines = fitted(visible(text), '', '  ', styleOf(shell, shell.stderr, undefined));
  shell.stderr.write(`${lines.join('\n')}\n`);
}

/** What was typed, as a line to type again. @param name of the tool, where npm did not start it. */
export function typedLine({ words, env }: Shell, name: string): string {
  return shellLine([...toolWords(env, name), ...words]);
}

/** The words that start this tool. */
export const toolWords = (env: Shell['env'], name: string): string[] =>
  env.npm_lifecycle_event === 'conformance' ? ['npm', 'run', 'conformance', '--'] : [name];

/** The same line as a report may hold it: a report is shown to others, and header fields are there to get past a login. */
export function publishedLine(shell: Shell, name: string): string {
  return typedLine({ ...shell, words: withoutHeaderValues(shell.words) }, name);
}

/** The words of a command line, with `…` for the value of every header field. */
export function withoutHeaderValues(words: readonly string[]): string[] {
  return words.map((word, i) => {
    const [, flag = '', field] = /^(--header=)?([^:]*:).*$/s.exec(word) ?? [];
    return field !== undefined && (flag !== '' || words[i - 1] === '--header') ? `${flag}${field} …` : word;
  });
}
