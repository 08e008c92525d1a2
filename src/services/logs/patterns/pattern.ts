/** What the three syntaxes of filter patterns have in common. */
import { compileRegex, type Fuel, type Regex } from '../../../patterns/regex/index.ts';

/** An event's message, parsed once for all patterns that look at it. */
export interface Subject {
  readonly message: string;
  /** The message as JSON; undefined where it is no object. */
  json(): object | undefined;
  /** Its space-delimited fields. */
  words(): readonly string[];
}

export interface FilterPattern {
  /** Regular expressions on this fuel. @throws TooCostly */
  matches(subject: Subject, fuel?: Fuel): boolean;
  /** What the pattern names in an event: `$.latency` or `$size` → text. */
  extract(subject: Subject): Record<string, string>;
  /** The value of such a name; undefined where the event has none, or the pattern does not name it. */
  value(subject: Subject, name: string): string | undefined;
  readonly kind: 'terms' | 'words' | 'json';
  /** `$ip` and the like: the fields of a space-delimited pattern. */
  readonly names?: ReadonlySet<string> | undefined;
  /** How many regular expressions are in it, and how many may be. */
  readonly regexes: number;
}

/** The pattern is not in the syntax. */
export class InvalidPattern extends Error {}

/** A place in the pattern's text. */
export interface Reader {
  readonly text: string;
  at: number;
  regexes: number;
}

export const invalid = (why: string): never => {
  throw new InvalidPattern(why);
};

export function skipSpace(reader: Reader): void {
  while (/\s/.test(reader.text[reader.at] ?? '')) reader.at++;
}

export function eat(reader: Reader, text: string): boolean {
  skipSpace(reader);
  if (!reader.text.startsWith(text, reader.at)) return false;
  reader.at += text.length;
  return true;
}

/** The rest of `%…%`, whose first sign is read. */
export function regexAt(reader: Reader): Regex {
  let end = reader.at;
  while (end < reader.text.length && reader.text[end] !== '%') end += reader.text[end] === '\\' ? 2 : 1;
  if (end >= reader.text.length || end === reader.at) invalid('a regular expression does not end');
  const regex = compileRegex(reader.text.slice(reader.at, end), 'filter');
  reader.at = end + 1;
  reader.regexes++;
  return 'problem' in regex ? invalid(regex.problem) : regex;
}

/** The rest of a quoted text, whose first sign is read. A backslash takes the next character as it is. */
export function quotedAt(reader: Reader, quote = '"'): string {
  let text = '';
  for (;;) {
    const char = reader.text[reader.at++] ?? invalid('a quotation does not end');
    if (char === quote) return text;
    text += char === '\\' ? (reader.text[reader.at++] ?? invalid('a quotation does not end')) : char;
  }
}

/** Text in which `*` stands for any text: in time linear in the text, whatever the pattern. */
export function wildcard(pattern: string): (text: string) => boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return (text) => text === pattern;
  const first = parts[0]!;
  const last = parts.at(-1)!;
  const middle = parts.slice(1, -1).filter((part) => part !== '');
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    const end = text.length - last.length;
    for (const part of middle) {
      const found = text.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The number that a text is; undefined where it is none. */
export const numberIn = (text: string): number | undefined => (NUMBER.test(text) ? Number(text) : undefined);

export type Operator = '=' | '!=' | '<' | '>' | '<=' | '>=';

/** The longest first. */
export function operatorAt(reader: Reader): Operator | undefined {
  return (['!=', '<=', '>=', '=', '<', '>'] as const).find((operator) => eat(reader, operator));
}

const ORDERS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
};

export type Test = (value: string, fuel?: Fuel) => boolean;

/** What follows an operator: a number, a text with wildcards, a regular expression. */
export function testAt(reader: Reader, operator: Operator, bare: RegExp): Test {
  skipSpace(reader);
  if (eat(reader, '%')) {
    const regex = regexAt(reader);
    if (operator === '=') return (value, fuel) => regex.test(value, fuel);
    if (operator === '!=') return (value, fuel) => !regex.test(value, fuel);
    return invalid('a regular expression has no order');
  }
  const quoted = eat(reader, '"');
  const text = quoted ? quotedAt(reader) : bareAt(reader, bare);
  const number = quoted ? undefined : numberIn(text);
  const order = ORDERS[operator];
  if (order) {
    if (number === undefined) return invalid('a text has no order');
    return (value) => {
      const other = numberIn(value);
      return other !== undefined && order(other, number);
    };
  }
  const matches = wildcard(text);
  const same: Test = number === undefined ? matches : (value) => matches(value) || numberIn(value) === number;
  return operator === '=' ? same : (value) => !same(value);
}

function bareAt(reader: Reader, bare: RegExp): string {
  const start = reader.at;
  while (reader.at < reader.text.length && bare.test(reader.text[reader.at]!)) reader.at++;
  return reader.at === start ? invalid('a value is missing') : reader.text.slice(start, reader.at);
}
