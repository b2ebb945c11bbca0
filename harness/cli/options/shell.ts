import { shellLine } from '../../../reports/wording/shell-line.ts';
import { type Style, terminalSafe, wrapForStream } from '../../../reports/wording/terminal-text.ts';
import type { Registry } from '../../run/registry.ts';
import { speaksUnicode, wantsColour } from './terminal-style.ts';

/** The parts of the process that a verb such as `run` uses: arguments, environment and output streams. */
export interface Shell {
  /** The typed arguments. */
  readonly words: readonly string[];
  /** The arguments after the first `--`: the program and the arguments that start the tested server. */
  readonly command: readonly string[] | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The suites that can be played; the first one is the default. */
  readonly registry: Registry;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Exit code of the process. A verb sets it. */
  exitCode: number;
}

/** The start of the names of all environment variables that set options. */
export const VARIABLES = 'WS_CONFORMANCE_';

/**
 * Whether a stream takes colours and Unicode, and its width.
 * @param flag true for `--color`, false for `--no-color`, undefined for neither.
 */
export function styleOf(shell: Shell, stream: NodeJS.WriteStream, flag: boolean | undefined): Style {
  return {
    colour: wantsColour(flag, shell.env, stream.isTTY === true),
    unicode: speaksUnicode(shell.env),
    // A terminal that reports 0 columns has an unknown size.
    ...(stream.isTTY && stream.columns > 0 ? { columns: stream.columns } : {}),
  };
}

/** Writes a message to stderr. Control characters in the message are made visible. */
export function say(shell: Shell, text: string): void {
  const lines = wrapForStream(terminalSafe(text), '', '  ', styleOf(shell, shell.stderr, undefined));
  shell.stderr.write(`${lines.join('\n')}\n`);
}

/**
 * The typed command line, quoted for a shell.
 * @param name the command of this tool, used if npm did not start the tool.
 */
export function typedLine({ words, env }: Shell, name: string): string {
  return shellLine([...toolWords(env, name), ...words]);
}

/**
 * The words of a command that starts this tool. `name` is the command if npm did not start the tool: it can be several
 * words, for example `npx ws-conformance`.
 */
export const toolWords = (env: Shell['env'], name: string): string[] =>
  env.npm_lifecycle_event === 'conformance' ? ['npm', 'run', 'conformance', '--'] : name.split(' ');

/**
 * The typed command line for a report, without the values of header fields. These values may be secret, and reports are
 * shown to other people.
 */
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
