import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

/** Where something went wrong in a module, or in one that it imports. */
interface PlaceInModule {
  /** `path:line:column`, as editors and terminals know it. */
  where: string;
  /** The line with a mark below the column, where Node shows it. */
  shown?: string[];
}

/**
 * Where a module that could not be imported is wrong. An error that was thrown knows it by its stack. What Node cannot
 * parse or link has no place in its stack, and is known to whom prints the error: another Node, which is asked to do
 * the same. Nothing of the module is run by it, since that goes wrong before the first line of any.
 * @returns undefined where nobody knows.
 */
export async function placeInModule(path: string, error: unknown): Promise<PlaceInModule | undefined> {
  if (!(error instanceof Error)) return undefined;
  const { stack = '' } = error;
  const known = shownIn(stack) ?? frameOf(path, stack);
  if (known !== undefined || !(error instanceof SyntaxError)) return known;
  const printed = await printedBy(path);
  // Whatever else went wrong there is not what we look for.
  return printed.includes(`SyntaxError: ${error.message}`) ? shownIn(printed) : undefined;
}

/** What Node prints before an error it shows: the place, the line, and a mark below it. */
function shownIn(text: string): PlaceInModule | undefined {
  const [, file, number, line = '', mark = ''] = /^((?:file:\/\/)?\/.*):(\d+)\n(.*)\n([ \t]*)\^/.exec(text) ?? [];
  if (file === undefined) return undefined;
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  return { where: `${path}:${number}:${mark.length + 1}`, shown: [line, `${mark}^`] };
}

/** The first line of a stack that is in the module itself. */
function frameOf(path: string, stack: string): PlaceInModule | undefined {
  const place = new RegExp(`${basename(path).replaceAll('.', '\\.')}(:\\d+:\\d+)`).exec(stack)?.[1];
  return place === undefined ? undefined : { where: path + place };
}

const PATIENCE_MS = 10_000;

/** What a Node that imports the module writes on stderr. */
async function printedBy(path: string): Promise<string> {
  const code = `import ${JSON.stringify(pathToFileURL(path).href)};`;
  try {
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], { timeout: PATIENCE_MS });
    return '';
  } catch (error) {
    return error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  }
}
