/** Whether a bucket keeps old versions. https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html */
import type {
  GetBucketVersioningOutput,
  GetBucketVersioningRequest,
  PutBucketVersioningRequest,
} from '@aws-sdk/client-s3';
import type { Present } from '../../core/operation.ts';
import { type Bucket, buckets } from './bucketRows.ts';
import { s3Error } from './errors.ts';
import { notWithMfa, requireCode, requireMfa } from './mfaDelete.ts';
import { onBucket, oneOf } from './onBucket.ts';

export const GetBucketVersioning = onBucket<Present<GetBucketVersioningRequest>, GetBucketVersioningOutput>({
  action: 's3:GetBucketVersioning',
  run: async (_input, _ctx, { bucket: { versioning, mfaDelete } }) => ({
    ...(versioning && { Status: versioning }),
    ...(mfaDelete && { MFADelete: mfaDelete }),
  }),
});

export const PutBucketVersioning = onBucket<Present<PutBucketVersioningRequest>, object>({
  action: 's3:PutBucketVersioning',
  async run(input, ctx, { bucket, settings }) {
    const { Status, MFADelete } = input.VersioningConfiguration ?? {};
    if (Status === undefined) throw s3Error('IllegalVersioningConfigurationException');
    const versioning = oneOf(Status, ['Enabled', 'Suspended'] as const);
    const mfaDelete = MFADelete === undefined ? bucket.mfaDelete : oneOf(MFADelete, ['Enabled', 'Disabled'] as const);
    if (mfaDelete !== bucket.mfaDelete) await requireCode(ctx, bucket, input.MFA);
    else await requireMfa(ctx, bucket, input.MFA);
    if (mfaDelete === 'Enabled' && settings.lifecycle) throw notWithMfa();
    if (versioning === 'Suspended' && settings.objectLock) {
      const message =
        'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.';
      throw s3Error('InvalidBucketState', { message });
    }
    if (versioning === 'Suspended' && settings.replication) {
      const message =
        'A replication configuration is present on this bucket, so the versioning state cannot be changed.';
      throw s3Error('InvalidBucketState', { message });
    }
    const changed: Bucket = { ...bucket, versioning, ...(mfaDelete && { mfaDelete }) };
    await ctx.store.replace(buckets, changed);
    return {};
  },
});
