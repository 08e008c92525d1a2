/**
 * Deliveries to the world outside: over HTTP and SMTP, and to the outbox. Each is a task; what fails for now is tried
 * again as the delivery policy says, what fails for good goes to the subscription's dead-letter queue.
 */
import type { Context } from '../../core/context.ts';
import { mayReach } from '../../core/outbound.ts';
import { nextLook, withManners } from '../../core/slowness.ts';
import { type Again, later, type Outside, putOff, type Task } from '../../core/tasks.ts';
import { CUSTOMER_RETRIES, delayOf, effectivePolicy } from './deliveryPolicies.ts';
import type { Parcel } from './envelopes.ts';
import { mail, mailOf } from './mail.ts';
import { measure, tally } from './measures.ts';
import { putOut } from './outbox.ts';
import { pacedStart } from './pace.ts';
import { openText, sealText } from './published.ts';
import { deadLetter } from './queues.ts';
import { logStatus } from './statusLogs.ts';
import { DELIVER, type Delivery } from './tasks.ts';
import { sendText } from './textMessages.ts';
import {
  type Protocol,
  type Subscription,
  subscriptionArn,
  subscriptionKey,
  subscriptions,
  type Topic,
  topicArn,
  topicKey,
  topics,
} from './topicRows.ts';
import { post } from './webhooks.ts';

/** What lies sealed in the task. */
interface Load {
  readonly protocol: Protocol;
  readonly endpoint: string;
  readonly raw: boolean;
  readonly contentType: string;
  readonly sender: string;
  readonly parcel: Parcel;
}

/** How it went. */
export interface Outcome {
  readonly delivered: boolean;
  /** Trying again is of use. */
  readonly again?: boolean;
  /** It is for the outbox. */
  readonly kept?: boolean;
  /** No answer came. */
  readonly silent?: boolean;
  /** What was answered, or why nothing was. */
  readonly statusCode?: number;
  readonly response?: string;
  /** It was not tried, because the endpoint is silent and others wait for it. */
  readonly busy?: boolean;
}

const BUSY: Outcome = { delivered: false, busy: true };

/** Owes the delivery of a parcel. */
export async function sendOut(ctx: Context, topic: Topic, row: Subscription, parcel: Parcel): Promise<void> {
  const policy = effectivePolicy(topic, row);
  const load: Load = {
    protocol: row.protocol,
    endpoint: row.endpoint,
    raw: row.attributes.RawMessageDelivery === 'true' && parcel.type === 'Notification',
    contentType: policy.requestPolicy.headerContentType,
    sender: topic.attributes.DisplayName ?? '',
    parcel,
  };
  const { account, region } = topic;
  const body: Delivery = {
    topic: topicArn(topic),
    subscription: subscriptionArn(row),
    sealed: sealText(ctx, JSON.stringify(load)),
  };
  const due = await pacedStart(ctx, row, policy.throttlePolicy?.maxReceivesPerSecond);
  await later<Delivery>(ctx, { kind: DELIVER, due, account, region, body });
}

const loadOf = (secrets: Outside['secrets'], { sealed }: Delivery) => JSON.parse(openText(secrets, sealed)) as Load;

export async function reach({ body }: Task<Delivery>, outside: Outside): Promise<Outcome> {
  const { protocol, endpoint, raw, contentType, sender, parcel } = loadOf(outside.secrets, body);
  if (protocol === 'http' || protocol === 'https') {
    if (!mayReach(outside.settings, new URL(endpoint))) return { delivered: false };
    const headers = {
      'content-type': contentType,
      'x-amz-sns-message-type': parcel.type,
      'x-amz-sns-message-id': parcel.id,
      'x-amz-sns-topic-arn': body.topic,
      ...(parcel.type !== 'SubscriptionConfirmation' && { 'x-amz-sns-subscription-arn': body.subscription }),
      ...(raw && { 'x-amz-sns-rawdelivery': 'true' }),
    };
    const send = () => post(endpoint, raw ? parcel.text : parcel.envelope, headers);
    return (await withManners(endpoint, send)) ?? BUSY;
  }
  const { smtp } = outside.settings;
  if (smtp === undefined || protocol === 'sms') return { delivered: false, kept: true };
  const letter = { to: endpoint, sender, ...mailOf(protocol, parcel) };
  return (await withManners(new URL(smtp).host, () => mail(smtp, letter))) ?? BUSY;
}

export async function settle(task: Task<Delivery>, ctx: Context, outcome: Outcome): Promise<Again> {
  const { body } = task;
  const load = loadOf(ctx.secrets, body);
  const topic = await ctx.store.get(topics, topicKey(body.topic)!);
  const isNotice = load.parcel.type === 'Notification';
  if (outcome.delivered || (outcome.kept && (await keep(ctx, task, load)))) {
    if (topic && isNotice) measure(ctx, topic, [tally('NumberOfNotificationsDelivered')]);
    if (topic) await logOutcome(ctx, topic, task, load, outcome);
    return undefined;
  }
  if (outcome.busy) return putOff(ctx.store, task, nextLook(task, ctx.now));
  const row = await ctx.store.get(subscriptions, subscriptionKey(body.subscription)!);
  if (!topic || !row) return undefined; // Nobody wants it any more.
  const isHttp = load.protocol === 'http' || load.protocol === 'https';
  const retries = isHttp ? effectivePolicy(topic, row).healthyRetryPolicy : CUSTOMER_RETRIES;
  const pause = outcome.again ? delayOf(retries, task.attempt) : undefined;
  if (pause === undefined && isNotice) {
    measure(ctx, topic, [tally('NumberOfNotificationsFailed')]);
    await logOutcome(ctx, topic, task, load, outcome);
    await deadLetter(ctx, topic, row, { MessageBody: load.raw ? load.parcel.text : load.parcel.envelope });
  }
  return pause;
}

async function logOutcome(ctx: Context, topic: Topic, task: Task<Delivery>, load: Load, outcome: Outcome) {
  const { protocol, endpoint, parcel } = load;
  if (parcel.type !== 'Notification' || (protocol !== 'http' && protocol !== 'https')) return;
  const { delivered, statusCode, response } = outcome;
  const { Timestamp: time } = JSON.parse(parcel.envelope) as { Timestamp: string };
  const attempts = task.attempt + 1;
  const message = { id: parcel.id, text: parcel.text, time };
  const about = { protocol: 'HTTP', message, destination: endpoint } as const;
  await logStatus(ctx, topic, { ...about, delivered, statusCode, response, attempts });
}

/** Whether it may be sent there. */
async function keep(ctx: Context, { account, region, body }: Task<Delivery>, { protocol, endpoint, parcel }: Load) {
  const entry = { account, region, to: endpoint, topic: body.topic };
  if (protocol === 'sms') return sendText(ctx, { ...entry, text: parcel.text });
  const to = protocol as 'email' | 'email-json';
  await putOut(ctx, { ...entry, protocol: to, ...mailOf(to, parcel) });
  return true;
}
