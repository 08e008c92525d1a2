// A policy read leniently: whatever can be understood is, with the place of every piece, so that each fault is found
// in one pass and shown where it stands. Shapes that cannot be understood are reported by structure.ts and absent here.

import type { Json, Member } from '../json.ts';

/** As in the API: an index in an array, a key itself, the value under a key, or a part of a text. */
export type PathElement =
  | { readonly index: number }
  | { readonly key: string }
  | { readonly value: string }
  | { readonly substring: { readonly start: number; readonly length: number } };

/** `line` counts from 1, `column` and `offset` from 0, in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

export interface Location {
  readonly path: readonly PathElement[];
  readonly span: { readonly start: Position; readonly end: Position };
}

/** The parser keeps where a key begins; where it ends is read from the text when somebody wants to know. */
const keyEnd = -1;

/** A place in the text and how to get there. */
export interface At {
  readonly start: number;
  readonly end: number;
  readonly parent: At | undefined;
  readonly step: PathElement | undefined;
}

/** A value with its place. */
export interface Node extends At {
  readonly json: Json;
}

/** A text with its place. */
export interface Text extends Node {
  readonly text: string;
}

/** A member of an object: the place of its key, and its value. */
export interface Entry {
  readonly name: string;
  readonly key: At;
  readonly value: Node;
}

export function rootNode(json: Json): Node {
  return { json, start: json.start, end: json.end, parent: undefined, step: undefined };
}

/** The members of an object, in order; none for anything else. */
export function entriesOf(node: Node): readonly Entry[] {
  return node.json.members.map((member) => entryOf(node, member));
}

/** The items of an array, or the value itself where an array is optional. */
export function itemsOf(node: Node): readonly Node[] {
  if (node.json.kind !== 'array') return [node];
  return node.json.items.map((json, index) => below(node, json, { index }));
}

/** The texts among the items. */
export function textsOf(node: Node | undefined): readonly Text[] {
  if (!node) return [];
  return itemsOf(node).flatMap((item) => (item.json.kind === 'string' ? [{ ...item, text: item.json.text }] : []));
}

/** A part of a text. Where the text has escapes, the whole text is shown. */
export function partOf(text: Text, start: number, length: number): At {
  const plain = text.end - text.start === text.text.length + 2;
  const from = plain ? text.start + 1 + start : text.start;
  const step = { substring: { start, length } };
  return { start: from, end: plain ? from + length : text.end, parent: text, step };
}

function entryOf(node: Node, member: Member): Entry {
  const value = below(node, member.value, { value: member.key });
  const start = member.start;
  return { name: member.key, key: { start, end: keyEnd, parent: node, step: { key: member.key } }, value };
}

function below(parent: At, json: Json, step: PathElement): Node {
  return { json, start: json.start, end: json.end, parent, step };
}

/** Finds line and column of offsets. */
export function locator(text: string): (at: At) => Location {
  const lines = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.push(at + 1);
  const position = (offset: number): Position => {
    let low = 0;
    for (let high = lines.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if ((lines[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (lines[low] ?? 0), offset };
  };
  const endOf = ({ start, end }: At) => (end === keyEnd ? quoteEnd(text, start) : end);
  return (at) => ({ path: pathOf(at), span: { start: position(at.start), end: position(endOf(at)) } });
}

/** Behind the quote that closes the string which opens at `start`. */
function quoteEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function pathOf(at: At): readonly PathElement[] {
  const path: PathElement[] = [];
  for (let each: At | undefined = at; each?.step; each = each.parent) path.push(each.step);
  return path.reverse();
}
