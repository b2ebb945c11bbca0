import { findNodeAtLocation, type JSONPath, type Node, parseTree } from 'jsonc-parser';
import { omitUndefined } from './omit-undefined.ts';

/**
 * Sets or removes one key of an object in a JSON text that a person wrote. The function keeps everything else in the
 * text: comments, the order of keys, and the layout. If a key is removed, a comment on the same line is removed too. A
 * comment on a line of its own is kept, because it may be about several keys.
 * @param text JSON; comments and trailing commas are allowed.
 * @param object path of the keys that lead to the object.
 * @param value new value; undefined removes the key.
 * @param comesBefore whether an existing key comes before the new key, which decides where the new key is inserted.
 * @returns the new text.
 * @throws if there is no object under the path.
 */
export function withKey(
  text: string,
  object: JSONPath,
  key: string,
  value: unknown,
  comesBefore: (other: string) => boolean,
): string {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const node = root === undefined ? undefined : findNodeAtLocation(root, object);
  if (node?.type !== 'object') throw new Error(`there is no object at ${object.join('.')}`);
  const properties = node.children ?? [];
  const at = properties.findIndex((property) => nameOf(property) === key);
  const existing = properties[at];
  if (value === undefined) return existing === undefined ? text : removed(text, properties, at, node);
  const oldValue = existing?.children?.[1];
  if (oldValue !== undefined) return spliced(text, oldValue.offset, end(oldValue), printed(text, node, value));
  const newIndex = properties.filter((property) => comesBefore(nameOf(property))).length;
  return inserted(text, node, properties, newIndex, key, value);
}

/** The key of a property. */
const nameOf = (property: Node): string => String(property.children?.[0]?.value);
/** Offset of the first character after a node. */
const end = (node: Node): number => node.offset + node.length;
/** Replaces a range of a text. */
const spliced = (text: string, from: number, to: number, replacement: string) =>
  text.slice(0, from) + replacement + text.slice(to);
/** Whether an object is written on one line. */
const isCompact = (text: string, node: Node) => !text.slice(node.offset, end(node)).includes('\n');

/** Prints a value in the layout of the object that contains the value: on one line, or indented on several lines. */
function printed(text: string, object: Node, value: unknown): string {
  if (isCompact(text, object) && (object.children ?? []).length > 0) return oneLine(value);
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${indentOf(text, object)}`);
}

/** Prints a value on one line, with spaces as people write them: `{ "a": [1, 2] }`. */
function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, field]) => `${JSON.stringify(key)}: ${oneLine(field)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

/** The indentation of the properties of an object that is written on several lines. */
function indentOf(text: string, object: Node): string {
  const [first] = object.children ?? [];
  const lineOf = (offset: number) => text.slice(text.lastIndexOf('\n', offset - 1) + 1);
  const leadingBlanks = /^[ \t]*/;
  if (first !== undefined && !isCompact(text, object)) return leadingBlanks.exec(lineOf(first.offset))?.[0] ?? '';
  return `${leadingBlanks.exec(lineOf(object.offset))?.[0] ?? ''}  `;
}

/** What follows a value in the text: a comma, blanks and comments, up to the end of the line or the next value. */
interface Trailer {
  /** Offset of the comma after the value; absent if there is none. */
  comma?: number;
  /** Offset of the first character after the blanks and comments. */
  lineEnd: number;
  /** Whether the text at `lineEnd` is a line break. */
  newline: boolean;
}

function trailerAt(text: string, offset: number): Trailer {
  const blankOrComment = /[ \t\r]+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|,/y;
  let at = offset;
  let comma: number | undefined;
  for (;;) {
    blankOrComment.lastIndex = at;
    const [found] = blankOrComment.exec(text) ?? [];
    if (found === undefined) break;
    if (found === ',') comma = at;
    at += found.length;
  }
  return { lineEnd: at, newline: text[at] === '\n', ...omitUndefined({ comma }) };
}

/** Removes a property of an object. @param at index of the property. @returns the new text. */
function removed(text: string, properties: readonly Node[], at: number, object: Node): string {
  const [property, previous, next] = [properties[at], properties[at - 1], properties[at + 1]];
  if (property === undefined) return text;
  const trailer = trailerAt(text, end(property));
  const lineStart = text.lastIndexOf('\n', property.offset - 1);
  const ownLine = lineStart > object.offset && text.slice(lineStart, property.offset).trim() === '' && trailer.newline;
  const without = ownLine
    ? spliced(text, lineStart, trailer.lineEnd, '')
    : spliced(
        text,
        property.offset,
        next?.offset ?? (trailer.comma === undefined ? end(property) : trailer.comma + 1),
        '',
      );
  if (next !== undefined || previous === undefined || trailer.comma !== undefined) return without;
  // The removed property was the last one and had no comma. So the comma of the property before is removed too.
  const { comma } = trailerAt(text, end(previous));
  return comma === undefined ? without : spliced(without, comma, comma + 1, '');
}

/** Inserts a property into an object. @param at index of the new property. @returns the new text. */
function inserted(
  text: string,
  object: Node,
  properties: readonly Node[],
  at: number,
  key: string,
  value: unknown,
): string {
  const [previous, next] = [properties[at - 1], properties[at]];
  const line = `${JSON.stringify(key)}: ${printed(text, object, value)}`;
  if (properties.length > 0 && isCompact(text, object)) {
    if (next !== undefined) return spliced(text, next.offset, next.offset, `${line}, `);
    return previous === undefined ? text : spliced(text, end(previous), end(previous), `, ${line}`);
  }
  const indent = indentOf(text, object);
  const from = previous === undefined ? object.offset + 1 : end(previous);
  const { comma, lineEnd, newline } = trailerAt(text, from);
  if (next === undefined && previous !== undefined && comma === undefined) {
    const withoutComma = spliced(text, lineEnd, lineEnd, `\n${indent}${line}${newline ? '' : '\n'}`);
    return spliced(withoutComma, from, from, ',');
  }
  const isLast = next === undefined && comma === undefined;
  const closing = newline ? '' : isLast ? `\n${indent.slice(2)}` : `\n${indent}`;
  return spliced(text, lineEnd, lineEnd, `\n${indent}${line}${isLast ? '' : ','}${closing}`);
}
