/** `maxReceivesPerSecond`: deliveries to an endpoint that is protected so start one after the other. */
import type { Context } from '../../core/context.ts';
import { type Transaction, table } from '../../store/store.ts';
import { type Subscription, subscriptionArn, subscriptions } from './topicRows.ts';

/** When the next delivery may start, in milliseconds. */
const paces = table<{ readonly subscription: string; readonly next: number }>('sns_pace', {
  key: ({ subscription }) => [subscription],
});

/** When this delivery may start; undefined: at once. */
export async function pacedStart(
  ctx: Context,
  row: Subscription,
  perSecond: number | undefined,
): Promise<number | undefined> {
  if (perSecond === undefined) return undefined;
  const subscription = subscriptionArn(row);
  const before = await ctx.store.get(paces, [subscription]);
  const start = Math.max(ctx.now.getTime(), before?.next ?? 0);
  await ctx.store.replace(paces, { subscription, next: start + 1000 / perSecond });
  return start;
}

/** A subscription ends, and its pace. */
export async function removeSubscription(store: Transaction, row: Subscription): Promise<void> {
  await store.remove(subscriptions, subscriptions.key(row));
  await store.remove(paces, [subscriptionArn(row)]);
}
