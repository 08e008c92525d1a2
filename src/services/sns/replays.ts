/**
 * Replays: a subscription goes through its topic's archive from a time on. While it does, it gets nothing else: what is
 * published meanwhile is in the archive too. When it has caught up it gets messages as they come, and those that a line
 * still holds though the replay has delivered them are left out. With an ending point it stops there and pauses: where
 * that is yet to come, messages come as they are until then.
 * https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-subscriber.html
 */
import { ReplayLimitExceededException } from '@aws-sdk/client-sns';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import { quota } from '../../core/quotas.ts';
import { type Again, later, type Task } from '../../core/tasks.ts';
import { archivedMessages, beginningOf, placeOf, timeOf } from './archive.ts';
import { parcels } from './envelopes.ts';
import { refuse } from './errors.ts';
import { deliverToQueue } from './fanOut.ts';
import { passes } from './filterPolicies.ts';
import { measure, tally } from './measures.ts';
import { openArchived } from './published.ts';
import { isRunning } from './replayStates.ts';
import { REPLAY, type Replaying } from './tasks.ts';
import {
  type Replay,
  type Subscription,
  subscriptionArn,
  subscriptionKey,
  subscriptions,
  type Topic,
  topicKey,
  topics,
} from './topicRows.ts';

const REPLAYS_MAX = 100;
const MESSAGES_A_TURN = 20;
const UNCONFIRMED_MS = 60_000;

interface ReplayPolicy {
  readonly StartingPoint: string;
  readonly EndingPoint?: string;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;

function policyIn(text: string): ReplayPolicy {
  let policy: Record<string, unknown>;
  try {
    policy = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return refuse('ReplayPolicy: failed to parse JSON.');
  }
  const { PointType, StartingPoint, EndingPoint, ...rest } = policy ?? {};
  if (PointType !== 'Timestamp') refuse('ReplayPolicy: PointType must be Timestamp');
  if (Object.keys(rest).length > 0) refuse(`ReplayPolicy: unknown member ${Object.keys(rest)[0]}`);
  return {
    StartingPoint: point('StartingPoint', StartingPoint),
    ...(EndingPoint !== undefined && { EndingPoint: point('EndingPoint', EndingPoint) }),
  };
}

function point(name: string, value: unknown): string {
  if (typeof value === 'string' && TIME.test(value) && !Number.isNaN(Date.parse(value))) return value;
  return refuse(`ReplayPolicy: ${name} must be a timestamp in ISO 8601 format`);
}

/** The subscription with its policy's replay begun. @throws InvalidParameter, ReplayLimitExceeded */
export async function withReplay(ctx: Context, topic: Topic, row: Subscription, text: string): Promise<Subscription> {
  const policy = policyIn(text);
  if (!topic.archive) refuse('ReplayPolicy: the topic does not have an ArchivePolicy');
  const from = Date.parse(policy.StartingPoint);
  const end = policy.EndingPoint === undefined ? undefined : Date.parse(policy.EndingPoint);
  const now = ctx.now.getTime();
  if (from < beginningOf(topic.archive, ctx.now)) {
    refuse('ReplayPolicy: StartingPoint must not be before the BeginningArchiveTime of the topic');
  }
  if (from > now) refuse('ReplayPolicy: StartingPoint must not be in the future');
  if (end !== undefined && end <= from) refuse('ReplayPolicy: EndingPoint must be after StartingPoint');
  const max = quota(ctx, 'ReplaysPerAccount', REPLAYS_MAX);
  if (
    !isRunning(row.replay) &&
    !(await ctx.store.fits(subscriptions, [topic.account, topic.region], max, 'replaying'))
  ) {
    fail(ReplayLimitExceededException, 'Replay limit exceeded');
  }
  const replay: Replay = { id: uuid(ctx), status: 'Pending', at: placeOf(from), ...(end !== undefined && { end }) };
  const { account, region } = topic;
  const body: Replaying = { subscription: subscriptionArn(row), replay: replay.id };
  await later<Replaying>(ctx, { kind: REPLAY, account, region, body });
  return { ...row, replay };
}

/** A turn of a replay. */
export async function replaySome({ body }: Task<Replaying>, ctx: Context): Promise<Again> {
  const row = await ctx.store.get(subscriptions, subscriptionKey(body.subscription)!);
  const topic = row && (await ctx.store.get(topics, topicKey(row.topic)!));
  if (!topic || row.replay?.id !== body.replay || !isRunning(row.replay)) return undefined;
  if (row.token !== undefined) return UNCONFIRMED_MS; // Nobody has confirmed it yet.
  const end = (status: Replay['status'], at: string) =>
    ctx.store.replace(subscriptions, { ...row, replay: { ...row.replay!, status, at } });
  const { replay } = row;
  if (!topic.archive) {
    await end('Failed', replay.at);
    return undefined;
  }
  const page = { limit: MESSAGES_A_TURN, from: replay.at };
  const { rows, next } = await ctx.store.list(archivedMessages, [topic.archive.id], page);
  let at = replay.at;
  for (const { position, kept } of rows) {
    if (position === at) continue;
    if (replay.end !== undefined && timeOf(position) >= replay.end) {
      await end('Completed', at);
      return undefined;
    }
    if (!(await replayOne(ctx, topic, row, kept))) {
      await end('Failed', at);
      return undefined;
    }
    at = position;
  }
  await end(next === undefined ? 'Completed' : 'In progress', at);
  return next === undefined ? undefined : 0;
}

/** False where the message cannot be opened: KMS refuses its key to SNS. */
async function replayOne(ctx: Context, topic: Topic, row: Subscription, kept: string): Promise<boolean> {
  const message = await openArchived(ctx, topic, kept);
  if (!message) return false;
  if (!passes(row, message)) return true;
  const replayed = { ...message, replayed: true };
  const parcelFor = await parcels(ctx, topic, replayed);
  const parcel = parcelFor(row);
  const taken = parcel !== undefined && (await deliverToQueue(ctx, topic, row, replayed, parcel));
  measure(ctx, topic, [
    tally(taken ? 'NumberOfReplayedNotificationsDelivered' : 'NumberOfReplayedNotificationsFailed'),
  ]);
  return true;
}
