/** `over (partition by … order by … rows between …)`, and the keys of an order. */

import { need, numberAt, sign, word, wrong } from '../insights/scanner.ts';
import { expressionAt, listAt } from './expressions.ts';
import type { Ordered, Scope, Window } from './syntax.ts';

export function windowAt(scope: Scope): Window {
  const { scanner } = scope;
  need(scanner, '(');
  const partition = wordBy(scope, 'partition') ? listAt(scope) : [];
  const order = wordBy(scope, 'order') ? orderAt(scope) : [];
  const frame = word(scanner, 'rows') ? frameAt(scope) : undefined;
  need(scanner, ')');
  return { partition, order, ...(frame && { frame }) };
}

/** Moves over `order by` and the like, when it is next. */
export function wordBy({ scanner }: Scope, name: string): boolean {
  if (!word(scanner, name)) return false;
  return word(scanner, 'by') || wrong(scanner);
}

/** `value [asc|desc] [nulls first|last], …`: null first where it ascends, as Spark has it. */
export function orderAt(scope: Scope): Ordered[] {
  const { scanner } = scope;
  const keys: Ordered[] = [];
  do {
    const value = expressionAt(scope);
    const descending = word(scanner, 'desc');
    if (!descending) word(scanner, 'asc');
    const nullsFirst = word(scanner, 'nulls') ? nullsAt(scope) : !descending;
    keys.push({ value, descending, nullsFirst });
  } while (sign(scanner, ','));
  return keys;
}

function nullsAt({ scanner }: Scope): boolean {
  if (word(scanner, 'first')) return true;
  return word(scanner, 'last') ? false : wrong(scanner);
}

/** What a frame may look at around each row. */
const FRAME_MAX = 100;

function frameAt(scope: Scope): { before: number; after: number } {
  const { scanner } = scope;
  const two = word(scanner, 'between');
  const from = edgeAt(scope);
  if (two && !word(scanner, 'and')) wrong(scanner);
  const to = two ? edgeAt(scope) : 0;
  if (from > to) wrong(scanner, 'a frame ends before it begins');
  return { before: -from, after: to };
}

/** Rows from the current one on: negative for those before. */
function edgeAt({ scanner }: Scope): number {
  if (word(scanner, 'current')) return word(scanner, 'row') ? 0 : wrong(scanner);
  const unbounded = word(scanner, 'unbounded');
  const start = scanner.at;
  const count = unbounded ? Number.POSITIVE_INFINITY : (numberAt(scanner) ?? wrong(scanner));
  if (!unbounded && (!Number.isInteger(count) || count > FRAME_MAX)) {
    wrong(scanner, `a frame takes up to ${FRAME_MAX} rows`, start);
  }
  if (word(scanner, 'preceding')) return -count;
  return word(scanner, 'following') ? count : wrong(scanner);
}
