/** What looks like a function and is not read like one: case, cast, intervals, dates, position, extract. */
import { need, numberAt, peekWord, sign, word, wrong } from '../insights/scanner.ts';
import { argumentsOf } from './compile.ts';
import { expressionAt, textAt } from './expressions.ts';
import { call, literal, type Node, type Scope } from './syntax.ts';

/** Undefined where the word begins none. */
export function specialAt(scope: Scope, name: string): Node | undefined {
  const { scanner } = scope;
  const form = Object.hasOwn(FORMS, name) ? FORMS[name] : undefined;
  if (!form) return undefined;
  const start = scanner.at;
  scanner.at += name.length;
  const found = form(scope);
  if (!found) scanner.at = start;
  return found;
}

const FORMS: Readonly<Record<string, (scope: Scope) => Node | undefined>> = {
  case: (scope) => (sign(scope.scanner, '(') ? caseCall(scope) : scope.language === 'sql' ? caseAt(scope) : undefined),
  cast: castAt,
  try_cast: castAt,
  interval: intervalAt,
  date: (scope) => typed(scope, 'date'),
  timestamp: (scope) => typed(scope, 'timestamp'),
  position: positionAt,
  extract: extractAt,
  trim: trimAt,
  substr: substringAt,
  substring: substringAt,
  timestampadd: (scope) => unitCall(scope, 'timestampadd'),
  timestampdiff: (scope) => unitCall(scope, 'timestampdiff'),
  exists: existsAt,
  current_date: (scope) => bare(scope, 'current_date'),
  current_timestamp: (scope) => bare(scope, 'current_timestamp'),
};

/** PPL: `case(condition, value, … [else value])` */
function caseCall(scope: Scope): Node {
  const { scanner } = scope;
  const args: Node[] = [];
  do args.push(expressionAt(scope), valueAfterComma(scope));
  while (sign(scanner, ','));
  if (word(scanner, 'else')) args.push(expressionAt(scope));
  need(scanner, ')');
  return call('case', ...args);
}

function valueAfterComma(scope: Scope): Node {
  need(scope.scanner, ',');
  return expressionAt(scope);
}

/** SQL: `case [value] when … then … [else …] end` */
function caseAt(scope: Scope): Node {
  const { scanner } = scope;
  const subject = peekWord(scanner) === 'when' ? undefined : expressionAt(scope);
  const args: Node[] = [];
  while (word(scanner, 'when')) {
    const condition = expressionAt(scope);
    if (!word(scanner, 'then')) wrong(scanner);
    args.push(subject ? call('=', subject, condition) : condition, expressionAt(scope));
  }
  if (args.length === 0) wrong(scanner);
  if (word(scanner, 'else')) args.push(expressionAt(scope));
  if (!word(scanner, 'end')) wrong(scanner);
  return call('case', ...args);
}

const TYPES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['string', 'varchar', 'char', 'text'].map((name) => [name, 'string'])),
  ...Object.fromEntries(
    ['int', 'integer', 'bigint', 'long', 'smallint', 'short', 'tinyint', 'byte'].map((n) => [n, 'int']),
  ),
  ...Object.fromEntries(['double', 'float', 'real', 'decimal', 'numeric'].map((name) => [name, 'double'])),
  boolean: 'boolean',
  timestamp: 'timestamp',
  date: 'date',
};

function castAt(scope: Scope): Node | undefined {
  const { scanner } = scope;
  if (!sign(scanner, '(')) return undefined;
  const value = expressionAt(scope);
  if (!word(scanner, 'as')) wrong(scanner);
  const start = scanner.at;
  const name = peekWord(scanner);
  scanner.at += name.length;
  const type = Object.hasOwn(TYPES, name) ? TYPES[name]! : wrong(scanner, 'no such type', start);
  if (sign(scanner, '(')) {
    do numberAt(scanner) ?? wrong(scanner);
    while (sign(scanner, ','));
    need(scanner, ')');
  }
  need(scanner, ')');
  return call(`to ${type}`, value);
}

const UNITS = ['microsecond', 'millisecond', 'second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'];

/** A unit of time, also in the plural. */
const isUnit = (name: string): boolean => UNITS.includes(name.replace(/s$/, ''));

function unitAt({ scanner }: Scope): string {
  const name = peekWord(scanner);
  if (!isUnit(name)) wrong(scanner, 'a unit of time is wanted');
  scanner.at += name.length;
  return name.replace(/s$/, '');
}

function intervalAt(scope: Scope): Node | undefined {
  const text = textAt(scope);
  const count = text === undefined ? numberAt(scope.scanner) : Number(text);
  if (count === undefined || !Number.isFinite(count)) return undefined;
  return call('interval', literal(count), literal(unitAt(scope)));
}

/** `date '2030-01-01'` */
function typed(scope: Scope, name: string): Node | undefined {
  const text = textAt(scope);
  return text === undefined ? undefined : call(`to ${name}`, literal(text));
}

/** `position(part in text)`, or with a comma. */
function positionAt(scope: Scope): Node | undefined {
  const { scanner } = scope;
  if (!sign(scanner, '(')) return undefined;
  const part = textAt(scope);
  const wanted = part === undefined ? expressionAt(scope) : literal(part);
  const within = part !== undefined && word(scanner, 'in');
  if (!within && !sign(scanner, ',')) wrong(scanner);
  const text = expressionAt(scope);
  const from = sign(scanner, ',') ? [expressionAt(scope)] : [];
  need(scanner, ')');
  return call('locate', wanted, text, ...from);
}

function extractAt(scope: Scope): Node | undefined {
  const { scanner } = scope;
  if (!sign(scanner, '(')) return undefined;
  const unit = unitAt(scope);
  if (!word(scanner, 'from')) wrong(scanner);
  const value = expressionAt(scope);
  need(scanner, ')');
  return call(unit, value);
}

const SIDES: Readonly<Record<string, string>> = { both: 'trim', leading: 'ltrim', trailing: 'rtrim' };

/** `trim([both|leading|trailing] [characters] from text)`, or as any function. */
function trimAt(scope: Scope): Node | undefined {
  const { scanner } = scope;
  if (!sign(scanner, '(')) return undefined;
  const side = Object.keys(SIDES).find((name) => word(scanner, name));
  const first = word(scanner, 'from') ? undefined : expressionAt(scope);
  if (first && !word(scanner, 'from')) return side ? wrong(scanner) : plainCall(scope, 'trim', first);
  const value = expressionAt(scope);
  need(scanner, ')');
  return call(SIDES[side ?? 'both']!, value, ...(first ? [first] : []));
}

/** `substring(text from place [for length])`, or as any function. */
function substringAt(scope: Scope): Node | undefined {
  const { scanner } = scope;
  if (!sign(scanner, '(')) return undefined;
  const value = expressionAt(scope);
  if (!word(scanner, 'from')) return plainCall(scope, 'substring', value);
  const args = [value, expressionAt(scope)];
  if (word(scanner, 'for')) args.push(expressionAt(scope));
  need(scanner, ')');
  return call('substring', ...args);
}

/** Its further values: nothing is read twice. */
function plainCall(scope: Scope, name: string, first: Node): Node {
  const { scanner } = scope;
  const args = [first];
  while (sign(scanner, ',')) args.push(expressionAt(scope));
  const [least, most] = argumentsOf(name)!;
  if (args.length < least || args.length > most) {
    wrong(scanner, `function ${name} does not take ${args.length} arguments`);
  }
  need(scanner, ')');
  return call(name, ...args);
}

function unitCall(scope: Scope, name: string): Node | undefined {
  const { scanner } = scope;
  if (!sign(scanner, '(')) return undefined;
  const unit = literal(unitAt(scope));
  const args = [unit, valueAfterComma(scope), valueAfterComma(scope)];
  need(scanner, ')');
  return call(name, ...args);
}

function existsAt(scope: Scope): Node | undefined {
  const { scanner, language } = scope;
  if (language === 'ppl' && sign(scanner, '[')) wrong(scanner, 'exists subqueries are not supported');
  if (language === 'sql' && sign(scanner, '(') && peekWord(scanner) === 'select') {
    return { kind: 'exists', query: scope.subquery() };
  }
  return undefined;
}

function bare({ scanner }: Scope, name: string): Node {
  if (sign(scanner, '(')) need(scanner, ')');
  return call(name);
}
