/**
 * Expressions of Logs Insights, compiled to functions of a row.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
 */
import type { Regex } from '../../../patterns/regex/index.ts';
import { type AggregateMaker, aggregateAt, isAggregate } from './aggregates.ts';
import { type Fn, FUNCTIONS, finite } from './functions.ts';
import { goOn } from './patience.ts';
import { fieldReader, type Row } from './records.ts';
import {
  fieldName,
  need,
  numberAt,
  peekWord,
  quoted,
  regexLiteral,
  type Scanner,
  sign,
  skip,
  textSince,
  word,
  wrong,
} from './scanner.ts';
import { isSpecial, specialAt } from './specials.ts';
import { compare, numberOf, textOf, truth, type Value } from './values.ts';

export type Evaluate = (row: Row) => Value;

/** What is known where an expression stands. */
export interface Scope {
  readonly scanner: Scanner;
  readonly clock: Clock;
  /** In `stats`: takes the aggregates, and gives their results back while a group is told. */
  readonly aggregates?: Aggregates | undefined;
  /** Columns that an earlier `stats` made, by their text. */
  readonly columns: ReadonlySet<string>;
  /** Told the name of each field that is met. @throws MalformedQueryException */
  readonly refers?: ((name: string, start: number) => void) | undefined;
  /** What was met that concerns the whole query. */
  readonly notes: { unmasks: boolean };
  /** Reads a subquery after its opening parenthesis: whether a value is among its results, which are of this field. */
  readonly within: (field: string) => (value: Value) => boolean;
  depth: number;
}

/** Milliseconds. */
export interface Clock {
  readonly started: number;
  readonly from: number;
  readonly to: number;
}

export interface Aggregates {
  readonly makers: AggregateMaker[];
  /** Results of the group that is being told. */
  results: readonly Value[];
}

const DEPTH_MAX = 60;

export function expressionAt(scope: Scope): Evaluate {
  if (++scope.depth > DEPTH_MAX) wrong(scope.scanner, 'the expression is nested too deeply');
  const found = eitherAt(scope);
  scope.depth--;
  return found;
}

function eitherAt(scope: Scope): Evaluate {
  const parts = [bothAt(scope)];
  while (word(scope.scanner, 'or') || sign(scope.scanner, '||')) parts.push(bothAt(scope));
  return parts.length === 1 ? parts[0]! : (row) => parts.some((part) => truth(part(row)));
}

function bothAt(scope: Scope): Evaluate {
  const parts = [notAt(scope)];
  while (word(scope.scanner, 'and') || sign(scope.scanner, '&&')) parts.push(notAt(scope));
  return parts.length === 1 ? parts[0]! : (row) => parts.every((part) => truth(part(row)));
}

function notAt(scope: Scope): Evaluate {
  let negations = 0;
  while (word(scope.scanner, 'not') || bang(scope.scanner)) negations++;
  const found = comparisonAt(scope);
  return negations % 2 === 0 ? found : (row) => !truth(found(row));
}

const bang = (scanner: Scanner): boolean => {
  skip(scanner);
  return scanner.text[scanner.at + 1] !== '=' && sign(scanner, '!');
};

const COMPARISONS: readonly (readonly [sign: string, holds: (order: number) => boolean])[] = [
  ['!=', (order) => order !== 0],
  ['<=', (order) => order <= 0],
  ['>=', (order) => order >= 0],
  ['==', (order) => order === 0],
  ['=', (order) => order === 0],
  ['<', (order) => order < 0],
  ['>', (order) => order > 0],
];

function comparisonAt(scope: Scope): Evaluate {
  const { scanner } = scope;
  skip(scanner);
  const begin = scanner.at;
  const left = sumAt(scope);
  const name = textSince(scanner, begin).replaceAll('`', '');
  if (sign(scanner, '=~')) return likeAt(scope, left);
  const start = scanner.at;
  const negated = word(scanner, 'not');
  if (word(scanner, 'like')) return maybe(negated, likeAt(scope, left));
  if (word(scanner, 'in')) return maybe(negated, listAt(scope, left, name));
  if (negated) scanner.at = start;
  const found = COMPARISONS.find(([signs]) => sign(scanner, signs));
  if (!found) return left;
  const right = sumAt(scope);
  return (row) => {
    const order = compare(left(row), right(row));
    return order !== undefined && found[1](order);
  };
}

const maybe = (negated: boolean, test: Evaluate): Evaluate => (negated ? (row) => !truth(test(row)) : test);

function likeAt({ scanner }: Scope, left: Evaluate): Evaluate {
  const regex: Regex | undefined = regexLiteral(scanner);
  const wanted = regex ? undefined : quoted(scanner);
  if (!regex && wanted === undefined) wrong(scanner);
  return (row) => {
    const text = textOf(left(row));
    if (text === undefined) return false;
    goOn();
    return regex ? regex.test(text) : text.includes(wanted!);
  };
}

function listAt(scope: Scope, left: Evaluate, name: string): Evaluate {
  if (sign(scope.scanner, '(')) {
    const has = scope.within(name);
    return (row) => has(left(row));
  }
  need(scope.scanner, '[');
  const items: Evaluate[] = [];
  if (!sign(scope.scanner, ']')) {
    do items.push(sumAt(scope));
    while (sign(scope.scanner, ','));
    need(scope.scanner, ']');
  }
  return (row) => {
    const value = left(row);
    return items.some((item) => compare(value, item(row)) === 0);
  };
}

type Arithmetic = (a: number, b: number) => number;

const arithmetic =
  (left: Evaluate, right: Evaluate, run: Arithmetic): Evaluate =>
  (row) => {
    const a = numberOf(left(row));
    const b = numberOf(right(row));
    return a === undefined || b === undefined ? null : finite(run(a, b));
  };

function sumAt(scope: Scope): Evaluate {
  let left = productAt(scope);
  for (;;) {
    if (sign(scope.scanner, '+')) left = arithmetic(left, productAt(scope), (a, b) => a + b);
    else if (sign(scope.scanner, '-')) left = arithmetic(left, productAt(scope), (a, b) => a - b);
    else return left;
  }
}

function productAt(scope: Scope): Evaluate {
  let left = powerAt(scope);
  for (;;) {
    if (sign(scope.scanner, '*')) left = arithmetic(left, powerAt(scope), (a, b) => a * b);
    else if (sign(scope.scanner, '/')) left = arithmetic(left, powerAt(scope), (a, b) => a / b);
    else if (sign(scope.scanner, '%')) left = arithmetic(left, powerAt(scope), (a, b) => a % b);
    else return left;
  }
}

function powerAt(scope: Scope): Evaluate {
  if (++scope.depth > DEPTH_MAX) wrong(scope.scanner, 'the expression is nested too deeply');
  const negative = sign(scope.scanner, '-');
  const base = negative ? negated(powerAt(scope)) : primaryAt(scope);
  const found = sign(scope.scanner, '^') ? arithmetic(base, powerAt(scope), (a, b) => a ** b) : base;
  scope.depth--;
  return found;
}

const negated =
  (value: Evaluate): Evaluate =>
  (row) => {
    const number = numberOf(value(row));
    return number === undefined ? null : -number;
  };

const CONSTANTS: Readonly<Record<string, Value>> = { true: true, false: false, null: null };

/** A field, a constant, a call or what is in parentheses. */
export function primaryAt(scope: Scope): Evaluate {
  const { scanner } = scope;
  if (sign(scanner, '(')) {
    const inner = expressionAt(scope);
    need(scanner, ')');
    return inner;
  }
  const text = quoted(scanner);
  if (text !== undefined) return () => text;
  const number = numberAt(scanner);
  if (number !== undefined) return () => number;
  const column = columnAt(scope);
  if (column !== undefined) return fieldReader(column);
  const name = peekWord(scanner);
  if (isCall(scanner, name)) return callAt(scope, name);
  if (Object.hasOwn(CONSTANTS, name) && word(scanner, name)) {
    const value = CONSTANTS[name]!;
    return () => value;
  }
  const start = scanner.at;
  const field = fieldName(scanner) ?? wrong(scanner);
  scope.refers?.(field, start);
  return fieldReader(field);
}

/** A column that is called by the text it was made with: `count(*)`. */
function columnAt({ scanner, columns }: Scope): string | undefined {
  skip(scanner);
  for (const column of columns) {
    if (!column.includes('(') || !scanner.text.startsWith(column, scanner.at)) continue;
    scanner.at += column.length;
    return column;
  }
  return undefined;
}

function isCall({ text, at }: Scanner, name: string): boolean {
  if (name === '') return false;
  let next = at + name.length;
  while (text[next] === ' ') next++;
  return text[next] === '(';
}

function callAt(scope: Scope, name: string): Evaluate {
  const { scanner } = scope;
  const start = scanner.at;
  scanner.at += name.length;
  need(scanner, '(');
  if (scope.aggregates && isAggregate(name)) return aggregate(scope, scope.aggregates, name);
  if (isSpecial(name)) return specialAt(scope, name);
  const fn = FUNCTIONS.get(name);
  if (!fn) wrong(scanner, `unknown function ${scanner.text.slice(start, start + name.length)}`, start);
  const values = argumentsAt(scope);
  if (values.length < fn.least || values.length > fn.most) {
    wrong(scanner, `function ${name} does not take ${values.length} arguments`, start);
  }
  return applied(fn, values);
}

/** A function of the values of a row. */
export function applied({ run }: Pick<Fn, 'run'>, values: readonly Evaluate[]): Evaluate {
  const [first, second] = values;
  if (values.length === 1 && first) {
    return (row) => {
      goOn();
      return run(first(row));
    };
  }
  if (values.length === 2 && first && second) {
    return (row) => {
      goOn();
      return run(first(row), second(row));
    };
  }
  return (row) => {
    goOn();
    return run(...values.map((value) => value(row)));
  };
}

/** Up to the closing parenthesis. */
export function argumentsAt(scope: Scope): Evaluate[] {
  const values: Evaluate[] = [];
  if (sign(scope.scanner, ')')) return values;
  do values.push(expressionAt(scope));
  while (sign(scope.scanner, ','));
  need(scope.scanner, ')');
  return values;
}

function aggregate(scope: Scope, aggregates: Aggregates, name: string): Evaluate {
  const index = aggregates.makers.push(aggregateAt({ ...scope, aggregates: undefined }, name)) - 1;
  return () => aggregates.results[index] ?? null;
}
