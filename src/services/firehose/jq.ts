/**
 * The part of jq that gives partition keys: one object, whose members are read off the record by paths, pipes,
 * arithmetic, comparisons, alternatives, conditions and functions of one value. What gives several values, makes lists
 * or objects, defines or repeats is left out: so each expression ends soon, whatever the record is.
 * https://jqlang.org/manual/v1.6/
 */
import { FUNCTIONS, JqFailure, type Value } from './jqFunctions.ts';
import { JqSyntax, type Token, tokensOf } from './jqTokens.ts';

/** Of a record's value. @throws JqFailure */
export type Expression = (value: Value) => Value;

const DEPTH_MAX = 50;

/** `{name: expression, …}`. @throws JqSyntax with a sentence that says what is not understood */
export function parseKeys(query: string): ReadonlyMap<string, Expression> {
  const reader = readerOf(query);
  reader.take('{');
  const keys = new Map<string, Expression>();
  while (!reader.takes('}')) {
    if (keys.size > 0) reader.take(',');
    const name = reader.name();
    keys.set(name, reader.takes(':') ? piped(reader, 0) : pathOf(name));
  }
  reader.end();
  return keys;
}

interface Reader {
  readonly peek: () => Token | undefined;
  /** Whether this comes next, and then it is behind. */
  readonly takes: (text: string) => boolean;
  readonly take: (text: string) => void;
  readonly next: () => Token;
  readonly name: () => string;
  readonly end: () => void;
}

function readerOf(query: string): Reader {
  const tokens = tokensOf(query);
  let at = 0;
  const isNext = (text: string) => {
    const token = tokens[at];
    return token !== undefined && token.kind !== 'text' && token.text === text;
  };
  const unexpected = (): never => {
    const token = tokens[at];
    throw new JqSyntax(`unexpected ${token ? `'${token.text}'` : 'end'} in the query`);
  };
  const takes = (text: string) => isNext(text) && ++at > 0;
  return {
    peek: () => tokens[at],
    takes,
    take: (text) => {
      if (!takes(text)) unexpected();
    },
    next: () => tokens[at++] ?? unexpected(),
    name: () => {
      const token = tokens[at];
      if (token?.kind !== 'name' && token?.kind !== 'text') return unexpected();
      at += 1;
      return token.text;
    },
    end: () => {
      if (at < tokens.length) unexpected();
    },
  };
}

/** `a | b`, where the second reads what the first gave. */
function piped(reader: Reader, depth: number): Expression {
  if (depth > DEPTH_MAX) throw new JqSyntax('the query is nested too deeply');
  const first = binary(reader, depth, 0);
  if (!reader.takes('|')) return first;
  const second = piped(reader, depth + 1);
  return (value) => second(first(value));
}

type Operator = (left: () => Value, right: () => Value) => Value;

const isTrue = (value: Value) => value !== null && value !== false;
const compared =
  (is: (order: number) => boolean): Operator =>
  (left, right) =>
    is(FUNCTIONS.compare(left(), right()));

/** By how tightly they bind, the loosest first. */
const OPERATORS: readonly Readonly<Record<string, Operator>>[] = [
  { '//': alternative },
  { or: (left, right) => isTrue(left()) || isTrue(right()) },
  { and: (left, right) => isTrue(left()) && isTrue(right()) },
  {
    '==': compared((order) => order === 0),
    '!=': compared((order) => order !== 0),
    '<': compared((order) => order < 0),
    '<=': compared((order) => order <= 0),
    '>': compared((order) => order > 0),
    '>=': compared((order) => order >= 0),
  },
  {
    '+': (left, right) => FUNCTIONS.plus(left(), right()),
    '-': (left, right) => FUNCTIONS.number(left()) - FUNCTIONS.number(right()),
  },
  {
    '*': (left, right) => FUNCTIONS.number(left()) * FUNCTIONS.number(right()),
    '/': (left, right) => FUNCTIONS.divided(left(), right()),
    '%': (left, right) => FUNCTIONS.remainder(left(), right()),
  },
];

/** The first, unless it is null or false or fails. */
function alternative(left: () => Value, right: () => Value): Value {
  let value: Value = null;
  try {
    value = left();
  } catch (error) {
    if (!(error instanceof JqFailure)) throw error;
  }
  return isTrue(value) ? value : right();
}

function binary(reader: Reader, depth: number, level: number): Expression {
  const operators = OPERATORS[level];
  if (!operators) return postfix(reader, depth);
  let left = binary(reader, depth, level + 1);
  for (;;) {
    const token = reader.peek();
    const operator =
      token && token.kind !== 'text' && Object.hasOwn(operators, token.text) ? operators[token.text] : undefined;
    if (!operator) return left;
    reader.next();
    const [first, second] = [left, binary(reader, depth, level + 1)];
    left = (value) =>
      operator(
        () => first(value),
        () => second(value),
      );
  }
}

/** A term, and the paths that go on from it: `.a`, `["a"]`, `[0]`, `?`. */
function postfix(reader: Reader, depth: number): Expression {
  let expression = term(reader, depth);
  for (;;) {
    const before = expression;
    const token = reader.peek();
    if (reader.takes('?')) expression = (value) => quietly(before, value);
    else if (token?.kind === 'field') {
      reader.next();
      const step = pathOf(token.text);
      expression = (value) => step(before(value));
    } else if (reader.takes('[')) {
      const step = indexed(reader);
      expression = (value) => step(before(value));
    } else return expression;
  }
}

function quietly(expression: Expression, value: Value): Value {
  try {
    return expression(value);
  } catch (error) {
    if (error instanceof JqFailure) return null;
    throw error;
  }
}

/** What stands in `[…]`, whose beginning is behind: a name or a number. */
function indexed(reader: Reader): Expression {
  const minus = reader.takes('-');
  const token = reader.next();
  reader.take(']');
  if (token.kind === 'text' && !minus) return pathOf(token.text);
  if (token.kind !== 'number') throw new JqSyntax(`'[${token.text}]' is not supported in a query`);
  const index = Math.trunc(Number(token.text)) * (minus ? -1 : 1);
  return (value) => {
    if (value === null) return null;
    if (!Array.isArray(value)) throw new JqFailure('Cannot index with number');
    return value.at(index) ?? null;
  };
}

function pathOf(name: string): Expression {
  return (value) => {
    if (value === null) return null;
    if (typeof value !== 'object' || Array.isArray(value)) throw new JqFailure(`Cannot index with "${name}"`);
    return Object.hasOwn(value, name) ? (value as Readonly<Record<string, Value>>)[name]! : null;
  };
}

const CONSTANTS: Readonly<Record<string, Value>> = { null: null, true: true, false: false };

function term(reader: Reader, depth: number): Expression {
  const token = reader.next();
  if (token.kind === 'text') return () => token.text;
  if (token.kind === 'number') return () => Number(token.text);
  if (token.kind === 'field') return pathOf(token.text);
  if (token.text === '.') return identity(reader);
  if (token.text === '-') {
    const inner = postfix(reader, depth);
    return (value) => -FUNCTIONS.number(inner(value));
  }
  if (token.text === '(') {
    const inner = piped(reader, depth + 1);
    reader.take(')');
    return inner;
  }
  if (token.kind !== 'name') throw new JqSyntax(`'${token.text}' is not supported in a query`);
  if (Object.hasOwn(CONSTANTS, token.text)) return () => CONSTANTS[token.text]!;
  return token.text === 'if' ? conditional(reader, depth + 1) : called(reader, token.text, depth + 1);
}

/** `.` alone, or before `"name"`. */
function identity(reader: Reader): Expression {
  const token = reader.peek();
  if (token?.kind !== 'text') return (value) => value;
  reader.next();
  return pathOf(token.text);
}

/** `if a then b elif c then d else e end`, whose beginning is behind. */
function conditional(reader: Reader, depth: number): Expression {
  const condition = piped(reader, depth);
  reader.take('then');
  const then = piped(reader, depth);
  let otherwise: Expression = (value) => value;
  if (reader.takes('elif')) otherwise = conditional(reader, depth + 1);
  else {
    if (reader.takes('else')) otherwise = piped(reader, depth);
    reader.take('end');
  }
  return (value) => (isTrue(condition(value)) ? then(value) : otherwise(value));
}

function called(reader: Reader, name: string, depth: number): Expression {
  const args: Expression[] = [];
  if (reader.takes('(')) {
    do args.push(piped(reader, depth));
    while (reader.takes(';'));
    reader.take(')');
  }
  const known = FUNCTIONS.named[`${name}/${args.length}`];
  if (!known) throw new JqSyntax(`the function ${name}/${args.length} is not supported in a query`);
  return (value) => known(value, ...args.map((argument) => argument(value)));
}
