/** Aggregates within expressions: each is worked out once for a group, whatever is made of it. */
import type { Aggregates, Evaluate } from '../insights/expressions.ts';
import { aggregateOf, isAggregate } from './aggregates.ts';
import type { Compiling } from './compile.ts';
import { type Call, type Node, signature } from './syntax.ts';

export const isAggregateCall = (node: Node): node is Call =>
  node.kind === 'call' && node.over === undefined && isAggregate(node.name);

export interface Aggregating {
  readonly aggregates: Aggregates;
  /** An aggregate's result in the group that is being told. */
  readonly known: (node: Node) => Evaluate | undefined;
}

/** `of`: where the aggregates' own values are read. */
export function aggregating(of: Compiling): Aggregating {
  const aggregates: Aggregates = { makers: [], results: [] };
  const places = new Map<string, number>();
  return {
    aggregates,
    known(node) {
      if (!isAggregateCall(node)) return undefined;
      const key = signature(node);
      const place = places.get(key) ?? aggregates.makers.push(aggregateOf(node, of)) - 1;
      places.set(key, place);
      return () => aggregates.results[place] ?? null;
    },
  };
}
