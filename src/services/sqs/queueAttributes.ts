/** GetQueueAttributes and SetQueueAttributes. */
import {
  type GetQueueAttributesRequest,
  type GetQueueAttributesResult,
  InvalidAttributeName,
  type SetQueueAttributesRequest,
} from '@aws-sdk/client-sqs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { onQueue } from './access.ts';
import { isAttribute, shown } from './attributes.ts';
import { sweepAt } from './boxes.ts';
import { hiddenCount, messages } from './messages.ts';
import { shownPolicy } from './policies.ts';
import { type Queue, queueArn, queues } from './queueRows.ts';
import { withAttributes } from './queues.ts';

export const GetQueueAttributes = onQueue<Present<GetQueueAttributesRequest>, GetQueueAttributesResult>({
  recorded: 'data',
  async run({ AttributeNames: names = [] }, ctx, queue) {
    const unknown = names.find((name) => name !== 'All' && !isAttribute(name));
    if (unknown !== undefined) fail(InvalidAttributeName, `Unknown Attribute ${unknown}.`);
    if (names.length === 0) return {};
    const wanted = new Set<string>(names);
    const all = wanted.has('All');
    const needsCounts = all || names.some((name) => name.startsWith('Approximate'));
    const values: Record<string, string | undefined> = {
      QueueArn: queueArn(queue),
      ...(needsCounts && (await counts(ctx, queue))),
      CreatedTimestamp: seconds(queue.created),
      LastModifiedTimestamp: seconds(queue.modified),
      ...shown(queue),
      Policy: await shownPolicy(ctx, queue),
    };
    const chosen = Object.entries(values).filter(([name, value]) => value !== undefined && (all || wanted.has(name)));
    return chosen.length === 0 ? {} : { Attributes: Object.fromEntries(chosen) as Record<string, string> };
  },
});

const seconds = (milliseconds: number) => String(Math.floor(milliseconds / 1000));

/** What is neither in flight nor delayed can be received. */
async function counts(ctx: Context, { box }: Queue): Promise<Record<string, string>> {
  const all = await ctx.store.count(messages, [box], undefined, 'unchecked');
  const flight = all === 0 ? 0 : await hiddenCount(ctx, box, 'flight');
  const delayed = all === 0 ? 0 : await hiddenCount(ctx, box, 'delay');
  return {
    ApproximateNumberOfMessages: String(Math.max(0, all - flight - delayed)),
    ApproximateNumberOfMessagesNotVisible: String(flight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
  };
}

export const SetQueueAttributes = onQueue<Present<SetQueueAttributesRequest>, object>({
  ownerOnly: true,
  async run({ Attributes }, ctx, queue) {
    if (Attributes.FifoQueue !== undefined) fail(InvalidAttributeName, 'Unknown Attribute FifoQueue.');
    const changed = await withAttributes(ctx, queue, Attributes);
    await ctx.store.replace(queues, { ...changed, modified: ctx.now.getTime() });
    if (Attributes.MessageRetentionPeriod !== undefined) await sweepAt(ctx, queue, ctx.now.getTime());
    return {};
  },
});
