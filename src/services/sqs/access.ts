/** The shape of operations on one queue: find it, ask permission under its policy, then say whether it exists. */
import type { Context } from '../../core/context.ts';
import { type Access, Missing, type Operation } from '../../core/operation.ts';
import { noQueue } from './errors.ts';
import { type Queue, queueArn, queueOfUrl, queues } from './queueRows.ts';

interface OnQueue<In, Out> extends Pick<Operation<In, Out>, 'action' | 'recorded' | 'readOnly' | 'bodyBytesMax'> {
  /**
   * Only the queue's own account may, whatever its policy says.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-customer-managed-policy-examples.html
   */
  readonly ownerOnly?: true;
  readonly conditions?: (input: In) => Access['conditions'];
  readonly run: (input: In, ctx: Context, queue: Queue) => Promise<Out>;
}

export function onQueue<In extends { QueueUrl?: string | undefined }, Out>(
  shape: OnQueue<In, Out>,
): Operation<In, Out, Queue> {
  const { ownerOnly, conditions, run, ...rest } = shape;
  return {
    ...rest,
    ...(!ownerOnly && { unsigned: true }),
    load: (input, ctx) => findQueue(ctx, input.QueueUrl ?? ''),
    access: (input, ctx, queue) => {
      tellAudit(ctx, queue);
      return { ...queueAccess(queue, ctx, ownerOnly), conditions: conditions?.(input) };
    },
    run,
  };
}

async function findQueue(ctx: Context, url: string): Promise<Queue | Missing> {
  const named = queueOfUrl(url);
  const account = named.account ?? ctx.account;
  const queue = await ctx.store.get(queues, [account, ctx.region, named.name]);
  return queue ?? new Missing(`arn:aws:sqs:${ctx.region}:${account}:${named.name}`, noQueue());
}

export function queueAccess(queue: Queue, ctx: Context, ownerOnly?: true): Access {
  const closed = ownerOnly && ctx.account !== queue.account;
  return {
    resource: queueArn(queue),
    resourceAccount: queue.account,
    resourcePolicy: closed ? undefined : queue.policy,
    resourceTags: queue.tags,
  };
}

export function tellAudit(ctx: Context, queue: Queue): void {
  ctx.audit.resources = [{ ARN: queueArn(queue), accountId: queue.account, type: 'AWS::SQS::Queue' }];
  if (ctx.account !== queue.account) ctx.audit.recipientAccountId = queue.account;
}
