/**
 * Object Lock of a bucket: what is set. What it means for versions is in locks.ts.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 */
import type {
  GetObjectLockConfigurationOutput,
  GetObjectLockConfigurationRequest,
  ObjectLockConfiguration,
  PutObjectLockConfigurationRequest,
} from '@aws-sdk/client-s3';
import { CommonError } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { s3Error } from './errors.ts';
import { requireNoEventHold } from './locks.ts';
import { onBucket, oneOf } from './onBucket.ts';
import { changeSettings, type ObjectLock } from './settings.ts';

const DAYS_MAX = 36_500;
const YEARS_MAX = 100;
const MODES = ['GOVERNANCE', 'COMPLIANCE'] as const;

export const GetObjectLockConfiguration = onBucket<
  Present<GetObjectLockConfigurationRequest>,
  GetObjectLockConfigurationOutput
>({
  action: 's3:GetBucketObjectLockConfiguration',
  eventName: 'GetBucketObjectLockConfiguration',
  async run(_input, _ctx, { settings: { bucket, objectLock } }) {
    if (objectLock) return { ObjectLockConfiguration: shown(objectLock) };
    throw new CommonError(
      'ObjectLockConfigurationNotFoundError',
      'Object Lock configuration does not exist for this bucket',
      404,
      { details: { BucketName: bucket } },
    );
  },
});

function shown({ retention }: ObjectLock): ObjectLockConfiguration {
  if (!retention) return { ObjectLockEnabled: 'Enabled' };
  const { mode, days, years } = retention;
  const period = { ...(days !== undefined && { Days: days }), ...(years !== undefined && { Years: years }) };
  return { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: mode, ...period } } };
}

export const PutObjectLockConfiguration = onBucket<Present<PutObjectLockConfigurationRequest>, object>({
  action: 's3:PutBucketObjectLockConfiguration',
  eventName: 'PutBucketObjectLockConfiguration',
  async run(input, ctx, { bucket }) {
    const given = input.ObjectLockConfiguration;
    if (given?.ObjectLockEnabled !== 'Enabled') throw s3Error('MalformedXML');
    if (bucket.versioning !== 'Enabled') {
      const message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration";
      throw s3Error('InvalidBucketState', { message });
    }
    const retention = retentionOf(given);
    await changeSettings(ctx, bucket.name, { objectLock: retention ? { retention } : {} });
    return {};
  },
});

function retentionOf({ Rule: rule }: ObjectLockConfiguration): ObjectLock['retention'] | undefined {
  if (!rule) return undefined;
  const { Mode, Days: days, Years: years, DefaultEventHold } = rule.DefaultRetention ?? {};
  requireNoEventHold(DefaultEventHold);
  const mode = oneOf(Mode, MODES);
  if ((days === undefined) === (years === undefined)) throw s3Error('MalformedXML');
  const period = days ?? years!;
  if (!Number.isInteger(period) || period <= 0) {
    throw s3Error('InvalidArgument', { message: 'Default retention period must be a positive integer value.' });
  }
  if ((days ?? 0) > DAYS_MAX || (years ?? 0) > YEARS_MAX) {
    throw s3Error('InvalidArgument', { message: 'Default retention period too large' });
  }
  return { mode, ...(days === undefined ? { years } : { days }) };
}
