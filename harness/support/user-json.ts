import { HarnessError } from './harness-error.ts';
import { type JsonText, JsonTextError, readJsonText } from './json-text.ts';

/**
 * Parses a JSON file that a person wrote. Comments and trailing commas are allowed.
 * @param what the kind of file, as the beginning of a sentence: "The configuration".
 * @param todo what the user can do about an error. @throws HarnessError with exit code 2 with the line of the error.
 */
export function readUserJson(text: string, path: string, what: string, todo: string): JsonText {
  try {
    return readJsonText(text, { comments: true });
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    throw new HarnessError(2, {
      what: `${what} is not JSON.`,
      where: `${path}:${error.place.line}`,
      why: error.message,
      todo,
    });
  }
}
