/**
 * Dead-letter queues: messages that were received too often without being deleted go there.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 */
import type { ListDeadLetterSourceQueuesRequest, ListDeadLetterSourceQueuesResult } from '@aws-sdk/client-sqs';
import type { Context } from '../../core/context.ts';
import type { Present } from '../../core/operation.ts';
import { tokenOf } from '../../core/page.ts';
import { onQueue } from './access.ts';
import { put, take } from './boxes.ts';
import { refuseValue } from './errors.ts';
import { contents, type Message } from './messages.ts';
import { cursorIn, pageSize } from './pages.ts';
import { type Queue, queueArn, queueKey, queues, queueUrl } from './queueRows.ts';

interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

const RECEIVES_STANDARD = 10;
const RECEIVES_MAX = 1000;
const policies = new WeakMap<object, RedrivePolicy | null>();

/** Undefined where the queue has none. */
export function redrivePolicy({ attributes }: Pick<Queue, 'attributes'>): RedrivePolicy | undefined {
  let policy = policies.get(attributes);
  if (policy === undefined) {
    policy = attributes.RedrivePolicy === undefined ? null : readPolicy(attributes.RedrivePolicy);
    policies.set(attributes, policy);
  }
  return policy ?? undefined;
}

function readPolicy(text: string): RedrivePolicy {
  const { deadLetterTargetArn, maxReceiveCount = RECEIVES_STANDARD } = JSON.parse(text) as Record<string, unknown>;
  return { deadLetterTargetArn: String(deadLetterTargetArn), maxReceiveCount: Number(maxReceiveCount) };
}

/** The queue that its failed messages go to; undefined also where that is gone. */
export async function deadLettersOf({ store }: Context, queue: Queue): Promise<Queue | undefined> {
  const key = queueKey(queue.deadLetters ?? '');
  return key && (await store.get(queues, key));
}

export const hasFailed = (queue: Queue, { receives }: Message) =>
  receives >= (redrivePolicy(queue)?.maxReceiveCount ?? Number.POSITIVE_INFINITY);

/** Sealed as it is: who reads it there must be allowed to use the key it was sealed under. */
export async function moveToDeadLetters(ctx: Context, from: Queue, message: Message, to: Queue): Promise<void> {
  await moveMessage(ctx, message, to, {
    // In a FIFO queue its retention begins anew.
    sent: to.fifo ? ctx.now.getTime() : message.sent,
    failedIn: queueArn(from),
    grouped: false,
  });
}

/** Removes the message and sends it to the other queue; `grouped`: its group hears of it. */
export async function moveMessage(
  ctx: Context,
  message: Message,
  to: Queue,
  as: { readonly sent: number; readonly id?: string; readonly failedIn?: string; readonly grouped: boolean },
): Promise<void> {
  const content = await ctx.store.get(contents, [message.box, message.sequence]);
  await take(ctx, message, as.grouped);
  const { sender, group, deduplication } = message;
  const moved = {
    id: as.id ?? message.id,
    sender,
    sent: as.sent,
    visible: ctx.now.getTime(),
    receives: 0,
    ...(group !== undefined && { group }),
    ...(deduplication !== undefined && { deduplication }),
    ...(as.failedIn !== undefined && { failedIn: as.failedIn }),
  };
  if (content) await put(ctx, to, moved, content);
}

function invalid(value: string, reason: string): never {
  refuseValue('RedrivePolicy', value, reason);
}

/** ARN of the dead-letter queue that the policy names. */
export async function requireRedrivePolicy(ctx: Context, queue: Queue, text: string): Promise<string> {
  const policy = documentOf(text);
  if (!policy) invalid(text, 'Amazon SQS can’t create the redrive policy, as it’s not in the proper format.');
  const { deadLetterTargetArn: arn, maxReceiveCount = RECEIVES_STANDARD, ...others } = policy;
  if (arn === undefined) invalid(text, 'Redrive policy does not contain mandatory attribute: deadLetterTargetArn.');
  if (Object.keys(others).length > 0) {
    invalid(text, `Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].`);
  }
  const key = queueKey(String(arn));
  if (!key) invalid(text, 'Invalid value for deadLetterTargetArn.');
  const count = Number(maxReceiveCount);
  if (
    !Number.isInteger(count) ||
    count < 1 ||
    count > RECEIVES_MAX ||
    !/^(number|string)$/.test(typeof maxReceiveCount)
  ) {
    const range = `valid values are from 1 to ${RECEIVES_MAX} both inclusive.`;
    invalid(text, `Invalid value for maxReceiveCount: ${maxReceiveCount}, ${range}`);
  }
  const [account, region] = key;
  const target = account === queue.account && region === queue.region ? await ctx.store.get(queues, key) : undefined;
  if (!target) invalid(text, 'Dead letter target does not exist.');
  if (target.fifo !== queue.fifo) invalid(text, 'Dead-letter queue must be same type of queue as the source.');
  if (!allows(target, queueArn(queue))) invalid(text, 'The dead letter queue does not allow this source queue.');
  return String(arn);
}

function documentOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the dead-letter queue takes what fails in that queue. */
export function allows({ attributes }: Queue, sourceArn: string): boolean {
  const policy = attributes.RedriveAllowPolicy === undefined ? undefined : documentOf(attributes.RedriveAllowPolicy);
  if (policy?.redrivePermission === 'denyAll') return false;
  return policy?.redrivePermission !== 'byQueue' || (policy.sourceQueueArns as string[]).includes(sourceArn);
}

const SOURCES_MAX = 10;
const PERMISSIONS = new Set<unknown>(['allowAll', 'denyAll', 'byQueue']);

export function requireRedriveAllowPolicy(text: string): void {
  const policy = documentOf(text);
  const sources = policy?.sourceQueueArns;
  const byQueue = policy?.redrivePermission === 'byQueue';
  const sound =
    policy !== undefined &&
    PERMISSIONS.has(policy.redrivePermission) &&
    Object.keys(policy).every((name) => name === 'redrivePermission' || name === 'sourceQueueArns') &&
    (byQueue
      ? Array.isArray(sources) &&
        sources.length > 0 &&
        sources.length <= SOURCES_MAX &&
        sources.every((arn) => typeof arn === 'string' && queueKey(arn) !== undefined)
      : sources === undefined);
  if (sound) return;
  const reason =
    'Amazon SQS can’t create the redrive allow policy. When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.';
  refuseValue(
    'RedriveAllowPolicy',
    text,
    byQueue ? reason : 'Amazon SQS can’t create the redrive allow policy, as it’s not in the proper format.',
  );
}

export const ListDeadLetterSourceQueues = onQueue<
  Present<ListDeadLetterSourceQueuesRequest>,
  ListDeadLetterSourceQueuesResult
>({
  recorded: 'data',
  async run(input, ctx, queue) {
    const limit = pageSize(input);
    const page = { index: 'deadLetters', limit, after: cursorIn(input.NextToken) };
    const { rows, next } = await ctx.store.list(queues, [queueArn(queue)], page);
    const more = next !== undefined && input.MaxResults !== undefined;
    return { queueUrls: rows.map((row) => queueUrl(row, ctx)), ...(more && { NextToken: tokenOf(next) }) };
  },
});
