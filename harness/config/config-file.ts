import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorMessage } from '../support/error-message.ts';
import { HarnessError } from '../support/harness-error.ts';
import { JsonTextError, readJsonText } from '../support/json-text.ts';
import { omitUndefined } from '../support/omit-undefined.ts';
import { findErrorPlace } from './module-error.ts';

/** What a configuration file holds, before anybody has looked whether it makes sense. */
export interface LoadedConfig {
  path: string;
  value: unknown;
  /** `path:line` of the value under some keys; the path alone where lines mean nothing. */
  at(keys: readonly (string | number)[]): string;
}

const MODULES = ['conformance.config.js', 'conformance.config.mjs'];
const NAMES = ['conformance.config.json', ...MODULES];
const MANIFEST = 'package.json';
const KEY = 'conformance';

/**
 * The configuration that is meant: the file named, else the nearest one in `folder` or above it, which is
 * `conformance.config.json`, `.js` or `.mjs`, or the key `conformance` of `package.json`.
 * @returns undefined when there is none.
 * @throws HarnessError (2) when it cannot be read, or when one folder holds two.
 */
export async function loadConfig(folder: string, named: string | undefined): Promise<LoadedConfig | undefined> {
  if (named !== undefined) return load(resolve(folder, named));
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = NAMES.filter((name) => existsSync(join(at, name)));
    const manifest = existsSync(join(at, MANIFEST)) ? readJson(join(at, MANIFEST), [KEY]) : undefined;
    const all = [...found, ...(holdsKey(manifest?.whole) ? [`${MANIFEST}#${KEY}`] : [])];
    if (all.length > 1) {
      throw new HarnessError(2, {
        what: `There are ${all.length} configurations: ${all.join(', ')}.`,
        where: at,
        why: 'Which of them counts would be a guess.',
        todo: 'Keep one of them, or name one with --config.',
      });
    }
    if (found[0] !== undefined) return load(join(at, found[0]));
    if (all.length > 0 && manifest) return manifest;
    // A repository's root is as far as its configuration can be.
    if (existsSync(join(at, '.git')) || dirname(at) === at) return undefined;
  }
}

async function load(path: string): Promise<LoadedConfig> {
  if (/\.[cm]?js$/.test(path)) return loadModule(path);
  return readJson(path, basename(path) === MANIFEST ? [KEY] : []);
}

/** A module's default export, which may be a promise. */
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
          : 'It is a module whose default export is the configuration.',
      ...omitUndefined({ tail: place?.excerpt }),
    });
  }
}

/** JSON with comments, or what stands in it under some keys. */
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
      todo: 'Check the path, and that you may read it; --config names another.',
    });
  }
}

const holdsKey = (manifest: unknown): boolean => typeof manifest === 'object' && manifest !== null && KEY in manifest;
