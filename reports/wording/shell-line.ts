/** Joins the words of a command to one line for a POSIX shell. The function quotes words with unsafe characters. */
export function shellLine(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
