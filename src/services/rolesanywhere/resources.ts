/** What trust anchors, profiles and CRLs have in common: they are found by id, listed, switched on and off, removed. */
import type { Context } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import { Missing, type Operation, type Tag } from '../../core/operation.ts';
import { paging } from '../../core/page.ts';
import { requestTags } from '../../core/tags.ts';
import type { Table } from '../../store/store.ts';
import { missing, refuse } from './errors.ts';
import { type AnyRow, arnOf, type Kind, type Place } from './rows.ts';
import type * as t from './types.ts';

type Row = AnyRow & { readonly tags: readonly Tag[] };

export async function find<R extends Row>(
  ctx: Context,
  kind: Kind,
  table: Table<R>,
  id: string,
  { account, region }: Place = ctx,
): Promise<R | Missing> {
  const found = await ctx.store.get(table, [account, region, id]);
  return found ?? new Missing(arnOf(kind, { account, region, id }), missing(kind));
}

export const accessTo = (kind: Kind, row: Row, conditions = {}) => ({
  resource: arnOf(kind, row),
  resourceTags: row.tags,
  conditions,
});

/** Members of every new row. */
export const newRow = ({ account, region, now, random }: Context) => ({
  account,
  region,
  id: uuid({ random }),
  created: now.toISOString(),
  updated: now.toISOString(),
});

/** The row with changes, as it is kept from now on. */
export async function changed<R extends Row>(ctx: Context, table: Table<R>, row: R, changes: Partial<R>): Promise<R> {
  const next = { ...row, ...changes, updated: ctx.now.toISOString() };
  await ctx.store.replace(table, next);
  return next;
}

const PAGE_ROWS_MAX = 1000;

const pages = paging({
  size: 'pageSize',
  standard: 50,
  token: 'nextToken',
  end: (nextToken) => (nextToken === undefined ? {} : { nextToken }),
  refuse: () => refuse('Invalid nextToken.'),
});

/** A page of the account's rows of a Region. */
export function pageOf<R>(ctx: Context, table: Table<R>, input: t.ListRequest) {
  const { pageSize } = input;
  if (pageSize !== undefined && (pageSize < 1 || pageSize > PAGE_ROWS_MAX)) refuse('Invalid pageSize.');
  return pages.rows(ctx, table, [ctx.account, ctx.region], input);
}

export const createAccess = (input: { readonly tags?: t.Tag[] | undefined }) => ({
  resource: '*',
  conditions: requestTags(input.tags?.map(({ key, value }) => ({ Key: key, Value: value }))),
});

type ById<In, Out, R> = Operation<In, Out, R>;

interface Noun<In, R extends Row, Out> {
  readonly kind: Kind;
  readonly table: Table<R>;
  readonly idOf: (input: In) => string;
  readonly answer: (row: R) => Out;
}

/** Operations that have nothing but an id for input: Get, Enable, Disable, Delete. */
export function byId<In, R extends Row, Out>(noun: Noun<In, R, Out>) {
  const { kind, table, idOf, answer } = noun;
  const operation = (run: (ctx: Context, row: R) => Promise<R>): ById<In, Out, R> => ({
    load: (input, ctx) => find(ctx, kind, table, idOf(input)),
    access: (_input, _ctx, row) => accessTo(kind, row),
    run: async (_input, ctx, row) => answer(await run(ctx, row)),
  });
  return {
    Get: operation(async (_ctx, row) => row),
    Enable: operation((ctx, row) => changed(ctx, table, row, { enabled: true } as Partial<R>)),
    Disable: operation((ctx, row) => changed(ctx, table, row, { enabled: false } as Partial<R>)),
    Delete: operation(async (ctx, row) => {
      await ctx.store.remove(table, [row.account, row.region, row.id]);
      return row;
    }),
  };
}
