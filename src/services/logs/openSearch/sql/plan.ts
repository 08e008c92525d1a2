/**
 * OpenSearch SQL as a plan for the stages of Logs Insights.
 * https://docs.aws.amazon.com/opensearch-service/latest/developerguide/supported-directquery-sql.html
 */
import type { Clock } from '../../insights/expressions.ts';
import type { Inner } from '../../insights/inner.ts';
import { type Plan, ROWS_STANDARD } from '../../insights/plan.ts';
import { atEnd, type Scanner, sign, wrong } from '../../insights/scanner.ts';
import { limit, sort } from '../../insights/stages.ts';
import { skip } from '../ppl/stages.ts';
import { type Ordered, requireOwn, requireSimple, type Scope, type Subquery } from '../syntax.ts';
import { inOrder } from '../values.ts';
import { type Built, built } from './build.ts';
import { combined } from './combine.ts';
import { type Query, queryAt } from './select.ts';

const SPACE = /(?:\s|--[^\n]*|\/\*[\s\S]*?\*\/)*/y;

/** @throws MalformedQueryException */
export function sqlPlan(text: string, clock: Clock, limitMax = ROWS_STANDARD): Plan {
  const scanner: Scanner = { text, at: 0, space: new RegExp(SPACE) };
  const plan = planAt({ scanner, clock, count: { queries: 0 }, strangers: new Set() }, 0, limitMax);
  sign(scanner, ';');
  if (!atEnd(scanner)) wrong(scanner);
  return plan;
}

interface Options {
  readonly scanner: Scanner;
  readonly clock: Clock;
  readonly count: { queries: number };
  readonly strangers: Set<string>;
}

function planAt(options: Options, depth: number, limitMax: number): Plan {
  const { scanner, clock, count, strangers } = options;
  const nested = depth > 0;
  const inners: Inner[] = [];
  const subquery = (): Subquery => {
    if (nested) wrong(scanner, 'only one level of nested subqueries is supported');
    const plan = planAt(options, depth + 1, Number.POSITIVE_INFINITY);
    if (!sign(scanner, ')')) wrong(scanner);
    return { number: count.queries++, plan };
  };
  const state = { inners, strangers, nested, depth: 0, nodes: 0 };
  const scope: Scope = { scanner, language: 'sql', subquery, clock, ...state };
  const query = queryAt(scope);
  const first = built(query.select, query.further.length === 0 ? query.order : [], scope);
  const last = combined(first, query.further, scope);
  requireSimple(last.table.selection, scope);
  if (!nested) requireOwn(aliasesIn(query), scope);
  return finished(query, last, { inners, limitMax, nested });
}

const aliasesIn = ({ select, further }: Query): string[] =>
  [select, ...further.map((each) => each.select)].flatMap(({ table, join }) => [
    table.alias,
    ...(join ? [join.table.alias] : []),
  ]);

interface Ending {
  readonly inners: readonly Inner[];
  readonly limitMax: number;
  readonly nested: boolean;
}

function finished(query: Query, made: Built, { inners, limitMax, nested }: Ending): Plan {
  const { limit: most = limitMax, offset } = query;
  const stages = [...made.stages];
  const byTime = made.oldestFirst !== undefined;
  if (query.order.length > 0 && !byTime) stages.push(sort(keysOf(query.order, made), most + offset));
  if (offset > 0) stages.push(skip(offset));
  stages.push(limit(most));
  if (nested) stages.push(made.narrow);
  return {
    selection: made.table.selection,
    stages,
    columns: made.names,
    output: made.output,
    first: made.first,
    ofEvents: false,
    oldestFirst: made.oldestFirst ?? made.aggregated,
    statsCount: made.aggregated ? 1 : 0,
    rowsMax: most,
    wanted: made.table.wanted,
    hints: made.hints,
    lookups: [],
    inners,
    unmasks: false,
    estimates: false,
    standardOnly: 'OpenSearch SQL',
  };
}

const keysOf = (order: readonly Ordered[], made: Built) =>
  order.map(({ descending, nullsFirst, value }, i) => ({
    value: made.orderValue(value, i),
    descending: false,
    order: (a: Parameters<typeof inOrder>[0], b: Parameters<typeof inOrder>[0]) => {
      if (a === null || b === null) return a === b ? 0 : (a === null) === nullsFirst ? -1 : 1;
      return descending ? inOrder(b, a) : inOrder(a, b);
    },
  }));
