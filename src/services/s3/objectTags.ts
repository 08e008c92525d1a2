/** Tags of objects. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
import type {
  DeleteObjectTaggingOutput,
  DeleteObjectTaggingRequest,
  GetObjectTaggingOutput,
  GetObjectTaggingRequest,
  PutObjectTaggingOutput,
  PutObjectTaggingRequest,
} from '@aws-sdk/client-s3';
import type { Operation, Present } from '../../core/operation.ts';
import { objectEvent } from './notifications.ts';
import { objectTags, requestedTags } from './objectMetadata.ts';
import { type ObjectTarget, objectActions, onObject, presentVersion, shownVersion } from './objectTargets.ts';
import { wanted } from './onBucket.ts';
import { replaceVersion } from './versionStore.ts';

export const GetObjectTagging: Operation<Present<GetObjectTaggingRequest>, GetObjectTaggingOutput, ObjectTarget> = {
  ...onObject(objectActions('Get', 'Tagging')),
  async run(input, _ctx, target) {
    const version = presentVersion(target, input);
    return { ...shownVersion(target, version), TagSet: [...(version.tags ?? [])] };
  },
};

export const PutObjectTagging: Operation<Present<PutObjectTaggingRequest>, PutObjectTaggingOutput, ObjectTarget> = {
  ...onObject(objectActions('Put', 'Tagging'), ({ Tagging }: Present<PutObjectTaggingRequest>) =>
    requestedTags((Tagging?.TagSet ?? []).map(({ Key = '', Value = '' }) => ({ Key, Value }))),
  ),
  async run(input, ctx, target) {
    const version = presentVersion(target, input);
    const tags = objectTags(wanted(input.Tagging?.TagSet));
    await replaceVersion(ctx, { ...version, tags });
    await objectEvent(ctx, target, { name: 'ObjectTagging:Put', version, reason: 'PutObjectTagging' });
    return shownVersion(target, version);
  },
};

export const DeleteObjectTagging: Operation<
  Present<DeleteObjectTaggingRequest>,
  DeleteObjectTaggingOutput,
  ObjectTarget
> = {
  ...onObject(objectActions('Delete', 'Tagging')),
  async run(input, ctx, target) {
    const version = presentVersion(target, input);
    const { tags: _, ...rest } = version;
    await replaceVersion(ctx, rest);
    await objectEvent(ctx, target, { name: 'ObjectTagging:Delete', version, reason: 'DeleteObjectTagging' });
    return shownVersion(target, version);
  },
};
