/** Tags of queues. */
import type {
  ListQueueTagsRequest,
  ListQueueTagsResult,
  TagQueueRequest,
  UntagQueueRequest,
} from '@aws-sdk/client-sqs';
import type { Present, Tag } from '../../core/operation.ts';
import { requestTagKeys, requestTags, withoutTags, withTags } from '../../core/tags.ts';
import { onQueue } from './access.ts';
import { refuse } from './errors.ts';
import { queues } from './queueRows.ts';

const TAGS_MAX = 50;
const TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export function requireTags(tags: readonly Tag[]): void {
  if (tags.length > TAGS_MAX) refuse(`Too many tags added for queue. Maximum allowed is ${TAGS_MAX}.`);
  for (const { Key, Value } of tags) {
    if (Key.length < 1 || Key.length > 128) refuse('Tag keys must be between 1 and 128 characters in length.');
    if (Value.length > 256) refuse('Tag values must be between 0 and 256 characters in length.');
    if (/^aws:/i.test(Key)) refuse('Tag keys and values can\'t be started with "aws:".');
    if (!TEXT.test(Key) || !TEXT.test(Value))
      refuse('Tag keys and values can only contain letters, white space, numbers and _.:/=+-@');
  }
}

const listed = (tags: Readonly<Record<string, string>>) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

export const TagQueue = onQueue<Present<TagQueueRequest>, object>({
  ownerOnly: true,
  conditions: ({ Tags }) => requestTags(listed(Tags)),
  async run({ Tags }, ctx, queue) {
    if (Object.keys(Tags).length === 0) refuse('Tags parameter is empty.');
    const tags = withTags(queue.tags, listed(Tags));
    requireTags(tags);
    await ctx.store.replace(queues, { ...queue, tags });
    return {};
  },
});

export const UntagQueue = onQueue<Present<UntagQueueRequest>, object>({
  ownerOnly: true,
  conditions: ({ TagKeys }) => requestTagKeys(TagKeys),
  async run({ TagKeys }, ctx, queue) {
    if (TagKeys.length === 0) refuse('Tag keys are empty.');
    await ctx.store.replace(queues, { ...queue, tags: withoutTags(queue.tags, TagKeys) });
    return {};
  },
});

export const ListQueueTags = onQueue<Present<ListQueueTagsRequest>, ListQueueTagsResult>({
  ownerOnly: true,
  recorded: 'data',
  async run(_input, _ctx, { tags }) {
    return tags.length === 0 ? {} : { Tags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])) };
  },
});
