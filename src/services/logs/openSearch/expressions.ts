/**
 * Reads expressions of OpenSearch SQL and PPL.
 * https://docs.aws.amazon.com/opensearch-service/latest/developerguide/supported-ppl.html
 * https://docs.aws.amazon.com/opensearch-service/latest/developerguide/supported-directquery-sql.html
 */
import { fieldName, need, numberAt, peekWord, quoted, sign, skip, word, wrong } from '../insights/scanner.ts';
import { aggregateArguments, isAggregate } from './aggregates.ts';
import { argumentsOf } from './compile.ts';
import { windowAt } from './over.ts';
import { specialAt } from './specialForms.ts';
import { call, literal, type Node, type Scope, WINDOW_FUNCTIONS } from './syntax.ts';

const DEPTH_MAX = 40;
const NODES_MAX = 2_000;
/** Of operators of one rank in a row. */
const CHAIN_MAX = 200;

export function expressionAt(scope: Scope): Node {
  if (++scope.depth > DEPTH_MAX) wrong(scope.scanner, 'the expression is nested too deeply');
  const found = eitherAt(scope);
  scope.depth--;
  return found;
}

export function listAt(scope: Scope): Node[] {
  const items: Node[] = [];
  do items.push(expressionAt(scope));
  while (sign(scope.scanner, ','));
  return items;
}

function eitherAt(scope: Scope): Node {
  const parts = [exclusiveAt(scope)];
  while (word(scope.scanner, 'or')) parts.push(exclusiveAt(scope));
  return parts.length === 1 ? parts[0]! : call('or', ...parts);
}

function exclusiveAt(scope: Scope): Node {
  let left = bothAt(scope);
  for (let i = 0; word(scope.scanner, 'xor'); i++) left = chained(scope, i, call('xor', left, bothAt(scope)));
  return left;
}

function bothAt(scope: Scope): Node {
  const parts = [notAt(scope)];
  while (word(scope.scanner, 'and')) parts.push(notAt(scope));
  return parts.length === 1 ? parts[0]! : call('and', ...parts);
}

function notAt(scope: Scope): Node {
  let negations = 0;
  while (word(scope.scanner, 'not') || bang(scope.scanner)) negations++;
  const found = predicateAt(scope);
  return negations % 2 === 0 ? found : call('not', found);
}

const bang = (scanner: Scope['scanner']): boolean => {
  skip(scanner);
  return scanner.text[scanner.at + 1] !== '=' && sign(scanner, '!');
};

const COMPARISONS = ['<=>', '<>', '!=', '<=', '>=', '==', '=', '<', '>'];
const SAME: Readonly<Record<string, string>> = { '<>': '!=', '==': '=' };

function predicateAt(scope: Scope): Node {
  const { scanner } = scope;
  let left = sumAt(scope);
  for (let i = 0; ; i++) {
    const found = COMPARISONS.find((signs) => sign(scanner, signs));
    if (found) left = chained(scope, i, call(SAME[found] ?? found, left, sumAt(scope)));
    else {
      const next = wordPredicateAt(scope, left);
      if (!next) return left;
      left = chained(scope, i, next);
    }
  }
}

/** `[not] in`, `[not] between`, `[not] like`, `[not] rlike`, `is [not] null`; undefined where there is none. */
function wordPredicateAt(scope: Scope, left: Node): Node | undefined {
  const { scanner } = scope;
  if (word(scanner, 'is')) return isAt(scope, left);
  const start = scanner.at;
  const negated = word(scanner, 'not');
  const name = peekWord(scanner);
  const known = Object.hasOwn(PREDICATES, name) ? PREDICATES[name] : undefined;
  if (!known || !word(scanner, name)) {
    scanner.at = start;
    return undefined;
  }
  const found = known(scope, left);
  return negated ? call('not', found) : found;
}

function isAt({ scanner }: Scope, left: Node): Node {
  const negated = word(scanner, 'not');
  const name = ['null', 'true', 'false'].find((each) => word(scanner, each)) ?? wrong(scanner);
  const test = name === 'null' ? call('isnull', left) : call('<=>', left, literal(name === 'true'));
  return negated ? call('not', test) : test;
}

const like = (name: string) => (scope: Scope, left: Node) => call(name, left, sumAt(scope));

const PREDICATES: Readonly<Record<string, (scope: Scope, left: Node) => Node>> = {
  in: memberAt,
  between: (scope, left) => {
    const from = sumAt(scope);
    if (!word(scope.scanner, 'and')) wrong(scope.scanner);
    return call('and', call('>=', left, from), call('<=', left, sumAt(scope)));
  },
  like: like('like'),
  ilike: like('ilike'),
  rlike: like('rlike'),
  regexp: like('rlike'),
};

function memberAt(scope: Scope, value: Node): Node {
  const { scanner } = scope;
  if (opensSubquery(scope)) return { kind: 'within', value, query: scope.subquery() };
  need(scanner, '(');
  const items = listAt(scope);
  need(scanner, ')');
  return call('in', value, ...items);
}

/** Moves over what opens a subquery, when it is next. */
function opensSubquery({ scanner, language }: Scope): boolean {
  const start = scanner.at;
  if (language === 'ppl') return sign(scanner, '[');
  if (sign(scanner, '(') && peekWord(scanner) === 'select') return true;
  scanner.at = start;
  return false;
}

function sumAt(scope: Scope): Node {
  let left = productAt(scope);
  for (let i = 0; ; i++) {
    const found = ['||', '+', '-'].find((signs) => sign(scope.scanner, signs));
    if (!found) return left;
    left = chained(scope, i, call(found === '||' ? 'concat' : found, left, productAt(scope)));
  }
}

function productAt(scope: Scope): Node {
  let left = unaryAt(scope);
  for (let i = 0; ; i++) {
    const found = ['*', '/', '%'].find((signs) => sign(scope.scanner, signs)) ?? divAt(scope);
    if (!found) return left;
    const name = found === '/' && scope.language === 'ppl' ? 'quotient' : found;
    left = chained(scope, i, call(name, left, unaryAt(scope)));
  }
}

const divAt = ({ scanner, language }: Scope): string | undefined =>
  language === 'sql' && word(scanner, 'div') ? 'div' : undefined;

function chained(scope: Scope, count: number, node: Node): Node {
  return count < CHAIN_MAX ? node : wrong(scope.scanner, 'the expression is too long');
}

function unaryAt(scope: Scope): Node {
  if (++scope.depth > DEPTH_MAX) wrong(scope.scanner, 'the expression is nested too deeply');
  const found = sign(scope.scanner, '-')
    ? call('negative', unaryAt(scope))
    : sign(scope.scanner, '+')
      ? unaryAt(scope)
      : primaryAt(scope);
  scope.depth--;
  return found;
}

const CONSTANTS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

function primaryAt(scope: Scope): Node {
  const { scanner } = scope;
  if (++scope.nodes > NODES_MAX) wrong(scanner, 'the query has too many expressions');
  if (opensSubquery(scope)) return { kind: 'scalar', query: scope.subquery() };
  if (sign(scanner, '(')) {
    const inner = expressionAt(scope);
    need(scanner, ')');
    return inner;
  }
  const text = textAt(scope);
  if (text !== undefined) return literal(text);
  const number = numberAt(scanner);
  if (number !== undefined) return literal(number);
  const name = peekWord(scanner);
  if (Object.hasOwn(CONSTANTS, name) && word(scanner, name)) return literal(CONSTANTS[name]!);
  const special = specialAt(scope, name);
  if (special) return special;
  if (isCall(scope, name)) return callAt(scope, name);
  const field = RESERVED[scope.language].has(name) ? undefined : fieldName(scanner);
  return field === undefined ? wrong(scanner) : { kind: 'field', name: field };
}

/** Words that are no names of fields unless they are quoted. */
const OPERATORS = ['and', 'or', 'xor', 'not', 'in', 'like', 'between', 'is', 'by', 'as', 'else'];
const RESERVED: Readonly<Record<Scope['language'], ReadonlySet<string>>> = {
  ppl: new Set(OPERATORS),
  sql: new Set([
    ...[
      ...OPERATORS,
      'div',
      'select',
      'from',
      'where',
      'group',
      'having',
      'order',
      'limit',
      'on',
      'join',
      'inner',
      'left',
    ],
    ...['outer', 'cross', 'union', 'intersect', 'except', 'when', 'then', 'end', 'offset', 'sort', 'distinct'],
  ]),
};

export const isReserved = (name: string): boolean => RESERVED.sql.has(name);

/** A text in either kind of quotation marks; two marks in a row are one. */
export function textAt({ scanner }: Pick<Scope, 'scanner'>): string | undefined {
  skip(scanner);
  const mark = scanner.text[scanner.at];
  let text = quoted(scanner);
  while (text !== undefined && scanner.text[scanner.at] === mark) text += mark + quoted(scanner)!;
  return text;
}

function isCall({ scanner: { text, at } }: Scope, name: string): boolean {
  let next = at + name.length;
  while (text[next] === ' ') next++;
  return name !== '' && text[next] === '(';
}

const windowArguments = ({ language }: Scope, name: string) =>
  language === 'sql' && Object.hasOwn(WINDOW_FUNCTIONS, name) ? WINDOW_FUNCTIONS[name] : undefined;

/** `name([distinct] value, …) [over (…)]` */
function callAt(scope: Scope, name: string): Node {
  const { scanner } = scope;
  const begin = scanner.at;
  const takes = argumentsOf(name) ?? (isAggregate(name) ? aggregateArguments(name) : windowArguments(scope, name));
  if (!takes) wrong(scanner, `unknown function ${name}`);
  scanner.at += name.length;
  need(scanner, '(');
  const distinct = word(scanner, 'distinct');
  const args: Node[] = [];
  const start = scanner.at;
  if (sign(scanner, '*')) {
    if (name !== 'count' || distinct) wrong(scanner, undefined, start);
    need(scanner, ')');
  } else if (!sign(scanner, ')')) {
    args.push(...listAt(scope));
    need(scanner, ')');
  }
  if (args.length < takes[0] || args.length > takes[1]) {
    wrong(scanner, `function ${name} does not take ${args.length} arguments`, begin);
  }
  const over = scope.language === 'sql' && word(scanner, 'over') ? windowAt(scope) : undefined;
  return { kind: 'call', name, args, ...(distinct && { distinct }), ...(over && { over }) };
}
