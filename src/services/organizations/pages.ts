/** Lists of Organizations: `MaxResults` up to 20, `NextToken`. */
import type { Context } from '../../core/context.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import { everyRow } from '../../store/everyRow.ts';
import type { Key, Page, Table } from '../../store/store.ts';
import { invalid } from './refusals.ts';

export interface Paged {
  readonly NextToken?: string | undefined;
  readonly MaxResults?: number | undefined;
}

const LIMIT = 20;

export const limitOf = (input: Paged) => input.MaxResults ?? LIMIT;

export function afterOf(input: Paged): string | undefined {
  if (input.NextToken === undefined) return undefined;
  return cursorOf(input.NextToken) ?? invalid('INVALID_NEXT_TOKEN');
}

export const nextToken = (next: string | undefined) => (next === undefined ? {} : { NextToken: tokenOf(next) });

/** One page of a table, or of one of its indexes. */
export const pageOf = <R>(ctx: Context, table: Table<R>, prefix: Key, input: Paged, index?: string): Promise<Page<R>> =>
  ctx.store.list(table, prefix, { limit: limitOf(input), after: afterOf(input), ...(index && { index }) });

/** One page of several lists, one after the other. The cursor says which list it is in. */
export async function pageOfStages<T>(
  stages: readonly ((limit: number, after: string | undefined) => Promise<Page<T>>)[],
  input: Paged,
): Promise<Page<T>> {
  const [, stage = '0', cursor = ''] = /^(\d):(.*)$/s.exec(afterOf(input) ?? '0:') ?? invalid('INVALID_NEXT_TOKEN');
  const limit = limitOf(input);
  const rows: T[] = [];
  for (let i = Number(stage), after = cursor || undefined; i < stages.length; i++, after = undefined) {
    const page = (await stages[i]?.(limit - rows.length, after)) ?? { rows: [] };
    rows.push(...page.rows);
    if (page.next !== undefined) return { rows, next: `${i}:${page.next}` };
    if (rows.length === limit && i + 1 < stages.length) return { rows, next: `${i + 1}:` };
  }
  return { rows };
}

/** Removes every row of a list. */
export async function removeAll<R>(ctx: Context, table: Table<R>, prefix: Key): Promise<void> {
  for await (const row of everyRow(ctx.store, table, prefix)) await ctx.store.remove(table, table.key(row));
}
