/**
 * Pages over several lists one after another (own policies then AWS's; users, then groups, then roles), some of whose
 * items the caller did not ask for. A page is filled before it is answered: an empty page means that there is no more.
 */
import { InvalidInputException } from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import type { Key, Table } from '../../store/store.ts';
import type { PageEnd, PageInput } from './pages.ts';

/** At most `limit` items of a list after a cursor; `next` when there is more. */
export type Stage<T> = (after: string | undefined, limit: number) => Promise<Batch<T>>;
interface Batch<T> {
  readonly items: readonly T[];
  readonly next?: string | undefined;
}

/** A page over all stages in order. `isAsked` drops items; without it all count. */
export async function walk<T>(
  stages: readonly Stage<T>[],
  input: PageInput,
  isAsked: (item: T) => Promise<boolean> | boolean = () => true,
): Promise<{ readonly items: T[]; readonly page: PageEnd }> {
  const limit = input.MaxItems ?? 100;
  const items: T[] = [];
  let { stage, after } = positionIn(input.Marker);
  while (stage < stages.length && items.length < limit) {
    const batch = await stages[stage]!(after, limit - items.length);
    for (const item of batch.items) if (await isAsked(item)) items.push(item);
    after = batch.next;
    if (after === undefined) stage++;
  }
  if (stage >= stages.length) return { items, page: { IsTruncated: false } };
  return { items, page: { IsTruncated: true, Marker: tokenOf(`${stage} ${after ?? ''}`) } };
}

function positionIn(marker: string | undefined): { stage: number; after: string | undefined } {
  if (marker === undefined) return { stage: 0, after: undefined };
  const [, stage, after] =
    /^(\d+) (.*)$/s.exec(cursorOf(marker) ?? '') ?? fail(InvalidInputException, 'Invalid Marker.');
  return { stage: Number(stage), after: after === '' ? undefined : after };
}

/** Rows of a table as a stage. */
export function rowsStage<R, T>(
  ctx: Context,
  table: Table<R>,
  prefix: Key,
  options: { readonly index?: string; readonly startsWith?: string },
  itemOf: (row: R) => T,
): Stage<T> {
  return async (after, limit) => {
    const { rows, next } = await ctx.store.list(table, prefix, { limit, after, ...options });
    return { items: rows.map(itemOf), next };
  };
}

/** A list in memory as a stage. */
export function listStage<T>(list: readonly T[]): Stage<T> {
  return async (after, limit) => {
    const from = Number(after ?? 0) || 0;
    const to = from + limit;
    return { items: list.slice(from, to), next: to < list.length ? String(to) : undefined };
  };
}
