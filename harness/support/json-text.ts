import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';

/** A place in a text file, 1-based, as editors count. */
export interface Place {
  line: number;
  column: number;
}

/** JSON with what JSON.parse throws away: where each value stands, and whether a key was written twice. */
export interface JsonText {
  value: unknown;
  /** Line of the value under a path of keys, or of the deepest part of the path that exists. */
  lineOf(path: readonly (string | number)[]): number;
}

/** Why a text is not the JSON we need. `offset` counts UTF-16 units from the start. */
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
 * Reads JSON strictly enough to trust it: a key written twice is an error, since which of the two counts would be a
 * guess. `comments` allows comments and trailing commas (files people write); results of an engine have none.
 * @throws JsonTextError with the offset and the text around it.
 */
export function readJsonText(text: string, options: { comments: boolean }): JsonText {
  const errors: ParseError[] = [];
  let root: Node | undefined;
  // Some editors begin a file with a byte order mark; a blank in its place leaves the others where they are.
  const begun = options.comments ? text.replace(/^\ufeff/, ' ') : text;
  try {
    root = parseTree(begun, errors, {
      disallowComments: !options.comments,
      allowTrailingComma: options.comments,
      allowEmptyContent: false,
    });
  } catch (error) {
    // The parser recurses; only absurdly deep nesting gets here.
    throw new JsonTextError(text, 0, `nested too deeply to read (${(error as Error).message})`);
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

/** In words, where there are better ones than the parser's. */
function reasonOf(text: string, { error }: ParseError): string {
  if (text.trim() === '') return 'the file is empty';
  // What another encoding becomes when it is read as UTF-8.
  if (/[\0\ufffd]/.test(text.slice(0, 1000))) return 'this is no text in UTF-8';
  const code = printParseErrorCode(error);
  return WORDS[code] ?? code;
}

const WORDS: Readonly<Record<string, string>> = {
  InvalidSymbol: 'something that is not JSON',
  InvalidNumberFormat: 'a number that is written wrongly',
  PropertyNameExpected: 'a key in double quotes is missing',
  ValueExpected: 'a value is missing',
  ColonExpected: 'a colon is missing',
  CommaExpected: 'a comma is missing',
  CloseBraceExpected: 'a "}" is missing',
  CloseBracketExpected: 'a "]" is missing',
  EndOfFileExpected: 'there is more behind the end',
  InvalidCommentToken: 'a comment, which may not be here',
  UnexpectedEndOfComment: 'a comment that does not end',
  UnexpectedEndOfString: 'a text that does not end',
};

function toValue(node: Node, text: string): unknown {
  switch (node.type) {
    case 'object': {
      // No prototype: a key such as "__proto__" is a key like any other.
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
