/** Queues: made, found, listed, emptied, deleted. */
import {
  type CreateQueueRequest,
  type CreateQueueResult,
  type DeleteQueueRequest,
  type GetQueueUrlRequest,
  type GetQueueUrlResult,
  type ListQueuesRequest,
  type ListQueuesResult,
  PurgeQueueInProgress,
  type PurgeQueueRequest,
  QueueDeletedRecently,
  QueueNameExists,
} from '@aws-sdk/client-sqs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { lowerId } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { tokenOf } from '../../core/page.ts';
import { requestTags } from '../../core/tags.ts';
import { onQueue, queueAccess, tellAudit } from './access.ts';
import { changed, shown } from './attributes.ts';
import { emptyLater } from './boxes.ts';
import { noQueue, refuse } from './errors.ts';
import { messages } from './messages.ts';
import { cursorIn, pageSize } from './pages.ts';
import { acceptedPolicy, shownPolicy } from './policies.ts';
import { deletedQueues, type Queue, queueArn, queues, queueUrl } from './queueRows.ts';
import { requireRedriveAllowPolicy, requireRedrivePolicy } from './redrive.ts';
import { requireTags } from './tags.ts';

const NAME = /^[A-Za-z0-9_-]{1,80}$/;
const FIFO_NAME = /^[A-Za-z0-9_-]{1,75}\.fifo$/;
/** Between two purges; and between a queue's deletion and another one of its name. */
const PAUSE_MS = 60_000;

export const CreateQueue: Operation<Present<CreateQueueRequest>, CreateQueueResult> = {
  access: (input, ctx) => ({
    resource: queueArn({ account: ctx.account, region: ctx.region, name: input.QueueName }),
    conditions: requestTags(tagsIn(input)),
  }),
  async run(input, ctx) {
    const { account, region } = ctx;
    const name = input.QueueName;
    const queue = await queueFrom(input, ctx);
    tellAudit(ctx, queue);
    const there = await ctx.store.get(queues, [account, region, name]);
    if (there) {
      await requireSame(ctx, there, queue, input);
      return { QueueUrl: queueUrl(there, ctx) };
    }
    const deleted = await ctx.store.get(deletedQueues, [account, region, name]);
    if (deleted && ctx.now.getTime() < deleted.at + PAUSE_MS) {
      const wait = 'You must wait 60 seconds after deleting a queue before you can create another with the same name.';
      fail(QueueDeletedRecently, wait);
    }
    await ctx.store.remove(deletedQueues, [account, region, name]);
    await ctx.store.insert(queues, queue);
    return { QueueUrl: queueUrl(queue, ctx) };
  },
};

/** What was created by query may have its tags under either name. */
const tagsIn = ({ tags }: Pick<CreateQueueRequest, 'tags'>) =>
  Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value: Value ?? '' }));

async function queueFrom(input: Present<CreateQueueRequest>, ctx: Context): Promise<Queue> {
  const { QueueName: name, Attributes = {} } = input;
  const fifo = Attributes.FifoQueue === 'true';
  requireName(name, fifo);
  const tags = tagsIn(input);
  requireTags(tags);
  const now = Math.floor(ctx.now.getTime() / 1000) * 1000;
  const id = (fifo ? 'f' : 's') + lowerId(20, ctx);
  const place = { account: ctx.account, region: ctx.region, name };
  const bare: Queue = { ...place, id, box: newBox(id, ctx), fifo, created: now, modified: now, attributes: {}, tags };
  return withAttributes(ctx, bare, Attributes);
}

export const newBox = (id: string, ctx: Context) => id + lowerId(8, ctx);

function requireName(name: string, fifo: boolean): void {
  if (fifo && !FIFO_NAME.test(name)) {
    refuse(
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.',
    );
  }
  if (!fifo && !NAME.test(name)) {
    refuse('Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length');
  }
}

/** The queue with these attributes set, each judged. */
export async function withAttributes(
  ctx: Context,
  queue: Queue,
  changes: Readonly<Record<string, string | undefined>>,
): Promise<Queue> {
  const { Policy: _, ...attributes } = changed(queue.attributes, changes, queue.fifo);
  const { policy: before, deadLetters: __, ...rest } = queue;
  const policy = changes.Policy === undefined ? before : await acceptedPolicy(ctx, changes.Policy);
  const redrive = attributes.RedrivePolicy;
  const deadLetters = redrive === undefined ? undefined : await requireRedrivePolicy(ctx, queue, redrive);
  if (changes.RedriveAllowPolicy) requireRedriveAllowPolicy(changes.RedriveAllowPolicy);
  return {
    ...rest,
    attributes,
    ...(policy !== undefined && { policy }),
    ...(deadLetters !== undefined && { deadLetters }),
  };
}

/** Making a queue again changes nothing, so it must be asked for as it is. */
async function requireSame(
  ctx: Context,
  there: Queue,
  asked: Queue,
  { Attributes = {} }: CreateQueueRequest,
): Promise<void> {
  const policies = { Policy: await shownPolicy(ctx, there) };
  const kept: Record<string, string | undefined> = { ...shown(there), ...policies };
  const wanted: Record<string, string | undefined> = { ...shown(asked), Policy: await shownPolicy(ctx, asked) };
  for (const name of Object.keys(Attributes)) {
    if (kept[name] === wanted[name]) continue;
    const text = `A queue already exists with the same name and a different value for attribute ${name}`;
    fail(QueueNameExists, text);
  }
}

export const DeleteQueue = onQueue<Present<DeleteQueueRequest>, object>({
  ownerOnly: true,
  async run(_input, ctx, queue) {
    const { account, region, name } = queue;
    const at = ctx.now.getTime();
    await ctx.store.remove(queues, [account, region, name]);
    await ctx.store.replace(deletedQueues, { account, region, name, at });
    await emptyLater(ctx, queue, at + PAUSE_MS);
    return {};
  },
});

export const PurgeQueue = onQueue<Present<PurgeQueueRequest>, object>({
  async run(_input, ctx, queue) {
    const now = ctx.now.getTime();
    if (queue.purged !== undefined && now < queue.purged + PAUSE_MS) {
      fail(PurgeQueueInProgress, `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`);
    }
    // An empty box stays, for those who wait at it.
    const isEmpty = (await ctx.store.count(messages, [queue.box])) === 0;
    if (!isEmpty) await emptyLater(ctx, queue);
    await ctx.store.replace(queues, { ...queue, purged: now, ...(!isEmpty && { box: newBox(queue.id, ctx) }) });
    return {};
  },
});

export const GetQueueUrl: Operation<Present<GetQueueUrlRequest>, GetQueueUrlResult, Queue> = {
  recorded: 'data',
  async load(input, ctx) {
    const account = input.QueueOwnerAWSAccountId ?? ctx.account;
    const place = { account, region: ctx.region, name: input.QueueName };
    const queue = await ctx.store.get(queues, [account, ctx.region, input.QueueName]);
    return queue ?? new Missing(queueArn(place), noQueue());
  },
  access: (_input, ctx, queue) => {
    tellAudit(ctx, queue);
    return queueAccess(queue, ctx);
  },
  run: async (_input, ctx, queue) => ({ QueueUrl: queueUrl(queue, ctx) }),
};

export const ListQueues: Operation<Present<ListQueuesRequest>, ListQueuesResult> = {
  recorded: 'data',
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const page = { limit: pageSize(input), after: cursorIn(input.NextToken), startsWith: input.QueueNamePrefix };
    const { rows, next } = await ctx.store.list(queues, [ctx.account, ctx.region], page);
    const more = next !== undefined && input.MaxResults !== undefined;
    if (rows.length === 0) return {};
    return { QueueUrls: rows.map((row) => queueUrl(row, ctx)), ...(more && { NextToken: tokenOf(next) }) };
  },
};
