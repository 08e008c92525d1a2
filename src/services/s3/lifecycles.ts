/**
 * Lifecycle rules: what is set, as AWS accepts it. What rules mean for a version is in lifecycleRules.ts; who carries
 * it out is in lifecycleRuns.ts.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html
 */
import type {
  DeleteBucketLifecycleRequest,
  GetBucketLifecycleConfigurationOutput,
  GetBucketLifecycleConfigurationRequest,
  LifecycleRule,
  PutBucketLifecycleConfigurationOutput,
  PutBucketLifecycleConfigurationRequest,
} from '@aws-sdk/client-s3';
import { CommonError } from '../../core/errors.ts';
import { lowerId } from '../../core/ids.ts';
import type { Present } from '../../core/operation.ts';
import { s3Error } from './errors.ts';
import { requireLifecycleRules } from './lifecycleFaults.ts';
import { oweLifecycle } from './lifecycleTasks.ts';
import { notWithMfa } from './mfaDelete.ts';
import { onBucket } from './onBucket.ts';
import { changeSettings, type Lifecycle } from './settings.ts';

const MINIMUM_SIZES = ['all_storage_classes_128K', 'varies_by_storage_class'] as const;

export const GetBucketLifecycleConfiguration = onBucket<
  Present<GetBucketLifecycleConfigurationRequest>,
  GetBucketLifecycleConfigurationOutput
>({
  action: 's3:GetLifecycleConfiguration',
  eventName: 'GetBucketLifecycle',
  async run(_input, _ctx, { settings: { bucket, lifecycle } }) {
    if (lifecycle) {
      return { Rules: lifecycle.rules.map(shownRule), TransitionDefaultMinimumObjectSize: lifecycle.minimumSize };
    }
    throw new CommonError('NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist', 404, {
      details: { BucketName: bucket },
    });
  },
});

export const PutBucketLifecycleConfiguration = onBucket<
  Present<PutBucketLifecycleConfigurationRequest>,
  PutBucketLifecycleConfigurationOutput
>({
  action: 's3:PutLifecycleConfiguration',
  eventName: 'PutBucketLifecycle',
  async run(input, ctx, { bucket }) {
    const minimumSize = input.TransitionDefaultMinimumObjectSize ?? MINIMUM_SIZES[0];
    if (!MINIMUM_SIZES.includes(minimumSize)) {
      const message = `Invalid TransitionDefaultMinimumObjectSize found: ${minimumSize}`;
      throw s3Error('InvalidRequest', { message });
    }
    const rules = input.LifecycleConfiguration?.Rules ?? [];
    requireLifecycleRules(rules);
    if (bucket.mfaDelete === 'Enabled') throw notWithMfa();
    const kept = rules.map((rule) => keptRule({ ...rule, ID: rule.ID || lowerId(32, ctx) }));
    await changeSettings(ctx, bucket.name, { lifecycle: { rules: kept, minimumSize } });
    await oweLifecycle(ctx, bucket, true);
    return { TransitionDefaultMinimumObjectSize: minimumSize };
  },
});

export const DeleteBucketLifecycle = onBucket<Present<DeleteBucketLifecycleRequest>, object>({
  action: 's3:PutLifecycleConfiguration',
  async run(_input, ctx, { bucket }) {
    await changeSettings(ctx, bucket.name, { lifecycle: undefined });
    await oweLifecycle(ctx, bucket, false);
    return {};
  },
});

/** Rows are JSON: dates are kept as text. */
const keptRule = (rule: LifecycleRule): LifecycleRule => JSON.parse(JSON.stringify(rule)) as LifecycleRule;

function shownRule(rule: Lifecycle['rules'][number]): LifecycleRule {
  const dated = <T extends { Date?: Date | undefined }>(action: T): T =>
    action.Date === undefined ? action : { ...action, Date: new Date(action.Date) };
  return {
    ...rule,
    ...(rule.Expiration && { Expiration: dated(rule.Expiration) }),
    ...(rule.Transitions && { Transitions: rule.Transitions.map(dated) }),
  };
}
