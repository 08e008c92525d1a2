/** What a batch of events leaves to be done for who subscribes: a task for each, in the write set that keeps it. */
import type { Context } from '../../../core/context.ts';
import { later } from '../../../core/tasks.ts';
import type { LogGroup } from '../groupRows.ts';
import type { Segment } from '../segments.ts';
import { accountFilterOf } from './accountFilter.ts';
import { FILTERS_MAX, FORWARD, type Owed, subscriptionFilters } from './rows.ts';

/** Groups without filters cost a look at the row of the account's policy. */
export async function subscribe(ctx: Context, group: LogGroup, row: Segment): Promise<void> {
  if (group.class !== 'STANDARD') return;
  if (await accountFilterOf(ctx, group)) await owe(ctx, group, row, undefined);
  if (!group.subscriptionFilters) return;
  const { rows } = await ctx.store.list(subscriptionFilters, [group.id], { limit: FILTERS_MAX });
  for (const { name } of rows) await owe(ctx, group, row, name);
}

/** Events of a stream go to a filter in the order in which they came. */
async function owe(ctx: Context, { account, region }: LogGroup, row: Segment, filter: string | undefined) {
  const { group, stream, level, first, id } = row;
  const body: Owed = { group, stream, level, first, id, filter };
  const lane = `${FORWARD} ${group} ${stream} ${filter ?? ''}`;
  await later(ctx, { kind: FORWARD, lane, account, region, body });
}
