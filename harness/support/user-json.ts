import { HarnessError } from './harness-error.ts';
import { type JsonText, JsonTextError, readJsonText } from './json-text.ts';

/**
 * JSON that a person wrote: comments and trailing commas are allowed.
 * @param what the text is, to begin a sentence with. @throws HarnessError (2) with the line, and `todo` as what to do.
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
