/** Tags of keys. */
import {
  type Tag as KmsTag,
  type ListResourceTagsRequest,
  type ListResourceTagsResponse,
  TagException,
  type TagResourceRequest,
  type UntagResourceRequest,
} from '@aws-sdk/client-kms';
import { fail } from '../../core/errors.ts';
import type { Present, Tag } from '../../core/operation.ts';
import { requestTagKeys, requestTags, withoutTags, withTags } from '../../core/tags.ts';
import { keys } from './keys.ts';
import { itemsPage } from './pages.ts';
import { onKey } from './resolve.ts';

const TAGS_MAX = 50;

type Given = Pick<KmsTag, 'TagKey' | 'TagValue'>;

const plain = (tags: readonly Given[]): Tag[] =>
  tags.map(({ TagKey, TagValue }) => ({ Key: TagKey ?? '', Value: TagValue ?? '' }));

/** `aws:RequestTag/…` and `aws:TagKeys`. */
export const tagConditions = (tags: readonly Given[] | undefined) => requestTags(plain(tags ?? []));

/** `tags` with these put over them, if AWS accepts them. */
export function acceptedTags(tags: readonly Tag[], given: readonly Given[]): readonly Tag[] {
  const changes = plain(given);
  if (new Set(changes.map((tag) => tag.Key)).size < changes.length) fail(TagException, 'Duplicate tag keys');
  if (changes.some((tag) => /^aws:/i.test(tag.Key))) fail(TagException, 'Tags beginning with aws: are reserved');
  const merged = withTags(tags, changes);
  if (merged.length > TAGS_MAX) fail(TagException, 'Too many tags');
  return merged;
}

export const TagResource = onKey<Present<TagResourceRequest>, object>({
  state: 'kept',
  conditions: (input) => tagConditions(input.Tags),
  async run(input, ctx, key) {
    await ctx.store.replace(keys, { ...key, tags: acceptedTags(key.tags, input.Tags) });
    return {};
  },
});

export const UntagResource = onKey<Present<UntagResourceRequest>, object>({
  state: 'kept',
  conditions: (input) => requestTagKeys(input.TagKeys),
  async run(input, ctx, key) {
    if (input.TagKeys.some((name) => /^aws:/i.test(name))) {
      fail(TagException, 'Tags beginning with aws: are reserved');
    }
    await ctx.store.replace(keys, { ...key, tags: withoutTags(key.tags, input.TagKeys) });
    return {};
  },
});

export const ListResourceTags = onKey<Present<ListResourceTagsRequest>, ListResourceTagsResponse>({
  state: 'any',
  async run(input, _ctx, key) {
    const { items, page } = itemsPage(key.tags, input, TAGS_MAX);
    return { Tags: items.map(({ Key, Value }) => ({ TagKey: Key, TagValue: Value })), ...page };
  },
});
