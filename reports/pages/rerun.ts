/** Options that are followed by a value of their own, so that a bare number after them is not a case. */
const WITH_VALUE =
  /^--(engine|from|patience|ready-timeout|config|image|expected|out|reporter|jobs|retries|timeout|bail|server|url|agent|header|protocol|origin|ca|path|spec|history)$/;
/** Options that make no sense for one case alone, with their value. */
const LEFT_OUT = /^--(shard|out|history|reporter|bail)$/;
const WORDS = /(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+/g;

/**
 * The command that plays one case again, made from the one that played the whole run: cases, shard and output folder
 * go, this case comes, all other options and the target's own command stay as they were written.
 */
export function rerunCommand(command: string, id: string): string {
  const words = command.match(WORDS) ?? [];
  const tool = words.findIndex((word) => /(^|[/\\])(ws-)?conformance$|(^|[/\\])cli\.[jt]s$/.test(word));
  if (tool === -1) return `npm run conformance -- ${id}`;
  const head = words.slice(0, tool + 1);
  let rest = words.slice(tool + 1);
  // npm takes the first `--` for itself; only a second one begins the target's command.
  if (words[tool] === 'conformance') {
    head.push('--');
    if (rest[0] === '--') rest = rest.slice(1);
  }
  const end = rest.indexOf('--');
  const target = end === -1 ? [] : rest.slice(end);
  const own = end === -1 ? rest : rest.slice(0, end);
  if (own[0] === 'run') head.push('run');
  return [...head, id, ...options(own), ...target].join(' ');
}

function options(words: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!word.startsWith('-')) continue; // a case, or the verb
    const value = words[i + 1];
    if (LEFT_OUT.test(word)) {
      i++;
    } else if (LEFT_OUT.test(word.split('=')[0] ?? '')) {
    } else if (WITH_VALUE.test(word) && value !== undefined) {
      kept.push(word, value);
      i++;
    } else {
      kept.push(word);
    }
  }
  return kept;
}
