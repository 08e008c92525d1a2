/**
 * Which objects of S3 Intelligent-Tiering are archived: those that nobody read for as many days as the bucket's
 * configurations say. The last access is kept to the day, and only while there is a configuration; what was there
 * before one counts from when it was set. Other tiers are read like any storage, so they make no difference here.
 */
import type { IntelligentTieringAccessTier } from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { isAbout } from './namedConfigurations.ts';
import type { BucketSettings } from './settings.ts';
import { replaceVersion } from './versionStore.ts';
import type { ObjectVersion } from './versions.ts';

const DAY_MS = 86_400_000;
/** Smaller objects are not watched. */
const WATCHED_BYTES_MIN = 128 * 1024;

const isWatched = ({ storageClass, size }: ObjectVersion, { tiering }: BucketSettings) =>
  tiering !== undefined && storageClass === 'INTELLIGENT_TIERING' && size >= WATCHED_BYTES_MIN;

/** Undefined where the object can be read. */
export function archiveTierOf(
  version: ObjectVersion,
  settings: BucketSettings,
  now: Date,
): IntelligentTieringAccessTier | undefined {
  const { thaw } = version;
  if (thaw && now.getTime() < thaw.ready) return thaw.tier;
  if (!isWatched(version, settings)) return undefined;
  let deepest: IntelligentTieringAccessTier | undefined;
  for (const { configuration, since } of settings.tiering!) {
    if (configuration.Status !== 'Enabled' || !isAbout(configuration.Filter, version)) continue;
    const used = Math.max(version.modified, version.accessed ?? 0, thaw?.ready ?? 0, since);
    for (const { Days = 0, AccessTier } of configuration.Tierings ?? []) {
      if (now.getTime() - used >= Days * DAY_MS && deepest !== 'DEEP_ARCHIVE_ACCESS') deepest = AccessTier;
    }
  }
  return deepest;
}

const dayOf = (time: number) => Math.floor(time / DAY_MS);

/** Remembers that the object was read today. */
export async function noteAccess(ctx: Context, settings: BucketSettings, version: ObjectVersion): Promise<void> {
  if (!isWatched(version, settings)) return;
  const now = ctx.now.getTime();
  if (dayOf(Math.max(version.accessed ?? 0, version.modified)) >= dayOf(now)) return;
  await replaceVersion(ctx, { ...version, accessed: now });
}
