/** How events get to targets inside the plane: a row for each kind. */
import { createHash } from 'node:crypto';
import { parseArn } from '../../core/arn.ts';
import { type Caller, type Context, servicePrincipal } from '../../core/context.ts';
import { putRecords } from '../../core/deliveryStreams.ts';
import { type LogEvent, logGroupName, writeLogEvents } from '../../core/logWriting.ts';
import { later, type Task } from '../../core/tasks.ts';
import { assumedByService } from '../../identity/serviceRoles.ts';
import { putOnBus } from './arrivals.ts';
import { batches, QUEUE_BYTES, TOPIC_BYTES } from './batches.ts';
import { findBus } from './busRows.ts';
import { type Delivery, INVOKE, isApiDestination, type Owed } from './deliveries.ts';
import { DeliveryFailure, queueUrl } from './failures.ts';
import { type BusName, busArn, busNamed, ruleArn } from './names.ts';
import { dynamic, inputOf, valueAt } from './transform.ts';

/** Throws what the target, or whoever guards it, answers. Nothing is delivered then. */
export async function deliverTo(ctx: Context, delivery: Delivery, task: Task<Owed>): Promise<void> {
  const arn = delivery.target.Arn!;
  const caller = await callerOf(ctx, delivery);
  if (isApiDestination(arn)) await oweInvocation(ctx, delivery, task, caller);
  else await DELIVERERS[parseArn(arn)?.service ?? '']!(ctx, delivery, caller);
}

/** The target's role; else EventBridge itself, on behalf of the rule. */
async function callerOf(ctx: Context, { rule, target }: Delivery): Promise<Caller> {
  const service = servicePrincipal('events.amazonaws.com', { arn: ruleArn(rule), account: rule.account });
  if (target.RoleArn === undefined) return service;
  try {
    return await assumedByService(ctx, target.RoleArn, service);
  } catch (error) {
    throw new DeliveryFailure('FAILED_TO_ASSUME_ROLE', (error as Error).message, false);
  }
}

type Deliverer = (ctx: Context, delivery: Delivery, caller: Caller) => Promise<void>;

const DELIVERERS: Readonly<Record<string, Deliverer>> = {
  sqs: toQueue,
  sns: toTopic,
  logs: toLogGroup,
  kinesis: toStream,
  firehose: toDeliveryStream,
  events: toBus,
};

interface Answer {
  readonly Failed?: readonly { readonly Code?: string | undefined; readonly Message?: string | undefined }[];
}

/** What was refused of a batch is an error like that of a single call. */
function requireAll({ Failed = [] }: Answer): void {
  const [first] = Failed;
  if (first) throw Object.assign(new Error(first.Message), { name: first.Code ?? 'InternalError' });
}

async function toQueue(ctx: Context, { rule, target, events }: Delivery, caller: Caller): Promise<void> {
  const queue = parseArn(target.Arn!)!;
  const group = target.SqsParameters?.MessageGroupId;
  const messages = events.map((event) => ({
    MessageBody: inputOf(rule, target, event),
    ...(group !== undefined && { MessageGroupId: dynamic(group, event.happening.event) }),
  }));
  for (const batch of batches(messages, ({ MessageBody }) => Buffer.byteLength(MessageBody), QUEUE_BYTES)) {
    const Entries = batch.map((message, n) => ({ Id: String(n), ...message }));
    const input = { QueueUrl: queueUrl(queue), Entries };
    requireAll(await ctx.call<Answer>('sqs', 'SendMessageBatch', input, caller, queue.region));
  }
}

async function toTopic(ctx: Context, { rule, target, events }: Delivery, caller: Caller): Promise<void> {
  const { region } = parseArn(target.Arn!)!;
  const messages = events.map((event) => inputOf(rule, target, event));
  for (const batch of batches(messages, Buffer.byteLength, TOPIC_BYTES)) {
    const PublishBatchRequestEntries = batch.map((Message, n) => ({ Id: String(n), Message }));
    const input = { TopicArn: target.Arn!, PublishBatchRequestEntries };
    requireAll(await ctx.call<Answer>('sns', 'PublishBatch', input, caller, region));
  }
}

/** A record each, since that is what the role is asked to allow. */
async function toStream(ctx: Context, { rule, target, events }: Delivery, caller: Caller): Promise<void> {
  const { region } = parseArn(target.Arn!)!;
  const path = target.KinesisParameters?.PartitionKeyPath;
  for (const event of events) {
    const PartitionKey = partitionKey(event.happening.event, path);
    const Data = Buffer.from(inputOf(rule, target, event));
    await ctx.call('kinesis', 'PutRecord', { StreamARN: target.Arn!, PartitionKey, Data }, caller, region);
  }
}

const PARTITION_KEY_MAX = 256;

/** What the event says at the path; its id where there is neither. */
function partitionKey(event: { readonly id: string }, path: string | undefined): string {
  const value = path === undefined ? undefined : valueAt(event, path);
  const text = typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
  return (text || event.id).slice(0, PARTITION_KEY_MAX);
}

async function toDeliveryStream(ctx: Context, { rule, target, events }: Delivery, caller: Caller): Promise<void> {
  const records = events.map((event) => Buffer.from(inputOf(rule, target, event)));
  await putRecords(ctx, target.Arn!, records, caller);
}

async function toLogGroup(ctx: Context, { rule, target, events }: Delivery, caller: Caller): Promise<void> {
  const { region } = parseArn(target.Arn!)!;
  const stream = {
    logGroupName: logGroupName(target.Arn!),
    logStreamName: streamName(`${ruleArn(rule)} ${target.Id}`),
  };
  const logEvents = events.map((event) => logEvent(inputOf(rule, target, event), target, event.happening.event.time));
  await writeLogEvents(ctx, { ...stream, logEvents }, caller, region);
}

/** With a template the text is `{"timestamp": …, "message": …}`. */
function logEvent(text: string, target: Delivery['target'], time: string): LogEvent {
  if (target.InputTransformer === undefined) return { timestamp: Date.parse(time), message: text };
  let value: { timestamp?: unknown; message?: unknown };
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    throw new DeliveryFailure('INVALID_JSON', 'The transformed event is no JSON.', false);
  }
  const timestamp = typeof value.timestamp === 'number' ? value.timestamp : Date.parse(String(value.timestamp));
  const { message } = value;
  if (Number.isNaN(timestamp) || message === undefined) {
    throw new DeliveryFailure('INVALID_JSON', 'The transformed event needs a timestamp and a message.', false);
  }
  return { timestamp, message: typeof message === 'string' ? message : JSON.stringify(message) };
}

/** One stream for each target, with a name in the form of those that EventBridge makes. */
function streamName(of: string): string {
  const hex = createHash('sha256').update(of).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** An event goes from one bus to another, and no further: so no ring of buses ever turns. */
async function toBus(ctx: Context, { rule, target, events }: Delivery, caller: Caller): Promise<void> {
  const named = busNamed(rule, target.Arn);
  const bus = await findBus(ctx.store, named);
  if (!bus) throw new DeliveryFailure('NO_RESOURCE', `Event bus ${named.name} does not exist.`, false);
  for (const { happening } of events) {
    const { event, forwarded } = happening;
    if (forwarded) throw hopFailure({ ...rule, name: rule.bus }, named);
    const conditions = {
      'events:source': event.source,
      'events:detail-type': event['detail-type'],
      'events:eventBusInvocation': 'true',
      'aws:SourceArn': ruleArn(rule),
    };
    const access = { resource: busArn(bus), resourcePolicy: bus.policy, resourceTags: bus.tags, conditions };
    await ctx.permit('events:PutEvents', access, caller);
    await putOnBus(ctx, bus, { event, forwarded: { account: rule.account, region: rule.region } });
  }
}

function hopFailure(from: BusName, to: BusName): DeliveryFailure {
  const kind = from.account === to.account && from.region !== to.region ? 'REGION' : 'ACCOUNT';
  return new DeliveryFailure(`THIRD_${kind}_HOP_DETECTED`, 'Events are not sent on to a third event bus.', false);
}

/** The role must allow the call; the call itself is outside work. */
async function oweInvocation(ctx: Context, { target }: Delivery, task: Task<Owed>, caller: Caller): Promise<void> {
  await ctx.permit('events:InvokeApiDestination', { resource: target.Arn! }, caller);
  const { id, body, account, region } = task;
  await later({ ...ctx, now: new Date(task.given) }, { kind: INVOKE, id, body, account, region });
}
