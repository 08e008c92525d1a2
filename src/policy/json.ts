// A JSON reader for text written by strangers. Unlike JSON.parse it keeps where every value stood, refuses a key
// given twice (two readers that disagree on which one counts are a hole in a policy), bounds depth, and says where
// the text stops being JSON. One pass, no recursion deeper than the bound, no regular expressions.

/**
 * Text that is not a policy: `message` says why, `position` is the offset in UTF-16 units of the first offending
 * character.
 */
export class PolicySyntaxError extends Error {
  readonly position: number;
  constructor(message: string, position: number) {
    super(`${message} at position ${position}`);
    this.name = 'PolicySyntaxError';
    this.position = position;
  }
}

export interface Member {
  readonly key: string;
  readonly start: number;
  readonly value: Json;
}

/**
 * A value with its span `[start, end)` in the text. Scalars carry `text`: a string's content, else the literal as
 * written.
 */
export interface Json {
  readonly kind: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly items: readonly Json[];
  readonly members: readonly Member[];
}

/** Far above any policy that AWS keeps (the largest, of OpenSearch domains, have 100 KB). */
const lengthMax = 262_144;
const membersMax = 1000;
const depthMax = 32;
const none: readonly never[] = [];

/**
 * Reads one JSON text (RFC 8259). Throws PolicySyntaxError on anything else, on a duplicate key, past depth 32 or 1
 * MiB.
 */
export function readJson(text: string): Json {
  if (text.length > lengthMax) throw new PolicySyntaxError('The document is too large', lengthMax);
  const reader = { text, at: 0 };
  const value = readValue(reader, 0);
  skipSpace(reader);
  if (reader.at < text.length) throw new PolicySyntaxError('Unexpected text after the document', reader.at);
  return value;
}

interface Reader {
  readonly text: string;
  at: number;
}

function readValue(reader: Reader, depth: number): Json {
  if (depth > depthMax) throw new PolicySyntaxError('The document is nested too deeply', reader.at);
  skipSpace(reader);
  const start = reader.at;
  const code = reader.text.charCodeAt(start);
  if (code === 34) {
    const text = readString(reader);
    return { kind: 'string', start, end: reader.at, text, items: none, members: none };
  }
  if (code === 123) return readObject(reader, depth);
  if (code === 91) return readArray(reader, depth);
  return readLiteral(reader);
}

function readObject(reader: Reader, depth: number): Json {
  const start = reader.at++;
  const members: Member[] = [];
  let seen: Set<string> | undefined;
  for (skipSpace(reader); reader.text.charCodeAt(reader.at) !== 125; skipSpace(reader)) {
    if (members.length > 0) expect(reader, 44, ',');
    skipSpace(reader);
    const keyStart = reader.at;
    if (reader.text.charCodeAt(keyStart) !== 34) throw new PolicySyntaxError('Expected a quoted name', keyStart);
    const key = readString(reader);
    if (members.length === membersMax) throw new PolicySyntaxError('Too many names in an object', keyStart);
    if (members.length === 8) seen = new Set(members.map((member) => member.key));
    if (seen ? seen.has(key) : hasKey(members, key)) {
      throw new PolicySyntaxError(`Duplicate name ${JSON.stringify(key)}`, keyStart);
    }
    seen?.add(key);
    skipSpace(reader);
    expect(reader, 58, ':');
    members.push({ key, start: keyStart, value: readValue(reader, depth + 1) });
  }
  reader.at++;
  return { kind: 'object', start, end: reader.at, text: '', items: none, members };
}

function hasKey(members: readonly Member[], key: string): boolean {
  for (let i = 0; i < members.length; i++) {
    if (members[i]?.key === key) return true;
  }
  return false;
}

function readArray(reader: Reader, depth: number): Json {
  const start = reader.at++;
  const items: Json[] = [];
  for (skipSpace(reader); reader.text.charCodeAt(reader.at) !== 93; skipSpace(reader)) {
    if (items.length > 0) expect(reader, 44, ',');
    items.push(readValue(reader, depth + 1));
  }
  reader.at++;
  return { kind: 'array', start, end: reader.at, text: '', items, members: none };
}

function expect(reader: Reader, code: number, what: string): void {
  if (reader.text.charCodeAt(reader.at) !== code) {
    const ended = reader.at >= reader.text.length;
    throw new PolicySyntaxError(ended ? 'The document ends too early' : `Expected ${what}`, reader.at);
  }
  reader.at++;
}

function readString(reader: Reader): string {
  const { text } = reader;
  const start = reader.at + 1;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) {
      reader.at = at + 1;
      return text.slice(start, at);
    }
    if (code < 32) throw new PolicySyntaxError('Control character in a string', at);
    if (code === 92) return readEscaped(reader, start, at);
  }
  throw new PolicySyntaxError('Unterminated string', reader.at);
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

function readEscaped(reader: Reader, start: number, firstEscape: number): string {
  const { text } = reader;
  const parts = [text.slice(start, firstEscape)];
  let from = firstEscape;
  for (let at = firstEscape; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code < 32) throw new PolicySyntaxError('Control character in a string', at);
    if (code === 34) {
      parts.push(text.slice(from, at));
      reader.at = at + 1;
      return parts.join('');
    }
    if (code !== 92) {
      at++;
      continue;
    }
    parts.push(text.slice(from, at), escapeAt(text, at));
    at += text.charCodeAt(at + 1) === 117 ? 6 : 2;
    from = at;
  }
  throw new PolicySyntaxError('Unterminated string', start - 1);
}

function escapeAt(text: string, at: number): string {
  const letter = text.charAt(at + 1);
  const plain = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
  if (plain !== undefined) return plain;
  const hex = text.slice(at + 2, at + 6);
  if (letter !== 'u' || !/^[0-9a-fA-F]{4}$/.test(hex)) throw new PolicySyntaxError('Wrong escape in a string', at);
  return String.fromCharCode(Number.parseInt(hex, 16));
}

const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const words = [
  ['true', 'boolean'],
  ['false', 'boolean'],
  ['null', 'null'],
] as const;

function readLiteral(reader: Reader): Json {
  const { text, at: start } = reader;
  for (const [word, kind] of words) {
    if (text.startsWith(word, start)) return scalar(reader, kind, word);
  }
  number.lastIndex = start;
  const found = number.exec(text);
  if (found) return scalar(reader, 'number', found[0]);
  throw new PolicySyntaxError(start >= text.length ? 'The document ends too early' : 'Expected a value', start);
}

function scalar(reader: Reader, kind: Json['kind'], text: string): Json {
  const start = reader.at;
  reader.at += text.length;
  return { kind, start, end: reader.at, text, items: none, members: none };
}

function skipSpace(reader: Reader): void {
  const { text } = reader;
  let at = reader.at;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) break;
    at++;
  }
  reader.at = at;
}
