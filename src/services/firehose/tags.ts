/** Tags of delivery streams. */
import type {
  ListTagsForDeliveryStreamInput,
  ListTagsForDeliveryStreamOutput,
  TagDeliveryStreamInput,
  UntagDeliveryStreamInput,
} from '@aws-sdk/client-firehose';
import type { Operation, Present, Tag } from '../../core/operation.ts';
import { requestTagKeys, requestTags, withoutTags, withTags } from '../../core/tags.ts';
import { overLimit, refuse } from './errors.ts';
import { loadStream, streamAccess } from './streamLookup.ts';
import { type Stream, streams } from './streamRows.ts';

const TAGS_MAX = 50;

/** @throws LimitExceededException */
export function acceptedTags(
  tags: readonly Tag[],
  given: readonly { readonly Key: string | undefined; readonly Value?: string | undefined }[],
): readonly Tag[] {
  const changes = given.map(({ Key, Value }) => ({ Key: Key ?? '', Value: Value ?? '' }));
  if (new Set(changes.map(({ Key }) => Key)).size < changes.length) refuse('Duplicate tag keys are not allowed.');
  const merged = withTags(tags, changes);
  if (merged.length > TAGS_MAX) overLimit(`A Firehose can have at most ${TAGS_MAX} tags.`);
  return merged;
}

export const TagDeliveryStream: Operation<Present<TagDeliveryStreamInput>, object, Stream> = {
  load: loadStream,
  access: (input, _ctx, stream) => streamAccess(stream, requestTags(input.Tags)),
  async run(input, ctx, stream) {
    await ctx.store.replace(streams, { ...stream, tags: acceptedTags(stream.tags, input.Tags) });
    return {};
  },
};

export const UntagDeliveryStream: Operation<Present<UntagDeliveryStreamInput>, object, Stream> = {
  load: loadStream,
  access: (input, _ctx, stream) => streamAccess(stream, requestTagKeys(input.TagKeys)),
  async run(input, ctx, stream) {
    await ctx.store.replace(streams, { ...stream, tags: withoutTags(stream.tags, input.TagKeys) });
    return {};
  },
};

export const ListTagsForDeliveryStream: Operation<
  Present<ListTagsForDeliveryStreamInput>,
  ListTagsForDeliveryStreamOutput,
  Stream
> = {
  load: loadStream,
  access: (_input, _ctx, stream) => streamAccess(stream),
  async run({ ExclusiveStartTagKey: after, Limit = TAGS_MAX }, _ctx, { tags }) {
    const sorted = [...tags].sort((a, b) => (a.Key < b.Key ? -1 : 1));
    const rest = after === undefined ? sorted : sorted.filter(({ Key }) => Key > after);
    return { Tags: rest.slice(0, Limit), HasMoreTags: rest.length > Limit };
  },
};
