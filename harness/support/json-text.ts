import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { errorMessage } from './error-message.ts';

/** A place in a text file. Both numbers count from 1, as in editors. */
export interface Place {
  line: number;
  column: number;
}

/** A parsed JSON text that can tell the line of each value. */
export interface JsonText {
  value: unknown;
  /**
   * Line of the value at a path of keys. If the path does not exist: line of the last value that exists on the path.
   */
  lineOf(path: readonly (string | number)[]): number;
}

/** Thrown for a text that is not valid JSON. `offset` counts UTF-16 units from the start of the text. */
export class JsonTextError extends Error {
  readonly offset: number;
  readonly place: Place;

  constructor(text: string, offset: number, reason: string) {
    const around = text.slice(Math.max(0, offset - 20), offset + 20).replace(/\s+/g, ' ');
    const place = placeOf(text, offset);
    super(`${reason} at line ${place.line}, column ${place.column} (offset ${offset}, near ${JSON.stringify(around)})`);
    this.name = 'JsonTextError';
    this.offset = offset;
    this.place = place;
  }
}

/**
 * Parses JSON more strictly than JSON.parse: if a key is written twice, it is unclear which value is meant, so this is
 * an error.
 * @param options `comments` allows comments and trailing commas in files that people write. Results of an engine have
 *   neither.
 * @throws JsonTextError with the place and the text around it.
 */
export function readJsonText(text: string, options: { comments: boolean }): JsonText {
  const errors: ParseError[] = [];
  let root: Node | undefined;
  // Some editors begin a file with a byte order mark. A blank replaces the mark, so that all offsets stay the same.
  const withoutMark = options.comments ? text.replace(/^\ufeff/, ' ') : text;
  try {
    root = parseTree(withoutMark, errors, {
      disallowComments: !options.comments,
      allowTrailingComma: options.comments,
      allowEmptyContent: false,
    });
  } catch (error) {
    // The parser calls itself for nested values. It throws only if the nesting is so deep that the stack overflows.
    throw new JsonTextError(text, 0, `nested too deeply to read (${errorMessage(error)})`);
  }
  const first = errors[0];
  if (first) throw new JsonTextError(text, first.offset, reasonOf(text, first));
  if (!root) throw new JsonTextError(text, 0, 'no value');
  const value = toValue(root, text);
  return {
    value,
    lineOf: (path) => placeOf(text, offsetOf(root, path)).line,
  };
}

/** Describes a parse error in words. */
function reasonOf(text: string, { error }: ParseError): string {
  if (text.trim() === '') return 'the file is empty';
  // U+0000 and U+FFFD show that the file has another encoding, such as UTF-16, but was decoded as UTF-8.
  if (/[\0\ufffd]/.test(text.slice(0, 1000))) return 'this is not a text in UTF-8';
  const code = printParseErrorCode(error);
  return REASONS[code] ?? code;
}

/** The parser's error codes, described in words. */
const REASONS: Readonly<Record<string, string>> = {
  InvalidSymbol: 'something that is not JSON',
  InvalidNumberFormat: 'a number that is written wrongly',
  PropertyNameExpected: 'a key in double quotes is missing',
  ValueExpected: 'a value is missing',
  ColonExpected: 'a colon is missing',
  CommaExpected: 'a comma is missing',
  CloseBraceExpected: 'a "}" is missing',
  CloseBracketExpected: 'a "]" is missing',
  EndOfFileExpected: 'there is more text after the end',
  InvalidCommentToken: 'a comment, which is not allowed here',
  UnexpectedEndOfComment: 'a comment that does not end',
  UnexpectedEndOfString: 'a text that does not end',
};

/** Converts a node of the parser to a value. @throws JsonTextError for a key that is written twice. */
function toValue(node: Node, text: string): unknown {
  switch (node.type) {
    case 'object': {
      // The object has no prototype, so "__proto__" is a key like any other.
      const object: Record<string, unknown> = Object.create(null);
      for (const property of node.children ?? []) {
        const [key, child] = property.children ?? [];
        if (!key || !child) throw new JsonTextError(text, property.offset, 'a key without a value');
        if (key.value in object) {
          throw new JsonTextError(text, key.offset, `the key ${JSON.stringify(key.value)} is written twice`);
        }
        object[key.value] = toValue(child, text);
      }
      return object;
    }
    case 'array':
      return (node.children ?? []).map((child) => toValue(child, text));
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
    case 'property':
      return node.value;
  }
}

/** Offset of the value at a path of keys. If the path does not exist: offset of the last value that exists on it. */
function offsetOf(root: Node, path: readonly (string | number)[]): number {
  let node = root;
  let offset = root.offset;
  for (const step of path) {
    const children: readonly Node[] = node.children ?? [];
    const next =
      typeof step === 'number' ? children[step] : children.find((property) => property.children?.[0]?.value === step);
    if (!next) break;
    offset = next.offset;
    node = (typeof step === 'number' ? next : next.children?.[1]) ?? next;
  }
  return offset;
}

function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}
