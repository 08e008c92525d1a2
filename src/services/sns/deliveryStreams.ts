/**
 * Messages to delivery streams of Firehose, as records, in the role that the subscription names: assumed as SNS, on
 * behalf of the topic. Each is a task: what Firehose cannot take now is tried again for 23 days, what it refuses goes
 * to the subscription's dead-letter queue.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-firehose-as-subscriber.html
 */
import { type Context, servicePrincipal } from '../../core/context.ts';
import { putRecord } from '../../core/deliveryStreams.ts';
import { type Again, later, type Task } from '../../core/tasks.ts';
import { assumedByService } from '../../identity/serviceRoles.ts';
import { describeError } from '../../protocols/errors.ts';
import { AWS_RETRIES, delayOf } from './deliveryPolicies.ts';
import { attributesIn, type Parcel } from './envelopes.ts';
import { measure, tally } from './measures.ts';
import { openText, type Published, sealText } from './published.ts';
import { deadLetter, isAnswer } from './queues.ts';
import { type DeliveryStatus, logStatus } from './statusLogs.ts';
import { type Delivery, RECORD } from './tasks.ts';
import {
  type Subscription,
  subscriptionArn,
  subscriptionKey,
  subscriptions,
  type Topic,
  topicArn,
  topicKey,
  topics,
} from './topicRows.ts';

/** Owes a message to a stream. */
export async function oweRecord(ctx: Context, topic: Topic, row: Subscription, message: Published, parcel: Parcel) {
  const isRaw = row.attributes.RawMessageDelivery === 'true';
  const text = isRaw ? parcel.text : `${JSON.stringify(recordOf(topic, message, parcel))}\n`;
  const { account, region } = topic;
  const body: Delivery = {
    topic: topicArn(topic),
    subscription: subscriptionArn(row),
    sealed: sealText(ctx, text),
    message: { id: message.id, time: message.time },
  };
  await later<Delivery>(ctx, { kind: RECORD, account, region, body });
}

/** https://docs.aws.amazon.com/sns/latest/dg/firehose-archived-message-format-S3.html */
const recordOf = (topic: Topic, { id, subject, time, attributes }: Published, { text, url }: Parcel) => ({
  Type: 'Notification',
  MessageId: id,
  TopicArn: topicArn(topic),
  ...(subject !== undefined && { Subject: subject }),
  Message: text,
  Timestamp: time,
  UnsubscribeURL: url,
  ...(attributes && { MessageAttributes: attributesIn(attributes) }),
});

interface Wanted {
  readonly topic: Topic;
  readonly row: Subscription;
}

async function wanted(ctx: Context, { topic, subscription }: Delivery): Promise<Wanted | undefined> {
  const found = await ctx.store.get(topics, topicKey(topic)!);
  const row = await ctx.store.get(subscriptions, subscriptionKey(subscription)!);
  return found && row ? { topic: found, row } : undefined;
}

export async function deliverRecord({ body, attempt }: Task<Delivery>, ctx: Context): Promise<Again> {
  const found = await wanted(ctx, body);
  if (!found) return undefined; // Nobody wants it any more.
  const { topic, row } = found;
  const sns = servicePrincipal('sns.amazonaws.com', { arn: body.topic, account: topic.account });
  const role = await assumedByService(ctx, row.attributes.SubscriptionRoleArn ?? '', sns);
  const answer = await putRecord(ctx, row.endpoint, Buffer.from(openText(ctx.secrets, body.sealed)), role);
  measure(ctx, topic, [tally('NumberOfNotificationsDelivered')]);
  await logRecord(ctx, found, body, {
    delivered: true,
    response: JSON.stringify(answer),
    statusCode: 200,
    attempts: attempt + 1,
  });
  return undefined;
}

type Answered = Pick<DeliveryStatus, 'delivered' | 'response' | 'statusCode' | 'attempts'>;

async function logRecord(ctx: Context, { topic, row }: Wanted, body: Delivery, answered: Answered): Promise<void> {
  if (!body.message) return;
  const sealed = openText(ctx.secrets, body.sealed);
  const isRaw = row.attributes.RawMessageDelivery === 'true';
  const text = isRaw ? sealed : (JSON.parse(sealed) as { Message: string }).Message;
  const about = { protocol: 'Firehose', message: { ...body.message, text }, destination: row.endpoint } as const;
  await logStatus(ctx, topic, { ...about, ...answered });
}

export async function afterFailure({ body, attempt }: Task<Delivery>, ctx: Context, error: unknown): Promise<Again> {
  const found = await wanted(ctx, body);
  if (!found) return undefined;
  const { topic, row } = found;
  const mayPass = !isAnswer(error) || (error as { readonly $fault?: string }).$fault === 'server';
  const pause = mayPass ? delayOf(AWS_RETRIES, attempt) : undefined;
  if (pause !== undefined) return pause;
  measure(ctx, topic, [tally('NumberOfNotificationsFailed')]);
  const { code, message, status: statusCode } = describeError(error);
  const response = JSON.stringify({ ErrorCode: code, ErrorMessage: message });
  await logRecord(ctx, found, body, { delivered: false, response, statusCode, attempts: attempt + 1 });
  await deadLetter(ctx, topic, row, { MessageBody: openText(ctx.secrets, body.sealed) });
  return undefined;
}
