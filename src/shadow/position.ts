/** Where in a file something is wrong: for people as line and column, for programs as a byte offset. */
import { createReadStream } from 'node:fs';
import { type Json, PolicySyntaxError, readJson } from '../policy/json.ts';
import { type Entry, Unreadable } from './splitter.ts';

/** A value that is not what it must be: the way to it from the entry, and a sentence. */
export class Malformed extends Error {
  readonly path: readonly (string | number)[];
  constructor(path: readonly (string | number)[], message: string) {
    super(message);
    this.path = path;
  }
}

/** The entry's value. @throws Unreadable at the first byte that is not JSON. */
export function parsedValue(entry: Entry): unknown {
  try {
    return JSON.parse(entry.text);
  } catch (error) {
    throw syntaxError(entry, (error as Error).message);
  }
}

function syntaxError(entry: Entry, otherwise: string): Unreadable {
  try {
    readJson(entry.text);
  } catch (error) {
    if (error instanceof PolicySyntaxError) {
      return new Unreadable(error.message.replace(/ at position \d+$/, ''), offsetIn(entry, error.position));
    }
  }
  return new Unreadable(otherwise, entry.offset);
}

/** The same finding, at the byte where the value stands (or the nearest value around it). */
export function unreadable(entry: Entry, { path, message }: Malformed): Unreadable {
  const name = `${entry.key}${entry.index === undefined ? '' : `[${entry.index}]`}`;
  const told = `${[name, ...path].reduce((text, part) => `${text}${typeof part === 'number' ? `[${part}]` : `.${part}`}`)}: ${message}`;
  let value: Json | undefined;
  try {
    value = readJson(entry.text); // Refuses very long entries: then the entry's own place has to do.
    for (const part of path) value = childOf(value, part) ?? value;
  } catch {
    // A value that JSON.parse takes and this reader does not, such as one with a name given twice.
  }
  return new Unreadable(told, offsetIn(entry, value?.start ?? 0));
}

const childOf = (value: Json, part: string | number): Json | undefined =>
  typeof part === 'number' ? value.items[part] : value.members.find((member) => member.key === part)?.value;

const offsetIn = (entry: Entry, position: number) => entry.offset + Buffer.byteLength(entry.text.slice(0, position));

export interface Position {
  readonly line: number;
  /** In characters, from 1. */
  readonly column: number;
  /** In bytes, from 0. */
  readonly offset: number;
}

/** Line and column of a byte: read from the file again, for this is asked once, when something is wrong. */
export async function positionIn(file: string, offset: number): Promise<Position> {
  let line = 1;
  let rest: Buffer[] = [];
  if (offset > 0) {
    for await (const chunk of createReadStream(file, { end: offset - 1 }) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        line++;
        from = at + 1;
        rest = [];
      }
      rest.push(chunk.subarray(from));
      if (rest.length > 64) rest = [Buffer.concat(rest)];
    }
  }
  const column = Array.from(Buffer.concat(rest).toString('utf8')).length + 1;
  return { line, column, offset };
}
