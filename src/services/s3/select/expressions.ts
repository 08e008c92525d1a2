/** Conditions and values of S3 Select's expressions, by descent: each level knows those that bind closer. */
import { type Cursor, integer, isName, nameAt, need, needEnd, next, take } from './cursor.ts';
import { selectError } from './errors.ts';
import { OWN_FORMS } from './forms.ts';
import { functionNamed } from './functions.ts';
import { ARITHMETIC, and, COMPARISONS, comparing, computing, joined, liking, memberOf, not, or } from './operators.ts';
import type { Aggregate, Column, Compute } from './query.ts';
import { timestampIn } from './timestamps.ts';
import type { Token } from './tokens.ts';
import { castTo, isUnknown, textOf, type Value } from './values.ts';

const AGGREGATES: ReadonlySet<string> = new Set(['count', 'sum', 'min', 'max', 'avg']);
const DEPTH_MAX = 100;
const LINKS_MAX = 1000;
const COLUMNS_MAX = 1000;

/** The list of columns, passed over; it is parsed when all is known that it may name. */
export function skip(c: Cursor): { readonly columns: () => readonly Column[] | undefined } {
  const from = c.at;
  for (let open = 0; open > 0 || next(c).text !== 'from' || next(c).kind !== 'word'; c.at++) {
    if (next(c).kind === 'end') throw selectError('ParseUnexpectedToken');
    if (next(c).kind !== 'sign') continue;
    if (next(c).text === '(') open++;
    else if (next(c).text === ')') open--;
  }
  const end: Token = { kind: 'end', text: '', raw: '' };
  const passed = [...c.tokens.slice(from, c.at), end];
  return { columns: () => columnsIn({ tokens: passed, scope: c.scope, at: 0, depth: 0, links: 0 }) };
}

function columnsIn(c: Cursor): readonly Column[] | undefined {
  if (take(c, '*')) {
    needEnd(c);
    return undefined;
  }
  const columns: Column[] = [];
  do {
    const from = c.at;
    const compute = condition(c);
    const last = c.tokens[c.at - 1]!;
    const path = c.tokens.slice(from, c.at).every(({ kind, text }) => kind !== 'sign' || text === '.');
    const given = take(c, 'as') || isName(c, []) ? nameAt(c).text : undefined;
    const own = last.kind === 'word' ? last.raw : last.kind === 'quoted' ? last.text : undefined;
    columns.push({ name: given ?? (path ? own : undefined) ?? `_${columns.length + 1}`, compute });
  } while (take(c, ','));
  needEnd(c);
  if (columns.length > COLUMNS_MAX) throw selectError('OverMaxColumn');
  return columns;
}

/** What is computed of what is computed: so deep, and no deeper. */
function linked(c: Cursor): Cursor {
  if (++c.links > LINKS_MAX) throw selectError('UnsupportedSqlStructure');
  return c;
}

export function condition(c: Cursor): Compute {
  if (++c.depth > DEPTH_MAX) throw selectError('UnsupportedSqlStructure');
  let left = conjunction(c);
  while (take(c, 'or')) left = or(left, conjunction(linked(c)));
  c.depth--;
  return left;
}

function conjunction(c: Cursor): Compute {
  let left = negation(c);
  while (take(c, 'and')) left = and(left, negation(linked(c)));
  return left;
}

function negation(c: Cursor): Compute {
  let negated = false;
  while (take(c, 'not')) negated = !negated;
  const value = comparison(c);
  return negated ? not(value) : value;
}

function comparison(c: Cursor): Compute {
  const left = sum(c);
  const sign = next(c);
  if (sign.kind === 'sign' && Object.hasOwn(COMPARISONS, sign.text)) {
    c.at++;
    return comparing(left, sum(c), COMPARISONS[sign.text]!);
  }
  if (take(c, 'is')) return isTest(c, left);
  const negated = take(c, 'not');
  const found = take(c, 'between')
    ? between(c, left)
    : take(c, 'in')
      ? among(c, left)
      : take(c, 'like')
        ? like(c, left)
        : undefined;
  if (found) return negated ? not(found) : found;
  if (negated) throw selectError('ParseUnexpectedToken');
  return left;
}

function isTest(c: Cursor, left: Compute): Compute {
  const negated = take(c, 'not');
  const missing = take(c, 'missing');
  if (!missing) need(c, 'null');
  return (row) => {
    const value = left(row);
    return (missing ? value === undefined : isUnknown(value)) !== negated;
  };
}

function between(c: Cursor, left: Compute): Compute {
  const low = sum(c);
  need(c, 'and');
  const high = sum(c);
  const [above, below] = [comparing(left, low, COMPARISONS['>=']!), comparing(left, high, COMPARISONS['<=']!)];
  return and(above, below);
}

function among(c: Cursor, left: Compute): Compute {
  need(c, '(');
  const tests = listIn(c).map((right) => comparing(left, right, COMPARISONS['=']!));
  return (row) => {
    const found = tests.map((test) => test(row));
    return found.includes(true) ? true : found.some(isUnknown) ? null : false;
  };
}

/** Behind the opening parenthesis. */
function listIn(c: Cursor): Compute[] {
  const list: Compute[] = [];
  if (take(c, ')')) return list;
  do list.push(condition(c));
  while (take(c, ','));
  need(c, ')');
  return list;
}

function like(c: Cursor, left: Compute): Compute {
  const pattern = sum(c);
  const marked = take(c, 'escape') ? sum(c) : undefined;
  return (row) => liking(left(row), pattern(row), marked && textOf(marked(row)));
}

function sum(c: Cursor): Compute {
  let left = product(c);
  for (;;) {
    const sign = next(c).text;
    if (next(c).kind !== 'sign' || !['+', '-', '||'].includes(sign)) return left;
    c.at++;
    const [a, b] = [left, product(linked(c))];
    left = sign === '||' ? joined(a, b) : computing(a, b, ARITHMETIC[sign]!);
  }
}

function product(c: Cursor): Compute {
  let left = operand(c);
  for (;;) {
    const sign = next(c).text;
    if (next(c).kind !== 'sign' || !['*', '/', '%'].includes(sign)) return left;
    c.at++;
    left = computing(left, operand(linked(c)), ARITHMETIC[sign]!);
  }
}

function operand(c: Cursor): Compute {
  let negative = false;
  while (next(c).text === '-' && take(c, '-')) negative = !negative;
  const value = primary(c);
  return negative ? computing(() => 0, value, ARITHMETIC['-']!) : value;
}

function primary(c: Cursor): Compute {
  const { kind, text } = next(c);
  if (kind === 'number' || kind === 'text') {
    c.at++;
    const value = kind === 'number' ? Number(text) : text;
    return () => value;
  }
  if (kind === 'time') {
    c.at++;
    const time = timestampIn(text);
    if (!time) throw selectError('LexerInvalidIONLiteral');
    return () => time;
  }
  if (take(c, '(')) {
    const inner = condition(c);
    need(c, ')');
    return inner;
  }
  if (kind === 'word') {
    const opens = c.tokens[c.at + 1]?.text === '(' && c.tokens[c.at + 1]?.kind === 'sign';
    if (opens) return call(c, text);
    if (take(c, 'case')) return choice(c);
    for (const [name, value] of CONSTANTS) if (take(c, name)) return () => value;
  }
  return pathOf(c);
}

function call(c: Cursor, name: string): Compute {
  c.at += 2;
  if (AGGREGATES.has(name)) return aggregate(c, name as Aggregate['name']);
  if (name === 'cast') {
    const value = condition(c);
    need(c, 'as');
    const cast = castTo(nameAt(c).text.toLowerCase());
    need(c, ')');
    return (row) => cast(value(row));
  }
  if (Object.hasOwn(OWN_FORMS, name)) return OWN_FORMS[name]!(c, condition);
  const list = listIn(c);
  const compute = functionNamed(name, list.length, c.scope.now);
  return (row) => compute(list.map((each) => each(row)));
}

function aggregate(c: Cursor, name: Aggregate['name']): Compute {
  const { aggregates } = c.scope;
  if (c.scope.inside) throw selectError('UnsupportedSqlStructure');
  c.scope.inside = true;
  const all = name === 'count' && take(c, '*');
  const of = all ? undefined : condition(c);
  need(c, ')');
  c.scope.inside = false;
  const place = aggregates.push({ name, of }) - 1;
  return (row) => row.get(`${place}`, true);
}

function choice(c: Cursor): Compute {
  const cases: (readonly [Compute, Compute])[] = [];
  while (take(c, 'when')) {
    const when = condition(c);
    need(c, 'then');
    cases.push([when, condition(c)]);
  }
  const otherwise = take(c, 'else') ? condition(c) : () => null;
  need(c, 'end');
  if (cases.length === 0) throw selectError('UnsupportedSqlStructure');
  return (row) => (cases.find(([when]) => when(row) === true)?.[1] ?? otherwise)(row);
}

/** `s.name`, `name`, `s._1`, `s.list[0].name` */
function pathOf(c: Cursor): Compute {
  const first = nameAt(c);
  if (!c.scope.inside) c.scope.free = true;
  const steps: { readonly text: string; readonly exact: boolean }[] = [];
  const own = !first.exact && [c.scope.alias, 's3object'].includes(first.text.toLowerCase());
  if (!own) steps.push(first);
  for (;;) {
    if (take(c, '.')) steps.push(nameAt(c));
    else if (take(c, '[')) {
      const quoted = next(c).kind === 'text';
      steps.push(quoted ? { text: c.tokens[c.at++]!.text, exact: true } : { text: `${integer(c)}`, exact: true });
      need(c, ']');
    } else break;
  }
  const [head, ...rest] = steps;
  if (!head) {
    c.scope.names = undefined;
    return (row) => Object.fromEntries(row.all());
  }
  c.scope.names?.add(head.text);
  return (row) =>
    rest.reduce<Value>((value, step) => memberOf(value, step.text, step.exact), row.get(head.text, head.exact));
}

const CONSTANTS: readonly (readonly [string, Value])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['missing', undefined],
];
