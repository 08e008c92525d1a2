/** What the condition of a join says: pairs of fields that must be equal, and what must be true besides. */
import { wrong } from '../insights/scanner.ts';
import { call, type Node, type Scope } from './syntax.ts';

export interface JoinCondition {
  /** Of the left and of the right side, without their aliases. */
  readonly on: readonly (readonly [string, string])[];
  readonly besides: Node | undefined;
}

export function conditionOf(node: Node, left: string, right: string, { scanner }: Scope): JoinCondition {
  const parts = node.kind === 'call' && node.name === 'and' ? node.args : [node];
  const on: (readonly [string, string])[] = [];
  const besides: Node[] = [];
  for (const part of parts) {
    const pair = pairIn(part, left, right);
    if (pair) on.push(pair);
    else besides.push(part);
  }
  if (on.length === 0) wrong(scanner, `a join needs ${left}.field = ${right}.field`);
  return { on, besides: besides.length > 0 ? call('and', ...besides) : undefined };
}

function pairIn(node: Node, left: string, right: string): readonly [string, string] | undefined {
  if (node.kind !== 'call' || node.name !== '=') return undefined;
  const [a, b] = node.args;
  if (a?.kind !== 'field' || b?.kind !== 'field') return undefined;
  const [x, y] = a.name.startsWith(`${right}.`) ? [b.name, a.name] : [a.name, b.name];
  if (!x.startsWith(`${left}.`) || !y.startsWith(`${right}.`)) return undefined;
  return [x.slice(left.length + 1), y.slice(right.length + 1)];
}
