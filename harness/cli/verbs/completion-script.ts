import { HarnessError } from '../../support/harness-error.ts';

/** A verb and the names of its options, for example `--json`. */
export interface VerbShape {
  name: string;
  options: readonly string[];
}

/** The shells for which `completionScript` has a script. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/**
 * Makes a script with which a shell completes verbs, options and groups of cases. The script itself contains all words,
 * so that completion is fast and starts no process. After an update of the tool, the user generates the script again.
 * @throws HarnessError with exit code 2 if `shell` is not one of `SHELLS`.
 */
export function completionScript(shell: string, tool: string, verbs: readonly VerbShape[]): string {
  const groups = ['@core', '@limits', '@deflate'];
  const names = verbs.map(({ name }) => name);
  switch (shell) {
    case 'zsh':
      return `autoload -U +X bashcompinit && bashcompinit\n${bash(tool, verbs, names, groups)}`;
    case 'bash':
      return bash(tool, verbs, names, groups);
    case 'fish':
      return fish(tool, verbs, names, groups);
    default:
      throw new HarnessError(2, {
        what: `There is no completion script for the shell "${shell}".`,
        why: `There are scripts for ${SHELLS.join(', ')}.`,
        todo: `Name one of these shells. Example: source <(${tool} completion bash)`,
      });
  }
}

function bash(tool: string, verbs: readonly VerbShape[], names: readonly string[], groups: readonly string[]): string {
  const run = verbs.find(({ name }) => name === 'run')?.options ?? [];
  return [
    `_${identifier(tool)}() {`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of bash, not of TypeScript
    '  local current="${COMP_WORDS[COMP_CWORD]}" verb="${COMP_WORDS[1]}" words',
    '  case "$verb" in',
    ...verbs.map(({ name, options }) => `    ${name}) words="${[...options, ...groups].join(' ')}" ;;`),
    `    *) words="${[...names, ...run, ...groups].join(' ')}" ;;`,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    `complete -o default -F _${identifier(tool)} ${tool}`,
    '',
  ].join('\n');
}

function fish(tool: string, verbs: readonly VerbShape[], names: readonly string[], groups: readonly string[]): string {
  return [
    `complete -c ${tool} -n "not __fish_seen_subcommand_from ${names.join(' ')}" -a "${names.join(' ')}"`,
    `complete -c ${tool} -a "${groups.join(' ')}"`,
    ...verbs.flatMap(({ name, options }) =>
      options.map(
        (option) => `complete -c ${tool} -n "__fish_seen_subcommand_from ${name}" -l ${option.replace(/^--/, '')}`,
      ),
    ),
    '',
  ].join('\n');
}

function identifier(tool: string): string {
  return tool.replace(/[^A-Za-z0-9]/g, '_');
}
