/**
 * What an operation on a multi-Region key leaves in the records of the other Region.
 * https://docs.aws.amazon.com/kms/latest/developerguide/ct-replicate-key.html
 * https://docs.aws.amazon.com/kms/latest/developerguide/ct-update-primary-region.html
 */
import type { KeyMetadata, ReplicateKeyRequest } from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { appendRecord } from '../../core/ownRecords.ts';
import { userIdentity } from '../../core/userIdentity.ts';
import { recordInput, recordOutput } from '../../protocols/recording.ts';
import { kms } from './index.ts';
import { type Key, keyArn } from './keys.ts';

const SOURCE = 'kms.amazonaws.com';

const resourcesOf = (key: Key) => [{ accountId: key.account, type: 'AWS::KMS::Key', ARN: keyArn(key) }];

/** The caller's doing, by KMS. */
const byCaller = (ctx: Context) => ({
  userIdentity: { ...userIdentity(ctx.caller), invokedBy: SOURCE },
  eventSource: SOURCE,
  requestID: ctx.requestId,
  eventType: 'AwsApiCall',
  apiVersion: kms.wire.version,
});

/** Of the replica, where it was made. */
export function recordCreation(ctx: Context, replica: Key, input: ReplicateKeyRequest, made: KeyMetadata): void {
  const { Policy, BypassPolicyLockoutSafetyCheck, Tags } = input;
  const asked = {
    ...{ Policy, BypassPolicyLockoutSafetyCheck, Tags, Description: replica.description, MultiRegion: true },
    ...{ KeyUsage: replica.usage, KeySpec: replica.spec, Origin: replica.origin },
  };
  appendRecord(ctx, replica.account, replica.region, {
    ...byCaller(ctx),
    eventName: 'CreateKey',
    requestParameters: recordInput(kms, 'CreateKey', asked),
    responseElements: recordOutput(kms, 'CreateKey', { KeyMetadata: made }),
    resources: resourcesOf(replica),
  });
}

/** Of the key that is the primary one now, in its Region. The one before is not named. */
export function recordPrimary(ctx: Context, key: Key): void {
  appendRecord(ctx, key.account, key.region, {
    ...byCaller(ctx),
    eventName: 'UpdatePrimaryRegion',
    requestParameters: { keyId: keyArn(key), primaryRegion: key.region },
    responseElements: { keyId: keyArn(key) },
  });
}
