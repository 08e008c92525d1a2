/** Topics: made, found, set, deleted. */
import {
  type CreateTopicInput,
  type CreateTopicResponse,
  type DeleteTopicInput,
  type GetTopicAttributesInput,
  type GetTopicAttributesResponse,
  InvalidStateException,
  type ListTopicsInput,
  type ListTopicsResponse,
  type SetTopicAttributesInput,
  TopicLimitExceededException,
} from '@aws-sdk/client-sns';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present, type Tag } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { passRole } from '../../identity/passRole.ts';
import { findTopic, onTopic, tellAudit, topicAccess } from './access.ts';
import { archiveFor, beginningOf } from './archive.ts';
import { protectedBy } from './dataProtection.ts';
import { effectiveTopicPolicy } from './deliveryPolicies.ts';
import { refuse } from './errors.ts';
import { rowsPage } from './pages.ts';
import { acceptedPolicy, shownPolicy } from './policies.ts';
import { requireSizeFitsSubscribers } from './sizes.ts';
import { acceptedTags } from './tags.ts';
import { forgetTopic } from './tasks.ts';
import { changed, rolesIn } from './topicAttributes.ts';
import { subscriptions, type Topic, topicArn, topicKey, topics } from './topicRows.ts';

const NAME = /^[A-Za-z0-9_-]{1,256}$/;
const FIFO_NAME = /^[A-Za-z0-9_-]{1,251}\.fifo$/;
const TOPICS_MAX = 100_000;
const FIFO_TOPICS_MAX = 1000;

export const CreateTopic: Operation<Present<CreateTopicInput>, CreateTopicResponse> = {
  access(input, ctx) {
    const resource = topicArn({ account: ctx.account, region: ctx.region, name: input.Name });
    const create = { resource, conditions: requestTags(input.Tags) };
    const guard = input.DataProtectionPolicy ? [{ action: 'sns:PutDataProtectionPolicy', resource }] : [];
    return [create, ...guard, ...passes(input.Attributes ?? {})];
  },
  async run(input, ctx) {
    const topic = await topicFrom(input, ctx);
    tellAudit(ctx, topic);
    const { account, region, name } = topic;
    const there = await ctx.store.get(topics, [account, region, name]);
    if (there) requireSame(there, topic, input);
    else {
      const [limit, max] = topic.fifo ? (['FifoTopics', FIFO_TOPICS_MAX] as const) : (['Topics', TOPICS_MAX] as const);
      if (!(await ctx.store.fits(topics, [account], quota(ctx, limit, max)))) {
        fail(TopicLimitExceededException, 'Topic limit exceeded');
      }
      const guarded = await protectedBy(ctx, topic, input.DataProtectionPolicy ?? '');
      await ctx.store.insert(topics, await archiveFor(ctx, guarded, topic.attributes.ArchivePolicy));
    }
    return { TopicArn: topicArn(topic) };
  },
};

/** Roles for delivery status logs are handed to SNS. */
const passes = (attributes: Readonly<Record<string, string>>) =>
  rolesIn(attributes).map((role) => passRole(role, 'sns.amazonaws.com'));

async function topicFrom(input: Present<CreateTopicInput>, ctx: Context): Promise<Topic> {
  const { Name: name, Attributes = {}, Tags = [] } = input;
  const fifo = Attributes.FifoTopic === 'true';
  if (fifo && !FIFO_NAME.test(name)) {
    refuse(
      'Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.',
    );
  }
  if (!fifo && !NAME.test(name)) refuse('Topic Name');
  const tags: Tag[] = acceptedTags(Tags);
  const attributes = changed({}, Attributes, fifo);
  const policy = Attributes.Policy ? await acceptedPolicy(ctx, Attributes.Policy) : undefined;
  const place = { account: ctx.account, region: ctx.region, name };
  return { ...place, fifo, created: ctx.now.getTime(), attributes, tags, ...(policy !== undefined && { policy }) };
}

function requireSame(there: Topic, asked: Topic, { Attributes = {}, Tags = [] }: CreateTopicInput): void {
  const before = new Map(there.tags.map(({ Key, Value }) => [Key, Value]));
  if (Tags.length > 0 && (before.size !== Tags.length || Tags.some(({ Key, Value }) => before.get(Key!) !== Value))) {
    refuse('Tags Reason: Topic already exists with different tags');
  }
  const differs = Object.keys(Attributes).some((name) =>
    name === 'Policy' ? there.policy !== asked.policy : there.attributes[name] !== asked.attributes[name],
  );
  if (differs) refuse('Attributes Reason: Topic already exists with different attributes');
}

/** What is not there is deleted already. */
export const DeleteTopic: Operation<Present<DeleteTopicInput>, object, Topic | undefined> = {
  async load({ TopicArn }, ctx) {
    const topic = await findTopic(ctx, TopicArn);
    return topic instanceof Missing && topicKey(TopicArn) ? undefined : topic;
  },
  access: ({ TopicArn }, ctx, topic) => {
    if (!topic) return { resource: TopicArn };
    tellAudit(ctx, topic);
    return topicAccess(ctx, topic);
  },
  async run(_input, ctx, topic) {
    if (!topic) return {};
    if (topic.archive) fail(InvalidStateException, 'Invalid state: Cannot delete a topic with an ArchivePolicy');
    await ctx.store.remove(topics, [topic.account, topic.region, topic.name]);
    await forgetTopic(ctx, topic);
    return {};
  },
};

export const GetTopicAttributes = onTopic<Present<GetTopicAttributesInput>, GetTopicAttributesResponse>({
  async run(_input, ctx, topic) {
    const arn = topicArn(topic);
    const having = (status: string) => ctx.store.count(subscriptions, [arn, status], 'status', 'unchecked');
    return {
      Attributes: {
        TopicArn: arn,
        Owner: topic.account,
        Policy: await shownPolicy(ctx, topic),
        DisplayName: '',
        SubscriptionsConfirmed: String(await having('confirmed')),
        SubscriptionsPending: String(await having('pending')),
        SubscriptionsDeleted: '0',
        EffectiveDeliveryPolicy: JSON.stringify(effectiveTopicPolicy(topic)),
        ...(topic.fifo && { FifoTopic: 'true', ContentBasedDeduplication: 'false', FifoThroughputScope: 'Topic' }),
        ...topic.attributes,
        ...(topic.archive && {
          BeginningArchiveTime: new Date(beginningOf(topic.archive, ctx.now)).toISOString(),
        }),
      },
    };
  },
});

export const SetTopicAttributes = onTopic<Present<SetTopicAttributesInput>, object>({
  also: ({ AttributeName, AttributeValue = '' }) => passes({ [AttributeName]: AttributeValue }),
  async run({ AttributeName: name, AttributeValue: value = '' }, ctx, topic) {
    if (name === 'FifoTopic') refuse('AttributeName');
    const attributes = changed(topic.attributes, { [name]: value }, topic.fifo);
    if (name === 'MaximumMessageSize') await requireSizeFitsSubscribers(ctx, { ...topic, attributes });
    const policy = name === 'Policy' ? await acceptedPolicy(ctx, value) : topic.policy;
    const next = { ...topic, attributes, ...(policy !== undefined && { policy }) };
    await ctx.store.replace(topics, await archiveFor(ctx, next, attributes.ArchivePolicy));
    return {};
  },
});

export const ListTopics: Operation<ListTopicsInput, ListTopicsResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const { rows, page } = await rowsPage(ctx, topics, [ctx.account, ctx.region], input);
    return { Topics: rows.map((row) => ({ TopicArn: topicArn(row) })), ...page };
  },
};
