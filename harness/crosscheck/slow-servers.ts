/** A correct server that is slow, and the cases that its crosscheck plays. */
export interface SlowServer {
  name: string;
  command: readonly string[];
  cases: readonly string[];
}

/**
 * Cases in which a slow server takes a large message or many messages. The other cases of 9.x take minutes, because an
 * echo comes only after a pause.
 */
const LARGE_MESSAGES = ['9.1.1', '9.2.1', '9.1.4', '9.3.3', '9.5.3'];

/** Cases for the slowest server: with more of 6.x, the real suite would need minutes. */
const SOME_OF_EACH_KIND = ['1', '2', '3', '4', '5', '6.1', '6.2', '6.3', '6.4', '6.12', '7', '10', '9.1.1', '9.2.1'];

/** The correct servers in `fixtures/servers/slow`. The argument of `late-echo` is the delay of an echo in milliseconds. */
export const SLOW_SERVERS: readonly SlowServer[] = (
  [
    ['late-echo-300', ['late-echo', '300'], ['@core', ...LARGE_MESSAGES]],
    ['late-echo-900', ['late-echo', '900'], SOME_OF_EACH_KIND],
    ['one-worker', ['one-worker'], ['@core', ...LARGE_MESSAGES, '9.7.1']],
    ['small-reads', ['small-reads'], ['@core', ...LARGE_MESSAGES, '9.1.6', '9.2.6', '9.7.1', '9.8.1']],
  ] as const
).map(([name, [file, ...args], cases]) => ({
  name,
  command: [process.execPath, '--import', 'tsx/esm', `fixtures/servers/slow/${file}.ts`, ...args],
  cases,
}));
