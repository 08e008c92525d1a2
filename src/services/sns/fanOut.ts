/**
 * From a message to its subscribers, a page of them in each write set. A queue gets it at once, in SNS's name and on
 * behalf of the topic; whoever is outside gets a task of its own, which is tried again when it fails.
 */
import type { Context } from '../../core/context.ts';
import { type Again, later, type Task } from '../../core/tasks.ts';
import { sendOut } from './deliveries.ts';
import { oweRecord } from './deliveryStreams.ts';
import { type Parcel, parcels } from './envelopes.ts';
import { passes } from './filterPolicies.ts';
import { measure, tally } from './measures.ts';
import { openMessage, type Published } from './published.ts';
import { deadLetter, sendToQueue } from './queues.ts';
import { leftToReplay } from './replayStates.ts';
import { logStatus } from './statusLogs.ts';
import { FAN_OUT, type FanOut } from './tasks.ts';
import { type Subscription, subscriptions, type Topic, topicArn, topicKey, topics } from './topicRows.ts';

const SUBSCRIBERS_A_TURN = 100;
/** Of content in one write set. */
const BYTES_A_TURN = 4_194_304;

export async function fanOut({ body }: Task<FanOut>, ctx: Context): Promise<Again> {
  const topic = await ctx.store.get(topics, topicKey(body.topic)!);
  if (!topic) return undefined;
  const next = await serve(ctx, topic, openMessage(ctx, body.sealed), body.after);
  if (next !== undefined) await later<FanOut>(ctx, { kind: FAN_OUT, body: { ...body, after: next } });
  return undefined;
}

/** Serves a page of subscribers; where the next one begins. */
export async function serve(
  ctx: Context,
  topic: Topic,
  message: Published,
  after: string | undefined,
): Promise<string | undefined> {
  const limit = Math.max(1, Math.min(SUBSCRIBERS_A_TURN, Math.floor(BYTES_A_TURN / (message.body.length + 1024))));
  const page = { index: 'status', limit, after };
  const { rows, next } = await ctx.store.list(subscriptions, [topicArn(topic), 'confirmed'], page);
  const parcelFor = await parcels(ctx, topic, message);
  const told = {
    NumberOfNotificationsDelivered: 0,
    NumberOfNotificationsFailed: 0,
    NumberOfNotificationsFilteredOut: 0,
  };
  for (const row of rows) {
    // Of a topic of the same name that was deleted before.
    if (row.created < topic.created) continue;
    if (leftToReplay(row, message.archived)) continue;
    if (!passes(row, message)) {
      told.NumberOfNotificationsFilteredOut++;
      continue;
    }
    const parcel = parcelFor(row);
    if (!parcel) told.NumberOfNotificationsFailed++;
    else if (row.protocol === 'firehose') await oweRecord(ctx, topic, row, message, parcel);
    else if (row.protocol !== 'sqs') await sendOut(ctx, topic, row, parcel);
    else if (await deliverToQueue(ctx, topic, row, message, parcel)) told.NumberOfNotificationsDelivered++;
    else told.NumberOfNotificationsFailed++;
  }
  measure(
    ctx,
    topic,
    Object.entries(told).flatMap(([name, count]) => (count > 0 ? [tally(name, count)] : [])),
  );
  return next;
}

/** Whether the queue took it. */
export async function deliverToQueue(
  ctx: Context,
  topic: Topic,
  row: Subscription,
  message: Published,
  parcel: Parcel,
): Promise<boolean> {
  const raw = row.attributes.RawMessageDelivery === 'true';
  const fifoQueue = row.endpoint.endsWith('.fifo');
  const input = {
    MessageBody: raw ? parcel.text : parcel.envelope,
    ...(raw && { MessageAttributes: sqsAttributes(message) }),
    ...(message.trace !== undefined && {
      MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: message.trace } },
    }),
    ...(message.group !== undefined && fifoQueue === topic.fifo && { MessageGroupId: message.group }),
    ...(fifoQueue && { MessageDeduplicationId: message.deduplication }),
  };
  const { taken, ...answer } = await sendToQueue(ctx, topic, row.endpoint, input);
  const { id, time } = message;
  const about = { message: { id, text: parcel.text, time }, destination: row.endpoint };
  await logStatus(ctx, topic, { protocol: 'SQS', ...about, delivered: taken, ...answer });
  if (!taken) await deadLetter(ctx, topic, row, input);
  return taken;
}

const REPLAYED = { Replayed: { DataType: 'String', StringValue: 'true' } };

function sqsAttributes({ attributes = {}, replayed }: Published) {
  const entries = Object.entries(attributes).map(([name, { bytes, DataType, StringValue }]) => [
    name,
    // A list of strings is text to SQS.
    bytes === undefined ? { DataType, StringValue } : { DataType, BinaryValue: Buffer.from(bytes, 'base64') },
  ]);
  return { ...Object.fromEntries(entries), ...(replayed && REPLAYED) };
}
