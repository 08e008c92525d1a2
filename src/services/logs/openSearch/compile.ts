/** Expressions of OpenSearch SQL and PPL, made to work on rows. What is unknown is neither true nor false. */
import { applied, type Evaluate } from '../insights/expressions.ts';
import { collector } from '../insights/inner.ts';
import { fieldReader, inside, jsonOf } from '../insights/records.ts';
import { wrong } from '../insights/scanner.ts';
import { equalityKey, isStructure, type Value } from '../insights/values.ts';
import { FUNCTIONS } from './functions.ts';
import { likeSource } from './like.ts';
import { regexOf } from './regexFunctions.ts';
import { type Call, type Node, type Scope, type Subquery, signature } from './syntax.ts';
import { dateText, moment } from './values.ts';

export interface Compiling {
  readonly scope: Scope;
  /** What a field's name leads to, where it is not the row's own field. */
  readonly field?: ((name: string) => Evaluate | undefined) | undefined;
  /** Nodes that have been worked out elsewhere: keys of groups, aggregates, windows. */
  readonly known?: ((node: Node) => Evaluate | undefined) | undefined;
}

export function compiled(node: Node, to: Compiling): Evaluate {
  const known = to.known?.(node);
  if (known) return known;
  switch (node.kind) {
    case 'value':
      return () => node.value;
    case 'field':
      return to.field?.(node.name) ?? fieldOf(node.name);
    case 'within':
      return membership(compiled(node.value, to), node.query, to);
    case 'scalar':
      return scalar(node.query, to);
    case 'exists':
      return existence(node.query, to);
    case 'call':
      return callOf(node, to);
  }
}

/** A field, also one that holds a map or a list. */
export function fieldOf(name: string): Evaluate {
  const read = fieldReader(name);
  const path = name.split('.');
  return (row) => {
    const value = read(row);
    if (value !== null || !row.event || row.made.has(name)) return value;
    const root = jsonOf(row);
    return root === null ? null : inside(root as Record<string, unknown>, path);
  };
}

const three = (value: Value): boolean | null => {
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') return value !== 0;
  return value === 'true' ? true : value === 'false' ? false : null;
};

type Form = (args: readonly Evaluate[]) => Evaluate;

/** Those that do not look at all of their values, or not always. */
const FORMS: Readonly<Record<string, Form>> = {
  and: (args) => (row) => {
    let found: boolean | null = true;
    for (const arg of args) {
      const value = three(arg(row));
      if (value === false) return false;
      if (value === null) found = null;
    }
    return found;
  },
  or: (args) => (row) => {
    let found: boolean | null = false;
    for (const arg of args) {
      const value = three(arg(row));
      if (value === true) return true;
      if (value === null) found = null;
    }
    return found;
  },
  not:
    ([arg]) =>
    (row) => {
      const value = three(arg!(row));
      return value === null ? null : !value;
    },
  case: chosen,
  if: chosen,
};

/** Conditions, each with a value, and what else there is. */
function chosen(args: readonly Evaluate[]): Evaluate {
  const otherwise = args.length % 2 === 1 ? args.at(-1) : undefined;
  return (row) => {
    for (let i = 0; i + 1 < args.length; i += 2) if (three(args[i]!(row)) === true) return args[i + 1]!(row);
    return otherwise?.(row) ?? null;
  };
}

const FORM_ARGUMENTS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  and: [1, 2_000],
  or: [1, 2_000],
  not: [1, 1],
  case: [2, 201],
  if: [3, 3],
};

const now = (clock: Scope['clock']) => moment(clock.started);
/** What is the same for the whole query. */
const CLOCKED: Readonly<Record<string, (clock: Scope['clock']) => Value>> = {
  now,
  current_timestamp: now,
  localtimestamp: now,
  localtime: now,
  sysdate: now,
  utc_timestamp: now,
  current_date: ({ started }) => dateText(started),
  curdate: ({ started }) => dateText(started),
  unix_timestamp: ({ started }) => Math.floor(started / 1000),
};

/** How many values a function takes; undefined where there is none of that name. */
export function argumentsOf(name: string): readonly [least: number, most: number] | undefined {
  const fn = FUNCTIONS.get(name);
  const clocked = Object.hasOwn(CLOCKED, name);
  if (fn) return [clocked ? 0 : fn.least, fn.most];
  return clocked ? [0, 0] : FORM_ARGUMENTS[name];
}

const REGEXES: Readonly<Record<string, (text: string) => string>> = {
  like: likeSource,
  ilike: likeSource,
  ...Object.fromEntries(
    [
      ...['rlike', 'regexp_like', 'regexp_extract', 'regexp_extract_all', 'regexp_replace'],
      ...['regexp_count', 'regexp_instr', 'regexp_substr', 'split'],
    ].map((name) => [name, (text: string) => text]),
  ),
};

function callOf({ name, args, distinct, over }: Call, to: Compiling): Evaluate {
  const { scanner } = to.scope;
  if (distinct || over) wrong(scanner, `the function ${name} does not belong here`);
  if (args.length === 0 && Object.hasOwn(CLOCKED, name)) {
    const value = CLOCKED[name]!(to.scope.clock);
    return () => value;
  }
  requireRegex(name, args[1], to);
  const values = args.map((arg) => compiled(arg, to));
  const form = Object.hasOwn(FORMS, name) ? FORMS[name] : undefined;
  if (form) return form(values);
  const fn = FUNCTIONS.get(name) ?? wrong(scanner, `the function ${name} does not belong here`);
  return applied(fn, values);
}

/** A regular expression that is written out is looked at before the query runs. */
function requireRegex(name: string, pattern: Node | undefined, { scope }: Compiling): void {
  const source = Object.hasOwn(REGEXES, name) && pattern?.kind === 'value' ? String(pattern.value) : undefined;
  if (source === undefined) return;
  try {
    regexOf(REGEXES[name]!(source));
  } catch (error) {
    wrong(scope.scanner, (error as Error).message);
  }
}

/** What a subquery gave; each is read once, however often it stands. */
interface Answer {
  readonly keys: Set<string>;
  hasNull: boolean;
  first: Value;
  rows: number;
}

const answers = new WeakMap<Subquery, Answer>();

function answerOf(query: Subquery, { scope }: Compiling): Answer {
  const known = answers.get(query);
  if (known) return known;
  const answer: Answer = { keys: new Set(), hasNull: false, first: null, rows: 0 };
  answers.set(query, answer);
  const read = query.plan.first ?? (() => null);
  const collect = collector((row, budget) => {
    const value = read(row);
    if (answer.rows++ === 0) answer.first = value;
    const key = keyOf(value);
    if (key === undefined) answer.hasNull = true;
    else if (!answer.keys.has(key)) {
      budget.take(2 * key.length + 60);
      answer.keys.add(key);
    }
  });
  scope.inners.push({ plan: query.plan, collect });
  return answer;
}

const keyOf = (value: Value): string | undefined => (isStructure(value) ? JSON.stringify(value) : equalityKey(value));

function membership(value: Evaluate, query: Subquery, to: Compiling): Evaluate {
  const answer = answerOf(query, to);
  return (row) => {
    const found = value(row);
    const key = keyOf(found);
    if (key === undefined) return answer.rows === 0 ? false : null;
    return answer.keys.has(key) || (answer.hasNull ? null : false);
  };
}

function scalar(query: Subquery, to: Compiling): Evaluate {
  const answer = answerOf(query, to);
  return () => answer.first;
}

function existence(query: Subquery, to: Compiling): Evaluate {
  const answer = answerOf(query, to);
  return () => answer.rows > 0;
}

/** By what two expressions that say the same are known. */
export const sameAs =
  (known: ReadonlyMap<string, Evaluate>) =>
  (node: Node): Evaluate | undefined =>
    known.get(signature(node));
