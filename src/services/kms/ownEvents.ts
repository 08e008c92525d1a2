/**
 * What a key goes through by itself: its rotations, the expiry of its material, its end. They are no calls of anybody:
 * CloudTrail records them as events of the service, and EventBridge hears of them.
 * https://docs.aws.amazon.com/kms/latest/developerguide/ct-delete-key.html
 * https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html
 */
import type { RotationType } from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { emit } from '../../core/events.ts';
import { timeUuid } from '../../core/ids.ts';
import { appendRecord } from '../../core/ownRecords.ts';
import type { DeletionTask } from './keyStoreTasks.ts';
import { type Key, keyArn } from './keys.ts';

interface Ended {
  readonly account: string;
  readonly region: string;
  readonly arn: string;
}

export function noteDeletion(ctx: Context, ended: Ended, data?: object): void {
  note(ctx, ended, 'DeleteKey', {
    responseElements: { keyId: ended.arn },
    ...(data && { additionalEventData: data }),
  });
  tell(ctx, ended, 'KMS CMK Deletion', {});
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/ct-deleteexpiredkeymaterial.html */
export function noteExpiry(ctx: Context, ended: Ended & { readonly keyId: string }, keyMaterialId: string): void {
  note(ctx, ended, 'DeleteExpiredKeyMaterial', { serviceEventDetails: { keyId: ended.keyId, keyMaterialId } });
  tell(ctx, ended, 'KMS Imported Key Material Expiration', { 'key-material-id': keyMaterialId });
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/ct-rotatekey.html */
export function noteRotation(ctx: Context, key: Key, rotationType: RotationType, currentKeyMaterialId: string): void {
  const { account, region, id: keyId, origin: keyOrigin, material } = key;
  const details = { rotationType, keyOrigin, previousKeyMaterialId: material?.id, currentKeyMaterialId, keyId };
  const rotated = { account, region, arn: keyArn(key) };
  note(ctx, rotated, 'RotateKey', { serviceEventDetails: details });
  tell(ctx, rotated, 'KMS CMK Rotation', {
    'key-origin': keyOrigin,
    'rotation-type': rotationType,
    'previous-key-material-id': material?.id,
    'current-key-material-id': currentKeyMaterialId,
  });
}

/**
 * What replicas share with their primary key was copied to them.
 * https://docs.aws.amazon.com/kms/latest/developerguide/ct-synchronize-multi-region-key.html
 */
export function noteSynchronization(ctx: Context, primary: Key): void {
  const { account, region } = primary;
  const copied = { account, region, arn: keyArn(primary) };
  const requestID = timeUuid(ctx.now, ctx);
  const told = { responseElements: { keyId: copied.arn }, requestID, eventType: 'AwsApiCall' };
  note(ctx, copied, 'SynchronizeMultiRegionKey', told);
}

function tell(ctx: Context, { account, region, arn }: Ended, detailType: string, more: object): void {
  const detail = { 'key-id': arn.split('/').at(-1), ...more };
  emit(ctx, { source: 'aws.kms', detailType, resources: [arn], detail, account, region });
}

/** Nobody called, whoever's request it is that finds it. */
const INTERNAL = 'AWS Internal';

function note(ctx: Context, { account, region, arn }: Ended, eventName: string, more: object): void {
  appendRecord(ctx, account, region, {
    ...{ eventVersion: '1.08', userIdentity: { accountId: account, invokedBy: INTERNAL } },
    ...{ eventSource: 'kms.amazonaws.com', eventName, eventType: 'AwsServiceEvent' },
    ...{ sourceIPAddress: INTERNAL, userAgent: INTERNAL, tlsDetails: undefined },
    resources: [{ accountId: account, type: 'AWS::KMS::Key', ARN: arn }],
    ...more,
  });
}

interface TokenDeletion extends DeletionTask {
  readonly clusterId: string | undefined;
  readonly isDone: boolean;
}

/** Of a key whose material lay in a token, with what became of that. */
export function noteTokenDeletion(ctx: Context, where: Omit<Ended, 'arn'>, deletion: TokenDeletion): void {
  const { storeId: customKeyStoreId, clusterId, backing, isDone } = deletion;
  const backingKey = { backingKeyId: backing };
  const status = { ...backingKey, deletionStatus: isDone ? 'SUCCESS' : 'FAILURE' };
  const backingKeys = JSON.stringify([backingKey]);
  const told = { customKeyStoreId, clusterId, backingKeys, backingKeysDeletionStatus: JSON.stringify([status]) };
  noteDeletion(ctx, { ...where, arn: deletion.keyArn }, told);
}
