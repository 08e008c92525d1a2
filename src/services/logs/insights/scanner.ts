/** Reads a query's text. What is wrong is told with its place. */
import { MalformedQueryException } from '@aws-sdk/client-cloudwatch-logs';
import { awsError } from '../../../core/errors.ts';
import { compileRegex, type Regex } from '../../../patterns/regex/index.ts';

export interface Scanner {
  readonly text: string;
  at: number;
  /** Space and comments of another language; sticky. */
  readonly space?: RegExp | undefined;
  /** Space and comments that were last passed over. */
  passed?: { readonly from: number; readonly to: number };
}

/** The error for what begins at `from`. */
export function malformed(text: string, from: number, why: string, to = from + 1) {
  const queryCompileError = {
    location: { startCharOffset: from, endCharOffset: Math.min(Math.max(to, from), text.length) },
    message: why,
  };
  return awsError(MalformedQueryException, why, { queryCompileError });
}

export function wrong(scanner: Scanner, why?: string, from = scanner.at): never {
  const before = scanner.text.slice(0, from).split('\n');
  const word = /^[\w@.]+|^./s.exec(scanner.text.slice(from))?.[0] ?? 'end of query';
  const place = `at line ${before.length} and position ${before.at(-1)!.length}`;
  throw malformed(scanner.text, from, why ?? `unexpected symbol found ${word} ${place}`, from + word.length);
}

export function skip(scanner: Scanner): void {
  const { text, at: from, space } = scanner;
  if (space) {
    space.lastIndex = from;
    scanner.at += space.exec(text)?.[0].length ?? 0;
  }
  for (; !space; ) {
    const char = text.charCodeAt(scanner.at);
    if (char === 0x23) {
      const end = text.indexOf('\n', scanner.at);
      scanner.at = end < 0 ? text.length : end;
    } else if (char <= 0x20 || char === 0xa0) scanner.at++;
    else break;
  }
  if (scanner.at > from) scanner.passed = { from, to: scanner.at };
}

/** What was read from there on, without what separates it from what comes. */
export const textSince = ({ text, at, passed }: Scanner, start: number): string =>
  text.slice(start, passed?.to === at ? Math.max(start, passed.from) : at);

export const atEnd = (scanner: Scanner): boolean => {
  skip(scanner);
  return scanner.at >= scanner.text.length;
};

/** Moves over a sign, when it is next. */
export function sign(scanner: Scanner, signs: string): boolean {
  skip(scanner);
  if (!scanner.text.startsWith(signs, scanner.at)) return false;
  scanner.at += signs.length;
  return true;
}

export function need(scanner: Scanner, signs: string): void {
  if (!sign(scanner, signs)) wrong(scanner);
}

const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;

/** The next word without moving, in lower case; '' where there is none. */
export function peekWord(scanner: Scanner): string {
  skip(scanner);
  WORD.lastIndex = scanner.at;
  return WORD.exec(scanner.text)?.[0].toLowerCase() ?? '';
}

/** Moves over a word of the language, when it is next. */
export function word(scanner: Scanner, name: string): boolean {
  if (peekWord(scanner) !== name) return false;
  const after = scanner.text[scanner.at + name.length];
  if (after === '.' || after === '@') return false;
  scanner.at += name.length;
  return true;
}

const FIELD = /@{0,2}[A-Za-z_][A-Za-z0-9_@]*/y;
const INDEX = /\d+(?![A-Za-z_])/y;

const PARTS_MAX = 100;

/** The name of a field: words, numbers and quoted parts joined with dots. Undefined where there is none. */
export function fieldName(scanner: Scanner): string | undefined {
  skip(scanner);
  const parts: string[] = [];
  for (;;) {
    const part = namePart(scanner, parts.length === 0);
    if (part === undefined) {
      if (parts.length === 0) return undefined;
      return wrong(scanner);
    }
    if (parts.length === PARTS_MAX) wrong(scanner, 'the name of a field has too many parts');
    parts.push(part);
    for (let index = bracketed(scanner); index !== undefined; index = bracketed(scanner)) parts.push(index);
    if (scanner.text[scanner.at] !== '.') return parts.join('.');
    scanner.at++;
  }
}

function namePart(scanner: Scanner, first: boolean): string | undefined {
  if (scanner.text[scanner.at] === '`') {
    const end = scanner.text.indexOf('`', scanner.at + 1);
    if (end < 0) wrong(scanner, 'a quoted field name does not end');
    const name = scanner.text.slice(scanner.at + 1, end);
    scanner.at = end + 1;
    return name;
  }
  return taken(scanner, FIELD) ?? (first ? undefined : taken(scanner, INDEX));
}

const BRACKETED = /\[(\d+)\]/y;

function bracketed(scanner: Scanner): string | undefined {
  const found = taken(scanner, BRACKETED);
  return found?.slice(1, -1);
}

function taken(scanner: Scanner, pattern: RegExp): string | undefined {
  pattern.lastIndex = scanner.at;
  const found = pattern.exec(scanner.text)?.[0];
  if (found !== undefined) scanner.at += found.length;
  return found;
}

const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;

export function numberAt(scanner: Scanner): number | undefined {
  skip(scanner);
  const found = taken(scanner, NUMBER);
  return found === undefined ? undefined : Number(found);
}

/** A text in quotation marks, either kind; undefined where there is none. */
export function quoted(scanner: Scanner): string | undefined {
  skip(scanner);
  const mark = scanner.text[scanner.at];
  if (mark !== '"' && mark !== "'") return undefined;
  const from = scanner.at++;
  let text = '';
  for (;;) {
    const char = scanner.text[scanner.at++];
    if (char === undefined) return wrong(scanner, 'a text does not end', from);
    if (char === mark) return text;
    text += char === '\\' ? escaped(scanner) : char;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', "'": "'" };

function escaped(scanner: Scanner): string {
  const char = scanner.text[scanner.at++] ?? '';
  return ESCAPES[char] ?? `\\${char}`;
}

/** `/…/`; undefined where there is none. */
export function regexLiteral(scanner: Scanner): Regex | undefined {
  skip(scanner);
  if (scanner.text[scanner.at] !== '/') return undefined;
  const from = scanner.at++;
  let source = '';
  for (let bracket = false; ; ) {
    const char = scanner.text[scanner.at++];
    if (char === undefined) return wrong(scanner, 'a regular expression does not end', from);
    if (char === '/' && !bracket) break;
    if (char === '\\') {
      const next = scanner.text[scanner.at++] ?? '';
      source += next === '/' ? '/' : `\\${next}`;
      continue;
    }
    if (char === '[') bracket = true;
    if (char === ']') bracket = false;
    source += char;
  }
  return regexOf(scanner, source, from);
}

export function regexOf(scanner: Scanner, source: string, from: number): Regex {
  const regex = compileRegex(source, 'query');
  return 'problem' in regex ? wrong(scanner, `invalid regular expression: ${regex.problem}`, from) : regex;
}
