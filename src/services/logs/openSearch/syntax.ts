/** Expressions of OpenSearch SQL and PPL as they are read, before they are made to work on rows. */
import type { Inner } from '../insights/inner.ts';
import type { Plan } from '../insights/plan.ts';
import { type Scanner, wrong } from '../insights/scanner.ts';
import type { Selection } from '../insights/selection.ts';
import type { Value } from '../insights/values.ts';

export type Node =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'field'; readonly name: string }
  | Call
  /** A row's value among those that a query returns. */
  | { readonly kind: 'within'; readonly value: Node; readonly query: Subquery }
  /** What a query returns: one value. */
  | { readonly kind: 'scalar'; readonly query: Subquery }
  | { readonly kind: 'exists'; readonly query: Subquery };

/** A function, or an operator by its sign. */
export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Node[];
  readonly distinct?: true | undefined;
  readonly over?: Window | undefined;
}

export interface Window {
  readonly partition: readonly Node[];
  readonly order: readonly Ordered[];
  /** Rows before and after each one; absent: the whole partition, or up to the row and those equal to it. */
  readonly frame?: { readonly before: number; readonly after: number } | undefined;
}

export interface Ordered {
  readonly value: Node;
  readonly descending: boolean;
  /** Where null goes. */
  readonly nullsFirst: boolean;
}

export interface Subquery {
  /** Tells it apart from others in the same query. */
  readonly number: number;
  readonly plan: Plan;
}

export const call = (name: string, ...args: readonly Node[]): Call => ({ kind: 'call', name, args });
export const literal = (value: Value): Node => ({ kind: 'value', value });

/** What is known where an expression stands. */
export interface Scope {
  readonly scanner: Scanner;
  readonly language: 'sql' | 'ppl';
  /** Reads a subquery, after what opens it, with what closes it. */
  readonly subquery: () => Subquery;
  readonly clock: { readonly started: number };
  readonly inners: Inner[];
  /** What names in subqueries have before their first dot, in lower case, where it is no name of the subquery's own. */
  readonly strangers: Set<string>;
  /** It is a subquery's. */
  readonly nested: boolean;
  depth: number;
  nodes: number;
}

/** The same for expressions that say the same. */
export const signature = (node: Node): string =>
  JSON.stringify(node, (key, value) =>
    key === 'plan' ? undefined : key === 'name' ? String(value).toLowerCase() : value,
  );

/** Calls within it, itself among them; not those of subqueries. */
export function callsIn(node: Node): Call[] {
  if (node.kind === 'within') return callsIn(node.value);
  if (node.kind !== 'call') return [];
  const inner = [...node.args, ...(node.over?.partition ?? []), ...(node.over?.order ?? []).map(({ value }) => value)];
  return [node, ...inner.flatMap(callsIn)];
}

/** Functions that only a window has, and how many values they take. */
export const WINDOW_FUNCTIONS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  row_number: [0, 0],
  rank: [0, 0],
  dense_rank: [0, 0],
  percent_rank: [0, 0],
  cume_dist: [0, 0],
  ntile: [1, 1],
  lag: [1, 3],
  lead: [1, 3],
  nth_value: [2, 2],
};

/** AWS has no joins nor subqueries with data sources. */
export function requireSimple(selection: Selection | undefined, { inners, scanner }: Scope): void {
  const selections = [selection, ...inners.map(({ plan }) => plan.selection)];
  if (inners.length === 0 || selections.every((each) => each?.sources === undefined)) return;
  wrong(scanner, 'joins and subqueries are not supported with data sources');
}

/** Names of the query around it mean nothing in a subquery. */
export function requireOwn(names: Iterable<string>, { strangers, scanner }: Scope): void {
  for (const name of names) {
    if (strangers.has(name.toLowerCase())) wrong(scanner, `correlated subqueries are not supported: ${name}`);
  }
}

/** Notes a field's name that is not one of its own source's. */
export function noteStranger(name: string, { nested, strangers }: Scope): void {
  const dot = name.indexOf('.');
  if (nested && dot > 0) strangers.add(name.slice(0, dot).toLowerCase());
}
