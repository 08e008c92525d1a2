/**
 * How long a message may be. A topic that takes more than 256 KiB serves few subscribers, none of them over HTTP, SMTP
 * or telephone. https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html
 */
import type { Context } from '../../core/context.ts';
import { refuse } from './errors.ts';
import { MESSAGE_BYTES_STANDARD } from './topicAttributes.ts';
import { type Protocol, subscriptions, type Topic, topicArn } from './topicRows.ts';

const SUBSCRIBERS_MAX = 100;

export const messageBytesMax = ({ attributes }: Topic) =>
  Number(attributes.MaximumMessageSize ?? MESSAGE_BYTES_STANDARD);

export async function requireSizeFitsSubscribers(ctx: Context, topic: Topic, added?: Protocol): Promise<void> {
  if (messageBytesMax(topic) <= MESSAGE_BYTES_STANDARD) return;
  const { rows } = await ctx.store.list(subscriptions, [topicArn(topic)], { limit: SUBSCRIBERS_MAX + 1 });
  const protocols = [...rows.map(({ protocol }) => protocol), ...(added === undefined ? [] : [added])];
  if (protocols.length > SUBSCRIBERS_MAX) {
    refuse(
      `MaximumMessageSize Reason: a topic that takes more than 256 KiB has at most ${SUBSCRIBERS_MAX} subscriptions`,
    );
  }
  if (protocols.some((protocol) => protocol !== 'sqs')) {
    refuse('MaximumMessageSize Reason: subscribers of this protocol take at most 256 KiB');
  }
}
