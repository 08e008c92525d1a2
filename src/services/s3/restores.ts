/**
 * Archived objects: not to be read until a copy is restored, and after it is gone again. When a restore is ready
 * follows from the plane's clock.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
 */
import type {
  IntelligentTieringAccessTier,
  RestoreObjectOutput,
  RestoreObjectRequest,
  RestoreStatus,
} from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { CommonError, notImplemented } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { later } from '../../core/tasks.ts';
import { archiveTierOf } from './accessTiers.ts';
import { invalidArgument, s3Error } from './errors.ts';
import { midnightAfter } from './lifecycleRules.ts';
import { objectEvent } from './notifications.ts';
import { type ObjectTarget, onObject, presentVersion, sameAction } from './objectTargets.ts';
import { oneOf, wanted } from './onBucket.ts';
import { RESTORED, type Restored } from './restoreTasks.ts';
import type { BucketSettings } from './settings.ts';
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

/** Archives of Intelligent-Tiering take as long. */
const LIKE = { ARCHIVE_ACCESS: 'GLACIER', DEEP_ARCHIVE_ACCESS: 'DEEP_ARCHIVE' } as const;

/** Throws InvalidObjectState for an archived object without a restored copy. */
export function requireRestored(version: ObjectVersion, settings: BucketSettings, now: Date): void {
  const { restore, storageClass } = version;
  const AccessTier = archiveTierOf(version, settings, now);
  if (AccessTier) throw s3Error('InvalidObjectState', { details: { StorageClass: storageClass!, AccessTier } });
  if (!durationsOf(version)) return;
  if (restore && restore.ready <= now.getTime() && now.getTime() < restore.until) return;
  throw s3Error('InvalidObjectState', { details: { StorageClass: storageClass! } });
}

/** `x-amz-restore` of answers. */
export function restoreAnswer({ restore, thaw }: ObjectVersion, now: Date): { Restore?: string } {
  if (thaw) return { Restore: `ongoing-request="${now.getTime() < thaw.ready}"` };
  if (!restore || restore.until <= now.getTime()) return {};
  if (now.getTime() < restore.ready) return { Restore: 'ongoing-request="true"' };
  return { Restore: `ongoing-request="false", expiry-date="${new Date(restore.until).toUTCString()}"` };
}

/** Of an archived object in a list, where the list is asked for it. */
export function restoreStatus({ restore }: ObjectVersion, now: Date): { RestoreStatus?: RestoreStatus } {
  if (!restore || restore.until <= now.getTime()) return {};
  if (now.getTime() < restore.ready) return { RestoreStatus: { IsRestoreInProgress: true } };
  return { RestoreStatus: { IsRestoreInProgress: false, RestoreExpiryDate: new Date(restore.until) } };
}

/** What of each object a list is asked for beside what it tells anyway. Throws InvalidArgument. */
export function wantsRestoreStatus(asked: readonly string[] = []): boolean {
  const unknown = asked.find((name) => name !== 'RestoreStatus');
  if (unknown === undefined) return asked.length > 0;
  throw invalidArgument('Invalid attribute name specified', 'x-amz-optional-object-attributes', unknown);
}

export const RestoreObject: Operation<Present<RestoreObjectRequest>, RestoreObjectOutput, ObjectTarget> = {
  ...onObject(sameAction('s3:RestoreObject')),
  async run(input, ctx, target) {
    const version = presentVersion(target, input);
    const asked = wanted(input.RestoreRequest);
    if (asked.Type !== undefined || asked.SelectParameters || asked.OutputLocation) notImplemented('A select restore');
    const tier = archiveTierOf(version, target.settings, ctx.now);
    if (tier) return thaw(ctx, target, version, tier, asked);
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

/** What Intelligent-Tiering archived comes back for good. */
async function thaw(
  ctx: Context,
  { bucket, ...target }: ObjectTarget,
  version: ObjectVersion,
  tier: IntelligentTieringAccessTier,
  asked: NonNullable<RestoreObjectRequest['RestoreRequest']>,
): Promise<RestoreObjectOutput> {
  const now = ctx.now.getTime();
  if (version.thaw && now < version.thaw.ready) throw restoring();
  if (asked.Days !== undefined) throw s3Error('MalformedXML');
  const ready = now + durationIn(asked, DURATIONS[LIKE[tier]]!);
  const changed: ObjectVersion = { ...version, thaw: { tier, ready } };
  await replaceVersion(ctx, changed);
  const { account, region, name } = bucket;
  const body: Restored = { bucket: name, key: version.key, version: version.id, ready, until: ready };
  await later(ctx, { kind: RESTORED, due: ready, body, account, region });
  await objectEvent(ctx, { bucket, ...target }, { name: 'ObjectRestore:Post', version: changed, reason: '' });
  return {};
}

const restoring = () => new CommonError('RestoreAlreadyInProgress', 'Object restore is already in progress', 409);

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
  if (restore && now < restore.ready) throw restoring();
  if (restore && now < restore.until) return { ready: restore.ready, until: midnightAfter(now, days) };
  return { ready: now + durationMs, until: midnightAfter(now + durationMs, days) };
}
