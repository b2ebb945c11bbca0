/**
 * Decides whether the output has colours. The first of these that is set decides: `--color` or `--no-color`,
 * FORCE_COLOR (`0` and `false` mean no), NO_COLOR (any text), TERM=dumb. If none is set, the output has colours on a
 * terminal.
 */
export function wantsColour(flag: boolean | undefined, env: NodeJS.ProcessEnv, isTty: boolean): boolean {
  if (flag !== undefined) return flag;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '')
    return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  if (env.NO_COLOR) return false;
  return env.TERM !== 'dumb' && isTty;
}

/** Whether the terminal can show Unicode: the character set of the locale in the environment is UTF-8. */
export function speaksUnicode(env: NodeJS.ProcessEnv): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return locale === '' ? env.CI !== undefined || process.platform !== 'linux' : /utf-?8/i.test(locale);
}
