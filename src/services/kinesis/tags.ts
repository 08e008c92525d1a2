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
import type { Present, Tag } from '../../core/operation.ts';
import { requestTagKeys, requestTags, withoutTags, withTags } from '../../core/tags.ts';
import { onStream } from './access.ts';
import { inWords, refuse } from './errors.ts';
import { onResource } from './resources.ts';
import { type Stream, streams } from './streamRows.ts';

export const listedTags = (tags: Readonly<Record<string, string | undefined>> | undefined): Tag[] =>
  Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value: Value ?? '' }));

const TAGS_MAX = 50;
const ALLOWED = /^[\p{L}\p{N}\p{Zs}_./=+\-@:]*$/u;

/** @throws InvalidArgumentException. `tags`: all that the resource would have. */
export function requireTags(tags: readonly Tag[], stream: Pick<Stream, 'name' | 'account'>): void {
  if (tags.some(({ Key, Value }) => !ALLOWED.test(Key) || !ALLOWED.test(Value))) {
    refuse(
      'Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @ :.',
    );
  }
  if (tags.some(({ Key }) => /^aws:/i.test(Key))) refuse('Tag keys that begin with aws: are reserved for use by AWS.');
  if (tags.length > TAGS_MAX) {
    refuse(
      `Failed to add tags to ${inWords(stream)} because a given stream cannot have more than ${TAGS_MAX} tags associated with it.`,
    );
  }
}

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
