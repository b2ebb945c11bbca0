import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { execa } from 'execa';

/** The place of an error in a JavaScript file of the user, or in a module that the file imports. */
interface ErrorPlace {
  /** `path:line:column`, which editors and terminals turn into a link. */
  where: string;
  /** The line of source text, and a line with a mark below the column. Absent if Node does not print them. */
  excerpt?: string[];
}

/**
 * Finds the place of an error that occurred while a module was imported. An error that the module throws has the place
 * in its stack. A syntax or link error does not have the place: Node shows the place only when Node prints the error.
 * So the function imports the module in another Node process, which prints the error. No statement of the module runs
 * twice, because Node parses and links all modules before the first statement.
 * @returns undefined if the place cannot be found.
 */
export async function findErrorPlace(path: string, error: unknown): Promise<ErrorPlace | undefined> {
  if (!(error instanceof Error)) return undefined;
  const { stack = '' } = error;
  const place = printedPlace(stack) ?? stackPlace(path, stack);
  if (place !== undefined || !(error instanceof SyntaxError)) return place;
  const printed = await printImportError(path);
  // The place is used only if the other process printed the same error. That process may have failed for another
  // reason.
  return printed.includes(`SyntaxError: ${error.message}`) ? printedPlace(printed) : undefined;
}

/** Reads the three lines that Node prints before an error: `path:line`, the source line, the mark below the column. */
function printedPlace(text: string): ErrorPlace | undefined {
  const [, file, line, source = '', mark = ''] = /^((?:file:\/\/)?\/.*):(\d+)\n(.*)\n([ \t]*)\^/.exec(text) ?? [];
  if (file === undefined) return undefined;
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  return { where: `${path}:${line}:${mark.length + 1}`, excerpt: [source, `${mark}^`] };
}

/** Finds the first line of an error's stack that is in the module itself. */
function stackPlace(path: string, stack: string): ErrorPlace | undefined {
  const place = new RegExp(`${basename(path).replaceAll('.', '\\.')}(:\\d+:\\d+)`).exec(stack)?.[1];
  return place === undefined ? undefined : { where: path + place };
}

const TIMEOUT_MS = 10_000;

/** Imports the module in a new Node process. @returns what the process prints on stderr. */
async function printImportError(path: string): Promise<string> {
  const code = `import ${JSON.stringify(pathToFileURL(path).href)};`;
  const { stderr } = await execa(process.execPath, ['--input-type=module', '--eval', code], {
    reject: false,
    timeout: TIMEOUT_MS,
    stdin: 'ignore',
    stdout: 'ignore',
  });
  return stderr;
}
