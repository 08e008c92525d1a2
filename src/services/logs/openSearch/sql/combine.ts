/** `UNION [ALL]`, `INTERSECT`, `EXCEPT`: the second query is answered first, and kept. */
import type { Evaluate } from '../../insights/expressions.ts';
import { collector } from '../../insights/inner.ts';
import type { Row } from '../../insights/records.ts';
import { wrong } from '../../insights/scanner.ts';
import { handOn, type Stage } from '../../insights/stages.ts';
import { readingOf } from '../ppl/join.ts';
import type { Node, Scope } from '../syntax.ts';
import { said } from '../values.ts';
import { type Built, built } from './build.ts';
import type { Query, SetOperator } from './select.ts';

export function combined(first: Built, further: Query['further'], scope: Scope): Built {
  if (further.length === 0) return first;
  const { scanner } = scope;
  const stages = [...first.stages];
  for (const { operator, select } of further) {
    const other = built(select, [], scope);
    if (!first.values || !other.values) wrong(scanner, `${operator} needs columns, not *`);
    if (first.values.length !== other.values.length) wrong(scanner, `${operator} needs as many columns on both sides`);
    stages.push(setStage(operator, { mine: first.values, theirs: other.values }, other, scope));
  }
  const orderValue = (node: Node): Evaluate => {
    const index =
      node.kind === 'value'
        ? Number(node.value) - 1
        : first.names.findIndex((name) => node.kind === 'field' && name.toLowerCase() === node.name.toLowerCase());
    return first.values?.[index] ?? wrong(scanner, 'ORDER BY takes columns of the first SELECT here');
  };
  return { ...first, stages, oldestFirst: undefined, orderValue };
}

interface Sides {
  readonly mine: readonly Evaluate[];
  readonly theirs: readonly Evaluate[];
}

const keyOf = (reads: readonly Evaluate[], row: Row): string =>
  JSON.stringify(reads.map((read) => said(read(row)) ?? null));

function setStage(operator: SetOperator, { mine, theirs }: Sides, other: Built, scope: Scope): Stage {
  const kept: Row[] = [];
  const keys = new Set<string>();
  const collect = collector((row, budget) => {
    const key = keyOf(theirs, row);
    budget.take(4 * key.length + 300);
    keys.add(key);
    if (operator.startsWith('union')) kept.push({ made: row.made });
  });
  const { selection, wanted } = other.table;
  const plan = { ...readingOf(selection), wanted, stages: other.stages };
  scope.inners.push({ plan, collect });
  return (next, budget) => {
    const seen = new Set<string>();
    const push = (row: Row): boolean => {
      if (operator === 'union all') return next.push(row);
      const key = keyOf(mine, row);
      const wantedHere = operator === 'union' || keys.has(key) === (operator === 'intersect');
      if (!wantedHere || seen.has(key)) return true;
      budget.take(2 * key.length + 60);
      seen.add(key);
      return next.push(row);
    };
    return {
      push,
      async end() {
        await handOn(kept, push, budget);
        await next.end();
      },
    };
  };
}
