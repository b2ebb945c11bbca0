import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorMessage } from '../support/error-message.ts';
import { HarnessError } from '../support/harness-error.ts';
import { JsonTextError, readJsonText } from '../support/json-text.ts';
import { omitUndefined } from '../support/omit-undefined.ts';
import { findErrorPlace } from './module-error.ts';

/** The content of a configuration file, not validated yet. */
export interface LoadedConfig {
  path: string;
  value: unknown;
  /**
   * The place of a value in the file, as `path:line`. For a JavaScript file only the path. `keys` lead to the value.
   */
  at(keys: readonly (string | number)[]): string;
}

const MODULES = ['conformance.config.js', 'conformance.config.mjs'];
const NAMES = ['conformance.config.json', ...MODULES];
const MANIFEST = 'package.json';
const KEY = 'conformance';

/**
 * Finds and loads the configuration. Without `named`, the function searches `folder`, then each folder above, up to the
 * root of the repository. A configuration is a file `conformance.config.json`, `.js` or `.mjs`, or the key
 * `conformance` of `package.json`.
 * @param named path of the configuration file, relative to `folder`.
 * @returns undefined if there is no configuration.
 * @throws HarnessError with exit code 2 if the file cannot be read, or if one folder has two configurations.
 */
export async function loadConfig(folder: string, named: string | undefined): Promise<LoadedConfig | undefined> {
  if (named !== undefined) return load(resolve(folder, named));
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = NAMES.filter((name) => existsSync(join(at, name)));
    const manifest = existsSync(join(at, MANIFEST)) ? readJson(join(at, MANIFEST), [KEY]) : undefined;
    const candidates = [...found, ...(holdsKey(manifest?.whole) ? [`${MANIFEST}#${KEY}`] : [])];
    if (candidates.length > 1) {
      throw new HarnessError(2, {
        what: `There are ${candidates.length} configurations: ${candidates.join(', ')}.`,
        where: at,
        why: 'It is not clear which of them to use.',
        todo: 'Keep one of them, or name one with --config.',
      });
    }
    if (found[0] !== undefined) return load(join(at, found[0]));
    if (candidates.length > 0 && manifest) return manifest;
    // The search ends at the root of the repository. A configuration above the root belongs to another project.
    if (existsSync(join(at, '.git')) || dirname(at) === at) return undefined;
  }
}

async function load(path: string): Promise<LoadedConfig> {
  if (/\.[cm]?js$/.test(path)) return loadModule(path);
  return readJson(path, basename(path) === MANIFEST ? [KEY] : []);
}

/**
 * Loads a configuration that is a JavaScript file. The default export of the file is the configuration, or a promise of
 * the configuration.
 */
async function loadModule(path: string): Promise<LoadedConfig> {
  try {
    const loaded: { default?: unknown } = await import(pathToFileURL(path).href);
    if (!('default' in loaded)) throw new Error('The module has no default export.');
    return { path, value: await loaded.default, at: () => path };
  } catch (error) {
    const place = await findErrorPlace(path, error);
    throw new HarnessError(2, {
      what: 'The configuration cannot be loaded.',
      where: place?.where ?? path,
      why: errorMessage(error),
      todo:
        error instanceof SyntaxError && place !== undefined
          ? 'Correct the line.'
          : 'Make the configuration the default export of the module.',
      ...omitUndefined({ tail: place?.excerpt }),
    });
  }
}

/**
 * Reads a JSON file with comments.
 * @param under keys that lead to the configuration in the file, for example `conformance` in a package.json.
 */
function readJson(path: string, under: readonly string[]): LoadedConfig & { whole: unknown } {
  try {
    const { value, lineOf } = readJsonText(readFileSync(path, 'utf8'), { comments: true });
    return {
      path,
      whole: value,
      value: under.reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], value),
      at: (keys) => `${path}:${lineOf([...under, ...keys])}`,
    };
  } catch (error) {
    if (error instanceof JsonTextError) {
      throw new HarnessError(2, {
        what: 'The configuration is not JSON.',
        where: `${path}:${error.place.line}`,
        why: error.message,
        todo: 'Correct the line. Comments and trailing commas are allowed.',
      });
    }
    throw new HarnessError(2, {
      what: 'The configuration cannot be read.',
      where: path,
      why: errorMessage(error),
      todo: 'Check the path, and that you may read the file. --config names another file.',
    });
  }
}

const holdsKey = (manifest: unknown): boolean => typeof manifest === 'object' && manifest !== null && KEY in manifest;
