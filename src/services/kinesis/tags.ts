/** Tags of streams, by two APIs, and of consumers. */
import type {
  AddTagsToStreamInput,
  ListTagsForResourceInput,
  ListTagsForResourceOutput,
  ListTagsForStreamInput,
  ListTagsForStreamOutput,
  RemoveTagsFromStreamInput,
  TagResourceInput,
  UntagResourceInput,
} from '@aws-sdk/client-kinesis';
import type { Present } from '../../core/operation.ts';
import { requestTagKeys, requestTags, withoutTags, withTags } from '../../core/tags.ts';
import { onStream } from './access.ts';
import { onResource } from './resources.ts';
import { streams } from './streamRows.ts';
import { listedTags, requireTags, TAGS_MAX } from './tagRules.ts';

export const AddTagsToStream = onStream<Present<AddTagsToStreamInput>, object>({
  conditions: ({ Tags }) => requestTags(listedTags(Tags)),
  async run({ Tags }, ctx, stream) {
    const tags = withTags(stream.tags, listedTags(Tags));
    requireTags(tags, stream);
    await ctx.store.replace(streams, { ...stream, tags });
    return {};
  },
});

export const RemoveTagsFromStream = onStream<Present<RemoveTagsFromStreamInput>, object>({
  conditions: ({ TagKeys }) => requestTagKeys(TagKeys),
  async run({ TagKeys }, ctx, stream) {
    await ctx.store.replace(streams, { ...stream, tags: withoutTags(stream.tags, TagKeys) });
    return {};
  },
});

export const ListTagsForStream = onStream<Present<ListTagsForStreamInput>, ListTagsForStreamOutput>({
  async run({ ExclusiveStartTagKey: after, Limit }, _ctx, { tags }) {
    const sorted = tags.toSorted((a, b) => (a.Key < b.Key ? -1 : 1));
    const left = after === undefined ? sorted : sorted.filter(({ Key }) => Key > after);
    const Tags = left.slice(0, Limit ?? TAGS_MAX);
    return { Tags: [...Tags], HasMoreTags: Tags.length < left.length };
  },
});

export const TagResource = onResource<Present<TagResourceInput>, object>({
  conditions: ({ Tags }) => requestTags(listedTags(Tags)),
  async run({ Tags }, ctx, resource) {
    const tags = withTags(resource.tags, listedTags(Tags));
    requireTags(tags, resource.stream);
    await resource.change(ctx, { tags });
    return {};
  },
});

export const UntagResource = onResource<Present<UntagResourceInput>, object>({
  conditions: ({ TagKeys }) => requestTagKeys(TagKeys),
  async run({ TagKeys }, ctx, resource) {
    await resource.change(ctx, { tags: withoutTags(resource.tags, TagKeys) });
    return {};
  },
});

export const ListTagsForResource = onResource<Present<ListTagsForResourceInput>, ListTagsForResourceOutput>({
  run: async (_input, _ctx, { tags }) => ({ Tags: [...tags] }),
});
