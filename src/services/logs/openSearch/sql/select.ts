/** Reads a SELECT. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData_SQL.md */
import { fieldName, numberAt, peekWord, sign, skip, textSince, word, wrong } from '../../insights/scanner.ts';
import { expressionAt, isReserved, listAt } from '../expressions.ts';
import { orderAt, wordBy } from '../over.ts';
import type { Node, Ordered, Scope } from '../syntax.ts';
import { type Table, tableAt } from './tables.ts';

export type Item = { readonly node: Node; readonly name: string } | 'all';

export interface Select {
  readonly distinct: boolean;
  readonly items: readonly Item[];
  readonly table: Table;
  readonly join?: Join | undefined;
  readonly where?: Node | undefined;
  readonly group: readonly Node[];
  readonly having?: Node | undefined;
}

export interface Join {
  readonly outer: boolean;
  readonly table: Table;
  readonly on: Node;
}

export type SetOperator = 'union' | 'union all' | 'intersect' | 'except';

export interface Query {
  readonly select: Select;
  readonly further: readonly { readonly operator: SetOperator; readonly select: Select }[];
  readonly order: readonly Ordered[];
  readonly limit?: number | undefined;
  readonly offset: number;
}

/** @param nested reads a SELECT in parentheses */
export function queryAt(scope: Scope): Query {
  const { scanner } = scope;
  const select = selectAt(scope);
  const further: { operator: SetOperator; select: Select }[] = [];
  for (let operator = operatorAt(scope); operator; operator = operatorAt(scope)) {
    further.push({ operator, select: selectAt(scope) });
  }
  const order = wordBy(scope, 'order') || wordBy(scope, 'sort') ? orderAt(scope) : [];
  const limit = word(scanner, 'limit') ? wholeAt(scope) : undefined;
  const offset = limit !== undefined && word(scanner, 'offset') ? wholeAt(scope) : 0;
  if (peekWord(scanner) === 'offset') wrong(scanner, 'OFFSET is supported together with LIMIT only');
  return { select, further, order, limit, offset };
}

const LIMIT_MAX = 100_000;

function wholeAt({ scanner }: Scope): number {
  const start = scanner.at;
  const count = numberAt(scanner);
  const sound = count !== undefined && Number.isInteger(count) && count <= LIMIT_MAX;
  return sound ? count : wrong(scanner, `a whole number up to ${LIMIT_MAX} is wanted`, start);
}

function operatorAt({ scanner }: Scope): SetOperator | undefined {
  const found = (['union', 'intersect', 'except'] as const).find((name) => word(scanner, name));
  if (!found) return undefined;
  const all = word(scanner, 'all');
  if (!all) word(scanner, 'distinct');
  if (all && found !== 'union') wrong(scanner, `${found} all is not supported`);
  return all ? 'union all' : found;
}

function selectAt(scope: Scope): Select {
  const { scanner } = scope;
  if (peekWord(scanner) === 'with') wrong(scanner, 'common table expressions are not supported');
  if (!word(scanner, 'select')) wrong(scanner);
  const distinct = word(scanner, 'distinct');
  if (!distinct) word(scanner, 'all');
  const items: Item[] = [];
  do items.push(itemAt(scope));
  while (sign(scanner, ','));
  if (!word(scanner, 'from')) wrong(scanner, 'a SELECT takes a FROM with a log group');
  const table = tableAt(scope);
  if (sign(scanner, ',')) wrong(scanner, 'several log groups are named by logGroups(logGroupIdentifier: [...])');
  const join = joinAt(scope);
  if (join && joinAt(scope)) wrong(scanner, 'only one JOIN is supported in a SELECT');
  const where = word(scanner, 'where') ? expressionAt(scope) : undefined;
  const group = wordBy(scope, 'group') ? listAt(scope) : [];
  const having = word(scanner, 'having') ? expressionAt(scope) : undefined;
  return { distinct, items, table, join, where, group, having };
}

function itemAt(scope: Scope): Item {
  const { scanner } = scope;
  if (sign(scanner, '*')) return 'all';
  skip(scanner);
  const start = scanner.at;
  const node = expressionAt(scope);
  const text = textSince(scanner, start);
  const alias = aliasAt(scope);
  return { node, name: alias ?? (node.kind === 'field' ? node.name : text.replaceAll('`', '')) };
}

/** `as name`, or a name alone. */
export function aliasAt({ scanner }: Scope): string | undefined {
  if (word(scanner, 'as')) return fieldName(scanner) ?? wrong(scanner);
  skip(scanner);
  const name = peekWord(scanner);
  const next = scanner.text[scanner.at] === '`' || (name !== '' && !isReserved(name));
  return next ? fieldName(scanner) : undefined;
}

function joinAt(scope: Scope): Join | undefined {
  const { scanner } = scope;
  const name = peekWord(scanner);
  if (['join', 'cross', 'right', 'full', 'lateral'].includes(name)) {
    wrong(scanner, 'INNER JOIN or LEFT OUTER JOIN must be specified');
  }
  const outer = name === 'left';
  if (!outer && name !== 'inner') return undefined;
  scanner.at += name.length;
  if (outer) word(scanner, 'outer');
  if (!word(scanner, 'join')) wrong(scanner);
  const table = tableAt(scope);
  if (!word(scanner, 'on')) wrong(scanner, 'a JOIN takes ON');
  return { outer, table, on: expressionAt(scope) };
}
