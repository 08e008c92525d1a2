/**
 * What a bucket encrypts with where requests do not say.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
 */
import type {
  DeleteBucketEncryptionRequest,
  GetBucketEncryptionOutput,
  GetBucketEncryptionRequest,
  PutBucketEncryptionRequest,
  ServerSideEncryptionRule,
} from '@aws-sdk/client-s3';
import type { Present } from '../../core/operation.ts';
import { s3Error } from './errors.ts';
import { DEFAULT_ENCRYPTION } from './newSettings.ts';
import { onBucket, oneOf } from './onBucket.ts';
import { changeSettings } from './settings.ts';

export const GetBucketEncryption = onBucket<Present<GetBucketEncryptionRequest>, GetBucketEncryptionOutput>({
  action: 's3:GetEncryptionConfiguration',
  run: async (_input, _ctx, { settings }) => ({ ServerSideEncryptionConfiguration: { Rules: [settings.encryption] } }),
});

export const PutBucketEncryption = onBucket<Present<PutBucketEncryptionRequest>, object>({
  action: 's3:PutEncryptionConfiguration',
  async run(input, ctx, { bucket, settings }) {
    const rules = input.ServerSideEncryptionConfiguration?.Rules ?? [];
    if (rules.length !== 1) throw s3Error('MalformedXML');
    await changeSettings(ctx, bucket.name, { encryption: acceptedRule(rules[0]!, settings.encryption) });
    return {};
  },
});

export const DeleteBucketEncryption = onBucket<Present<DeleteBucketEncryptionRequest>, object>({
  action: 's3:PutEncryptionConfiguration',
  async run(_input, ctx, { bucket }) {
    await changeSettings(ctx, bucket.name, { encryption: DEFAULT_ENCRYPTION });
    return {};
  },
});

const ALGORITHMS = ['AES256', 'aws:kms', 'aws:kms:dsse'] as const;

/** The rule to keep. What it does not speak of, the blocked types or the algorithm, stays as it was. */
function acceptedRule(rule: ServerSideEncryptionRule, before: ServerSideEncryptionRule): ServerSideEncryptionRule {
  const { ApplyServerSideEncryptionByDefault: given, BlockedEncryptionTypes: blocked } = rule;
  for (const type of blocked?.EncryptionType ?? []) oneOf(type, ['NONE', 'SSE-C'] as const);
  const types = blocked?.EncryptionType?.length ? blocked : before.BlockedEncryptionTypes;
  if (!given && !blocked) throw s3Error('MalformedXML');
  const apply = given ?? before.ApplyServerSideEncryptionByDefault;
  const algorithm = oneOf(apply?.SSEAlgorithm, ALGORITHMS);
  if (apply?.KMSMasterKeyID !== undefined && algorithm === 'AES256') {
    throw s3Error('InvalidArgument', {
      message: 'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse',
      details: { ArgumentName: 'ApplyServerSideEncryptionByDefault' },
    });
  }
  if (algorithm === 'aws:kms:dsse' && rule.BucketKeyEnabled) {
    throw s3Error('InvalidArgument', {
      message: 'Bucket keys are not supported for aws:kms:dsse.',
      details: { ArgumentName: 'BucketKeyEnabled' },
    });
  }
  return {
    ApplyServerSideEncryptionByDefault: apply,
    BucketKeyEnabled: (given ? rule.BucketKeyEnabled : (rule.BucketKeyEnabled ?? before.BucketKeyEnabled)) ?? false,
    ...(types && { BlockedEncryptionTypes: types }),
  };
}
