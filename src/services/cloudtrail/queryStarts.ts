/** A query that is kept and owed, whoever asked for it. */
import type { Context } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import { later } from '../../core/tasks.ts';
import { type Query, queries } from './lakeRows.ts';
import { resultsId } from './queryResults.ts';
import { keysFor } from './storeKeys.ts';

export const KIND = 'cloudtrail.query';
const KEPT_MS = 7 * 86_400_000;
const FORGOTTEN_AT_ONCE = 5;

type Asked = Pick<Query, 'store' | 'statement' | 'alias' | 'refresh' | 'delivery'>;

export async function keepQuery(ctx: Context, asked: Asked): Promise<Query> {
  await forgetOld(ctx);
  const { account, region } = ctx;
  const keys = await keysFor(ctx, asked.statement);
  const query: Query = {
    ...{ ...asked, id: uuid(ctx), account, region, status: 'QUEUED', created: ctx.now.getTime() },
    ...(keys && { keys }),
  };
  await ctx.store.insert(queries, query);
  await later<readonly string[]>(ctx, { kind: KIND, id: query.id, body: queries.key(query) });
  return query;
}

async function forgetOld(ctx: Context): Promise<void> {
  const { rows } = await ctx.store.list(queries, ['created'], { limit: FORGOTTEN_AT_ONCE, index: 'created' });
  for (const query of rows) {
    if (query.created >= ctx.now.getTime() - KEPT_MS) break;
    for (let page = 0; page < (query.pages ?? 0); page++) ctx.store.dropBytes(resultsId(query, page));
    await ctx.store.remove(queries, queries.key(query));
  }
}
