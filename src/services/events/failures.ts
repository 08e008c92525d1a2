/**
 * A delivery that failed: tried again with growing pauses, for a day or 185 times unless the target says otherwise;
 * then, or at once where trying again cannot help, the events go to the target's dead-letter queue with what is known of
 * the failure, in AWS's attributes.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
import type { Target } from '@aws-sdk/client-eventbridge';
import { parseArn } from '../../core/arn.ts';
import { type Context, servicePrincipal } from '../../core/context.ts';
import { nextLook } from '../../core/slowness.ts';
import { type Again, later, putOff, type Task } from '../../core/tasks.ts';
import { findResource } from '../../posture/inventory.ts';
import { batches, QUEUE_BYTES } from './batches.ts';
import { logAttempt } from './busLogs.ts';
import { attemptOf, type Delivery, deliveryOf, type Owed, placeIn } from './deliveries.ts';
import { tellFailedAttempt, tellGivenUp } from './measures.ts';
import { ruleArn } from './names.ts';

/** A failure that EventBridge has a code for. */
export class DeliveryFailure extends Error {
  override readonly name: string;
  /** Whether trying again may help; milliseconds that the target asks to be left alone. */
  readonly again: boolean | number;
  constructor(code: string, message: string, again: boolean | number) {
    super(message);
    this.name = code;
    this.again = again;
  }
}

/** The target is silent, and enough wait for its answer: an attempt was not made. */
export class Untried extends DeliveryFailure {}

/** Errors of services, by name. */
const CODES: readonly (readonly [pattern: RegExp, code: string, again: boolean])[] = [
  [/^(AccessDenied|NotAuthorized|AuthorizationError|KMSAccessDenied|KmsAccessDenied)/, 'NO_PERMISSIONS', false],
  [/(QueueDoesNotExist|NonExistentQueue|NotFound)/, 'NO_RESOURCE', false],
  [/(Throttl|OverLimit|RequestLimitExceeded|ProvisionedThroughputExceeded|ServiceUnavailable)/, 'THROTTLING', true],
  [/(LimitExceeded)/, 'RESOURCE_LIMIT_EXCEEDED', true],
  [/^(Validation|Invalid|Missing|Unsupported|MessageTooLong|BatchRequestTooLong)/, 'INVALID_PARAMETER', false],
  [/^NotImplemented$/, 'NO_RESOURCE', false],
];

function failureOf(error: unknown): DeliveryFailure {
  if (error instanceof DeliveryFailure) return error;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const [, code, again] = CODES.find(([pattern]) => pattern.test(name)) ?? [name, 'INTERNAL_ERROR', true];
  return new DeliveryFailure(code, message, again);
}

/** Who is refused is not told whether there was anything: EventBridge itself knows. */
async function unlessGone(ctx: Context, { Arn = '' }: Target, failure: DeliveryFailure): Promise<DeliveryFailure> {
  if (failure.name !== 'NO_PERMISSIONS' || !/^arn:[\w-]+:(sqs|sns):/.test(Arn)) return failure;
  const there = await findResource(ctx.store, Arn);
  return there ? failure : new DeliveryFailure('NO_RESOURCE', `The target ${Arn} does not exist.`, false);
}

const DAY_SECONDS = 86_400;
const ATTEMPTS = 185;
/** With this longest pause 185 attempts take about a day. */
const PAUSE_MS_MAX = 480_000;

export async function afterFailure(task: Task<Owed>, ctx: Context, error: unknown): Promise<Again> {
  const delivery = await deliveryOf(ctx, task.body);
  if (!delivery) return undefined;
  const failure = await unlessGone(ctx, delivery.target, failureOf(error));
  const { MaximumEventAgeInSeconds = DAY_SECONDS, MaximumRetryAttempts = ATTEMPTS } = delivery.target.RetryPolicy ?? {};
  const left = task.given + MaximumEventAgeInSeconds * 1000 - ctx.now.getTime();
  const exhausted =
    left <= 0 ? 'MaximumEventAgeInSeconds' : task.attempt >= MaximumRetryAttempts ? 'MaximumRetryAttempts' : undefined;
  if (failure instanceof Untried && left > 0) {
    return putOff(ctx.store, task, Math.min(nextLook(task, ctx.now), ctx.now.getTime() + left));
  }
  if (failure.again === false && delivery.events.length > 1 && mayBeOfOne(failure, delivery.target)) {
    await oweEachAlone(ctx, task);
    return undefined;
  }
  if (failure.again === false || exhausted !== undefined) {
    const condition = failure.again === false ? undefined : exhausted;
    const letters = await deadLettered(ctx, delivery, failure, { attempts: task.attempt, condition });
    tellGivenUp(ctx, delivery.rule, attemptOf(task), letters);
    await logFailure(ctx, task, delivery, failure, { again: false, letters: (letters ?? 0) > 0 });
    return undefined;
  }
  tellFailedAttempt(ctx, delivery.rule, attemptOf(task));
  await logFailure(ctx, task, delivery, failure, { again: true, letters: false });
  const asked = typeof failure.again === 'number' ? failure.again : 0;
  return Math.min(left, Math.max(asked, pauseOf(task.attempt, ctx)));
}

/** What a single event of a batch may be to blame for: it must not take the others with it. */
const mayBeOfOne = ({ name }: DeliveryFailure, { Arn = '' }: Target) =>
  name === 'NO_PERMISSIONS' ? parseArn(Arn)?.service === 'events' : !/^(NO_RESOURCE|FAILED_TO_ASSUME_ROLE)$/.test(name);

/** In their order, before what comes behind the batch. */
async function oweEachAlone(ctx: Context, { kind, id, body, account, region, given, lane }: Task<Owed>): Promise<void> {
  for (const sequence of body.sequences) {
    const alone = `${placeIn(sequence)} ${id.slice(placeIn(sequence).length + 1)} alone`;
    const errand = { kind, id: alone, body: { ...body, sequences: [sequence] }, account, region, lane };
    await later({ ...ctx, now: new Date(given) }, errand);
  }
}

const logFailure = (
  ctx: Context,
  task: Task<Owed>,
  delivery: Delivery,
  { name: status, message }: DeliveryFailure,
  end: { readonly again: boolean; readonly letters: boolean },
) => logAttempt(ctx, task, delivery, { status, message, ...end });

/** A second, doubling, with a fifth of it left to chance so that failures do not come back together. */
function pauseOf(attempt: number, ctx: Context): number {
  const whole = Math.min(PAUSE_MS_MAX, 1000 * 2 ** Math.min(attempt, 12));
  return whole * (0.8 + (0.2 * ctx.random(1)[0]!) / 255);
}

interface End {
  readonly attempts: number;
  /** Absent: trying again would not have helped. */
  readonly condition: string | undefined;
}

interface Sent {
  readonly Successful?: readonly unknown[];
}

/** How many letters were sent; undefined without a queue for them. */
async function deadLettered(
  ctx: Context,
  delivery: Delivery,
  failure: DeliveryFailure,
  end: End,
): Promise<number | undefined> {
  const { rule, target, events } = delivery;
  const queue = parseArn(target.DeadLetterConfig?.Arn ?? '');
  if (!queue) return undefined;
  let sent = 0;
  const source = servicePrincipal('events.amazonaws.com', { arn: ruleArn(rule), account: rule.account });
  const QueueUrl = queueUrl(queue);
  const MessageAttributes = attributesOf(ruleArn(rule), target, failure, end);
  const letters = events.map((event) => ({ MessageBody: JSON.stringify(event.happening.event), MessageAttributes }));
  const overhead = Buffer.byteLength(JSON.stringify(MessageAttributes));
  for (const batch of batches(letters, ({ MessageBody }) => Buffer.byteLength(MessageBody) + overhead, QUEUE_BYTES)) {
    const Entries = batch.map((letter, n) => ({ Id: String(n), ...letter }));
    try {
      const input = { QueueUrl, Entries };
      const { Successful = [] } = await ctx.call<Sent>('sqs', 'SendMessageBatch', input, source, queue.region);
      sent += Successful.length;
    } catch {
      // A dead-letter queue that is gone or refuses: AWS drops the events then, too. The refused call is on record.
    }
  }
  return sent;
}

function attributesOf(rule: string, target: Target, failure: DeliveryFailure, { attempts, condition }: End) {
  const values = {
    RULE_ARN: rule,
    TARGET_ARN: target.Arn ?? '',
    ERROR_CODE: failure.name,
    ERROR_MESSAGE: failure.message,
    EXHAUSTED_RETRY_CONDITION: condition,
    RETRY_ATTEMPTS: condition === undefined ? undefined : String(attempts),
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value ? [[name, { DataType: 'String', StringValue: value.slice(0, 1024) }]] : [],
    ),
  );
}

/** The address of a queue, by its ARN. */
export const queueUrl = ({ region, account, resource }: { region: string; account: string; resource: string }) =>
  `https://sqs.${region}.amazonaws.com/${account}/${resource}`;
