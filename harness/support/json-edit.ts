import { findNodeAtLocation, type JSONPath, type Node, parseTree } from 'jsonc-parser';

/**
 * Sets one key of an object in a JSON text that a person wrote, or takes it away (`value` undefined), and touches nothing
 * else: comments, order and the form of all that stays are kept. A comment behind a value that goes, on its line, goes
 * with it; one on a line of its own stays, since nobody can tell whether it speaks of one key or of all below it.
 * @param text JSON in which the object is; comments and trailing commas are allowed.
 * @param comesBefore whether a key that is there stands before a new one.
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
  const at = properties.findIndex((one) => nameOf(one) === key);
  const there = properties[at];
  if (value === undefined) return there === undefined ? text : removed(text, properties, at, node);
  const old = there?.children?.[1];
  if (old !== undefined) return spliced(text, old.offset, end(old), printed(text, node, value));
  return inserted(text, node, properties, properties.filter((one) => comesBefore(nameOf(one))).length, key, value);
}

const nameOf = (property: Node): string => String(property.children?.[0]?.value);
const end = (node: Node): number => node.offset + node.length;
const spliced = (text: string, from: number, to: number, by: string) => text.slice(0, from) + by + text.slice(to);
/** Whether an object is written in one line. */
const isCompact = (text: string, node: Node) => !text.slice(node.offset, end(node)).includes('\n');

/** A value in the form of the object it stands in: in one line with it, or with lines of its own. */
function printed(text: string, object: Node, value: unknown): string {
  if (isCompact(text, object) && (object.children ?? []).length > 0) return oneLine(value);
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${indentOf(text, object)}`);
}

/** `{ "a": [1, 2] }`: with spaces, as people write it. */
function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${oneLine(one)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

/** What stands before the properties of an object that has lines of its own. */
function indentOf(text: string, object: Node): string {
  const [first] = object.children ?? [];
  const lineOf = (offset: number) => text.slice(text.lastIndexOf('\n', offset - 1) + 1);
  const before = /^[ \t]*/;
  if (first !== undefined && !isCompact(text, object)) return before.exec(lineOf(first.offset))?.[0] ?? '';
  return `${before.exec(lineOf(object.offset))?.[0] ?? ''}  `;
}

/** What follows a place: whether a comma does, where it ends, and where the line ends or the next value begins. */
function after(text: string, offset: number): { comma?: number; lineEnd: number; newline: boolean } {
  const beside = /[ \t\r]+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|,/y;
  let at = offset;
  let comma: number | undefined;
  for (;;) {
    beside.lastIndex = at;
    const [found] = beside.exec(text) ?? [];
    if (found === undefined) break;
    if (found === ',') comma = at;
    at += found.length;
  }
  return { lineEnd: at, newline: text[at] === '\n', ...(comma === undefined ? {} : { comma }) };
}

function removed(text: string, properties: readonly Node[], at: number, object: Node): string {
  const [property, previous, next] = [properties[at], properties[at - 1], properties[at + 1]];
  if (property === undefined) return text;
  const behind = after(text, end(property));
  // A comma may also stand on the line after the value.
  const lineStart = text.lastIndexOf('\n', property.offset - 1);
  const ownLine = lineStart > object.offset && text.slice(lineStart, property.offset).trim() === '' && behind.newline;
  const without = ownLine
    ? spliced(text, lineStart, behind.lineEnd, '')
    : spliced(
        text,
        property.offset,
        next?.offset ?? (behind.comma === undefined ? end(property) : behind.comma + 1),
        '',
      );
  if (next !== undefined || previous === undefined || behind.comma !== undefined) return without;
  // It was the last one, without a comma: the one before has one too many now.
  const { comma } = after(text, end(previous));
  return comma === undefined ? without : spliced(without, comma, comma + 1, '');
}

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
  const { comma, lineEnd, newline } = after(text, from);
  if (next === undefined && previous !== undefined && comma === undefined) {
    const lonely = spliced(text, lineEnd, lineEnd, `\n${indent}${line}${newline ? '' : '\n'}`);
    return spliced(lonely, from, from, ',');
  }
  const isLast = next === undefined && comma === undefined;
  const closing = newline ? '' : isLast ? `\n${indent.slice(2)}` : `\n${indent}`;
  return spliced(text, lineEnd, lineEnd, `\n${indent}${line}${isLast ? '' : ','}${closing}`);
}
