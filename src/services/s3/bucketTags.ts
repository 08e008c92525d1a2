/**
 * Tags of buckets, and the rules that tags of buckets and objects have in common.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/CostAllocTagging.html
 */
import type {
  DeleteBucketTaggingRequest,
  GetBucketTaggingOutput,
  GetBucketTaggingRequest,
  PutBucketTaggingRequest,
  Tag as S3Tag,
} from '@aws-sdk/client-s3';
import { CommonError } from '../../core/errors.ts';
import type { Present, Tag } from '../../core/operation.ts';
import { requestTags } from '../../core/tags.ts';
import { s3Error } from './errors.ts';
import { onBucket, wanted } from './onBucket.ts';
import { type BucketSettings, changeSettings } from './settings.ts';

const BUCKET_TAGS_MAX = 50;
const KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
const VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

/** The tags of a request, once they are as tags must be. Throws InvalidTag or MalformedXML. */
export function requireTags(given: readonly S3Tag[], max = BUCKET_TAGS_MAX): readonly Tag[] {
  const tags = given.map(({ Key, Value }) => ({ Key: wanted(Key), Value: wanted(Value) }));
  for (const { Key, Value } of tags) {
    const about = (message: string) => s3Error('InvalidTag', { message, details: { TagKey: Key, TagValue: Value } });
    if (!KEY.test(Key)) throw about('The TagKey you have provided is invalid');
    if (!VALUE.test(Value)) throw about('The TagValue you have provided is invalid');
    if (/^aws:/i.test(Key)) throw about('System tags cannot be added/updated by requester');
  }
  if (new Set(tags.map(({ Key }) => Key)).size < tags.length) {
    throw s3Error('InvalidTag', { message: 'Cannot provide multiple Tags with the same key' });
  }
  if (tags.length > max) {
    throw new CommonError('BadRequest', `Tag count cannot be greater than ${max}`, 400);
  }
  return tags;
}

/** Tags that policies are told of are set by S3 Control's TagResource alone, which asks for the permission to tag. */
function requireNoAbac({ abac }: BucketSettings): void {
  if (abac) throw s3Error('MethodNotAllowed');
}

export const GetBucketTagging = onBucket<Present<GetBucketTaggingRequest>, GetBucketTaggingOutput>({
  action: 's3:GetBucketTagging',
  async run(_input, _ctx, { settings }) {
    if (!settings.tags) {
      throw new CommonError('NoSuchTagSet', 'The TagSet does not exist', 404, {
        details: { BucketName: settings.bucket },
      });
    }
    return { TagSet: [...settings.tags] };
  },
});

export const PutBucketTagging = onBucket<Present<PutBucketTaggingRequest>, object>({
  action: 's3:PutBucketTagging',
  conditions: (input) => requestTags(input.Tagging.TagSet),
  async run(input, ctx, { bucket, settings }) {
    const tags = requireTags(wanted(input.Tagging?.TagSet));
    requireNoAbac(settings);
    await changeSettings(ctx, bucket.name, { tags });
    return {};
  },
});

export const DeleteBucketTagging = onBucket<Present<DeleteBucketTaggingRequest>, object>({
  action: 's3:PutBucketTagging',
  async run(_input, ctx, { bucket, settings }) {
    requireNoAbac(settings);
    await changeSettings(ctx, bucket.name, { tags: undefined });
    return {};
  },
});
