/** ``[inner|left [outer]] join left = a[,] right = b on a.x = b.y [and …] `group` `` */
import { joining } from '../../insights/join.ts';
import type { Plan } from '../../insights/plan.ts';
import { fieldName, sign, word, wrong } from '../../insights/scanner.ts';
import { nameAt } from '../../insights/selection.ts';
import { truth } from '../../insights/values.ts';
import { expressionAt } from '../expressions.ts';
import { conditionOf } from '../joins.ts';
import { evaluate, type Pipe } from './pipe.ts';

export function joinAt(pipe: Pipe): void {
  const { scanner, inners } = pipe.scope;
  if (word(scanner, 'cross')) wrong(scanner, 'a join is inner or left outer');
  const outer = !word(scanner, 'inner') && word(scanner, 'left');
  if (outer) word(scanner, 'outer');
  if (!word(scanner, 'join')) wrong(scanner);
  if (pipe.joined !== undefined) wrong(scanner, 'only one join command is supported in a query');
  const left = aliasAt(pipe, 'left');
  sign(scanner, ',');
  const right = aliasAt(pipe, 'right');
  if (left === right) wrong(scanner, 'a join needs two aliases');
  if (!word(scanner, 'on')) wrong(scanner);
  pipe.joined = right;
  pipe.qualifiers.add(left).add(right);
  const { on, besides } = conditionOf(expressionAt(pipe.scope), left, right, pipe.scope);
  const holds = besides && evaluate(pipe, besides);
  const options = { outer, left, right, holds: holds && ((row: Parameters<typeof holds>[0]) => truth(holds(row))) };
  const { inner, stage } = joining(sourceOf(pipe), on, options);
  inners.push(inner);
  pipe.stages.push(stage);
}

function aliasAt({ scope: { scanner } }: Pipe, side: string): string {
  if (!word(scanner, side) || !sign(scanner, '=')) wrong(scanner, `a join needs ${side} = alias`);
  return fieldName(scanner) ?? wrong(scanner);
}

function sourceOf({ scope: { scanner } }: Pipe): Plan {
  if (sign(scanner, '[')) wrong(scanner, 'subqueries on the right side of a join are not supported');
  const selection = { names: [nameAt(scanner)], prefixes: [], classes: ['STANDARD'], accounts: [], tags: [] };
  return readingOf(selection);
}

/** Every event of a source. */
export const readingOf = (selection: Plan['selection']): Plan => ({
  selection,
  stages: [],
  columns: [],
  ofEvents: false,
  oldestFirst: false,
  statsCount: 0,
  rowsMax: Number.POSITIVE_INFINITY,
  wanted: [],
  lookups: [],
  inners: [],
  unmasks: false,
  estimates: false,
});
