/** What a condition says that an index may know: fields that equal a text or a number, or one of several. */
import type { Wanted } from '../insights/filterIndex.ts';
import type { Value } from '../insights/values.ts';
import type { Node } from './syntax.ts';

/** Of conditions that all must be true; what begins with an alias is no field's name. */
export const hintsIn = (node: Node, aliases: Iterable<string>): Wanted[] =>
  conditionsIn(node).filter(({ field }) => {
    const name = field.toLowerCase();
    return ![...aliases].some((alias) => name.startsWith(`${alias.toLowerCase()}.`));
  });

function conditionsIn(node: Node): Wanted[] {
  if (node.kind !== 'call') return [];
  if (node.name === 'and') return node.args.flatMap(conditionsIn);
  const [first, ...rest] = node.args;
  if ((node.name !== '=' && node.name !== 'in') || first?.kind !== 'field' || rest.length === 0) return [];
  const values = rest.map((each) => (each.kind === 'value' ? each.value : null));
  return values.every(isTold) ? [{ field: first.name, values }] : [];
}

/** Indexes know scalars, and truth as a number. */
const isTold = (value: Value): boolean =>
  typeof value === 'number' || (typeof value === 'string' && !/^(?:true|false|\s*[[{])/.test(value));
