/**
 * Archived objects: not to be read until a copy is restored, and after it is gone again. When a restore is ready
 * follows from the plane's clock.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
 */
import type { RestoreObjectOutput, RestoreObjectRequest } from '@aws-sdk/client-s3';
import { CommonError, notImplemented } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { later } from '../../core/tasks.ts';
import { s3Error } from './errors.ts';
import { midnightAfter } from './lifecycleRules.ts';
import { objectEvent } from './notifications.ts';
import { existingAccess, loadObject, type ObjectTarget, presentVersion } from './objectTargets.ts';
import { oneOf, wanted } from './onBucket.ts';
import { RESTORED, type Restored } from './restoreTasks.ts';
import { replaceVersion } from './versionStore.ts';
import type { ObjectVersion } from './versions.ts';

const HOUR_MS = 3_600_000;

/** Storage class → how a restore is asked for → how long it takes, in milliseconds. */
const DURATIONS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  GLACIER: { Expedited: 300_000, Standard: 5 * HOUR_MS, Bulk: 12 * HOUR_MS },
  DEEP_ARCHIVE: { Standard: 12 * HOUR_MS, Bulk: 48 * HOUR_MS },
};

const durationsOf = ({ storageClass = 'STANDARD' }: ObjectVersion) =>
  Object.hasOwn(DURATIONS, storageClass) ? DURATIONS[storageClass] : undefined;

/** Throws InvalidObjectState for an archived object without a restored copy. */
export function requireRestored(version: ObjectVersion, now: Date): void {
  const { restore, storageClass } = version;
  if (!durationsOf(version)) return;
  if (restore && restore.ready <= now.getTime() && now.getTime() < restore.until) return;
  throw s3Error('InvalidObjectState', { details: { StorageClass: storageClass! } });
}

/** `x-amz-restore` of answers. */
export function restoreAnswer({ restore }: ObjectVersion, now: Date): { Restore?: string } {
  if (!restore || restore.until <= now.getTime()) return {};
  if (now.getTime() < restore.ready) return { Restore: 'ongoing-request="true"' };
  return { Restore: `ongoing-request="false", expiry-date="${new Date(restore.until).toUTCString()}"` };
}

export const RestoreObject: Operation<Present<RestoreObjectRequest>, RestoreObjectOutput, ObjectTarget> = {
  recorded: 'data',
  load: loadObject,
  access: (input, ctx, target) =>
    existingAccess(ctx, target, input, { plain: 's3:RestoreObject', versioned: 's3:RestoreObject' }),
  async run(input, ctx, target) {
    const version = presentVersion(target, input);
    const asked = wanted(input.RestoreRequest);
    if (asked.Type !== undefined || asked.SelectParameters || asked.OutputLocation) notImplemented('A select restore');
    const durations = durationsOf(version);
    if (!durations) {
      const message = "Restore is not allowed for the object's current storage class";
      throw s3Error('InvalidObjectState', { message, details: { StorageClass: version.storageClass ?? 'STANDARD' } });
    }
    const days = wanted(asked.Days);
    if (!Number.isInteger(days) || days < 1) {
      throw s3Error('InvalidArgument', { message: 'restoration days should be at least 1' });
    }
    const restore = restoreOf(version, ctx.now.getTime(), days, durationIn(asked, durations));
    const changed: ObjectVersion = { ...version, restore };
    await replaceVersion(ctx, changed);
    await owe(changed);
    if (restore.ready > ctx.now.getTime()) {
      await objectEvent(ctx, target, { name: 'ObjectRestore:Post', version: changed, reason: '' });
    }
    return {};

    async function owe({ key, id, bucket }: ObjectVersion): Promise<void> {
      const body: Restored = { bucket, key, version: id, ...restore };
      const { account, region } = target.bucket;
      for (const due of [restore.ready, restore.until]) {
        if (due > ctx.now.getTime()) await later(ctx, { kind: RESTORED, due, body, account, region });
      }
    }
  },
};

function durationIn(
  asked: NonNullable<RestoreObjectRequest['RestoreRequest']>,
  durations: Readonly<Record<string, number>>,
) {
  const tier = asked.GlacierJobParameters?.Tier ?? asked.Tier ?? 'Standard';
  oneOf(tier, ['Standard', 'Bulk', 'Expedited'] as const);
  const duration = durations[tier];
  if (duration !== undefined) return duration;
  throw s3Error('InvalidArgument', { message: 'Retrieval option is not supported by this storage class' });
}

/** A copy that is there stays longer, or shorter; one that is on its way is not asked for again. */
function restoreOf({ restore }: ObjectVersion, now: number, days: number, durationMs: number) {
  if (restore && now < restore.ready) {
    throw new CommonError('RestoreAlreadyInProgress', 'Object restore is already in progress', 409);
  }
  if (restore && now < restore.until) return { ready: restore.ready, until: midnightAfter(now, days) };
  return { ready: now + durationMs, until: midnightAfter(now + durationMs, days) };
}
