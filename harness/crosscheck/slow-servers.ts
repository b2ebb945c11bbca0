/** A correct but slow server, and the cases that `npm run crosscheck` plays against it. */
export interface SlowServer {
  name: string;
  command: readonly string[];
  cases: readonly string[];
}

/**
 * Cases with a large message or many messages, for slow servers. The other cases of category 9 are left out: they take
 * minutes, because each echo comes only after a pause.
 */
const LARGE_MESSAGES = ['9.1.1', '9.2.1', '9.1.4', '9.3.3', '9.5.3'];

/**
 * Cases for the slowest server. Most cases of category 6 are left out, because the real suite would need minutes for
 * them.
 */
const SOME_OF_EACH_KIND = ['1', '2', '3', '4', '5', '6.1', '6.2', '6.3', '6.4', '6.12', '7', '10', '9.1.1', '9.2.1'];

/**
 * The correct servers in `fixtures/servers/slow`. The argument of `late-echo` is the delay of an echo in milliseconds.
 */
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
