/** Tags of topics. */
import {
  type ListTagsForResourceRequest,
  type ListTagsForResourceResponse,
  TagLimitExceededException,
  type TagResourceRequest,
  type UntagResourceRequest,
} from '@aws-sdk/client-sns';
import { fail } from '../../core/errors.ts';
import type { Present, Tag } from '../../core/operation.ts';
import { requestTagKeys, requestTags, withoutTags, withTags } from '../../core/tags.ts';
import { onTopic } from './access.ts';
import { refuse } from './errors.ts';
import { topics } from './topicRows.ts';

const TAGS_MAX = 50;

/** As they are kept. */
export function acceptedTags(given: readonly { Key?: string | undefined; Value?: string | undefined }[]): Tag[] {
  const tags = given.map(({ Key = '', Value = '' }) => ({ Key, Value }));
  if (new Set(tags.map(({ Key }) => Key)).size < tags.length) refuse('Duplicated keys are not allowed.');
  if (tags.some(({ Key }) => /^aws:/i.test(Key)))
    refuse('Tags Reason: aws: prefixed tag key names are not allowed for external use.');
  if (tags.length > TAGS_MAX)
    fail(TagLimitExceededException, 'Could not complete request: tag quota of per resource exceeded');
  return tags;
}

export const TagResource = onTopic<Present<TagResourceRequest>, object>({
  conditions: ({ Tags }) => requestTags(Tags),
  async run({ Tags }, ctx, topic) {
    const tags = acceptedTags(withTags(topic.tags, acceptedTags(Tags)));
    await ctx.store.replace(topics, { ...topic, tags });
    return {};
  },
});

export const UntagResource = onTopic<Present<UntagResourceRequest>, object>({
  conditions: ({ TagKeys }) => requestTagKeys(TagKeys),
  async run({ TagKeys }, ctx, topic) {
    await ctx.store.replace(topics, { ...topic, tags: withoutTags(topic.tags, TagKeys) });
    return {};
  },
});

export const ListTagsForResource = onTopic<Present<ListTagsForResourceRequest>, ListTagsForResourceResponse>({
  run: async (_input, _ctx, { tags }) => ({ Tags: [...tags] }),
});
