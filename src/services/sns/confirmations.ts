/** Subscriptions that wait to be confirmed, and those that are no more: what their endpoints are told. */
import type { Context } from '../../core/context.ts';
import type { Again, Task } from '../../core/tasks.ts';
import { sendOut } from './deliveries.ts';
import { confirmation } from './envelopes.ts';
import { removeSubscription } from './pace.ts';
import { sendToQueue } from './queues.ts';
import { expireLater, type Forget } from './tasks.ts';
import { type Subscription, subscriptionKey, subscriptions, type Topic } from './topicRows.ts';

export const TOKEN_MS = 2 * 86_400_000;
const TAKEN_A_TURN = 200;

/** Sends the token to the endpoint. */
export async function askToConfirm(ctx: Context, topic: Topic, row: Subscription): Promise<void> {
  await expireLater(ctx, row, row.created + TOKEN_MS);
  const parcel = await confirmation(ctx, topic, row, 'SubscriptionConfirmation');
  if (row.protocol === 'sqs') await sendToQueue(ctx, topic, row.endpoint, { MessageBody: parcel.envelope });
  else await sendOut(ctx, topic, row, parcel);
}

/** An endpoint that was unsubscribed by its address can be subscribed again. */
export async function tellUnsubscribed(ctx: Context, topic: Topic, row: Subscription): Promise<void> {
  const token = Buffer.from(ctx.random(128)).toString('hex');
  const again = { ...row, token, created: ctx.now.getTime() };
  await ctx.store.replace(subscriptions, again);
  await expireLater(ctx, again, again.created + TOKEN_MS);
  await sendOut(ctx, topic, again, await confirmation(ctx, topic, again, 'UnsubscribeConfirmation'));
}

export async function expire({ body }: Task<{ readonly subscription: string }>, ctx: Context): Promise<Again> {
  const key = subscriptionKey(body.subscription);
  const row = key && (await ctx.store.get(subscriptions, key));
  if (row?.token === undefined) return undefined;
  const left = row.created + TOKEN_MS - ctx.now.getTime();
  if (left > 0) return left;
  await removeSubscription(ctx.store, row);
  return undefined;
}

export async function forget({ body }: Task<Forget>, { store }: Context): Promise<Again> {
  const { rows, next } = await store.list(subscriptions, [body.topic], { limit: TAKEN_A_TURN });
  const gone = rows.filter(({ created }) => created <= body.before);
  for (const row of gone) await removeSubscription(store, row);
  return next !== undefined && gone.length > 0 ? 0 : undefined;
}
