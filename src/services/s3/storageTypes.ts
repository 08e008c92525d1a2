/**
 * How much a bucket holds, by kinds of storage as CloudWatch names them: bytes, and what the smaller storage classes
 * charge beside them.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html#s3-cloudwatch-dimensions
 */
import { archiveTierOf } from './accessTiers.ts';
import type { LensSums } from './lensMetrics.ts';
import type { BucketSettings } from './settings.ts';
import type { ObjectVersion } from './versions.ts';

/** Sums, as they grow while a bucket is gone through. */
export interface Held {
  /** Versions, delete markers, parts of uploads. */
  objects: number;
  /** StorageType → bytes. */
  readonly bytes: Record<string, number>;
  /** Analytics configuration → storage class → sums by age. */
  readonly analyses: Record<string, Record<string, HeldByAge>>;
  readonly lens: LensSums;
}

export interface HeldByAge {
  objects: number;
  bytes: number;
  /** Of each age group, objects of 128 KB and more. */
  readonly groups: number[];
}

export const nothingHeld = (): Held => ({ objects: 0, bytes: {}, analyses: {}, lens: {} });

type Kinds = (size: number) => Readonly<Record<string, number>>;

const SMALLEST = 128 * 1024;
const sizeOverhead = (size: number) => Math.max(0, SMALLEST - size);
/** An index in its own class, and a name in S3 Standard. */
const archived = (kind: string, size: number) => ({
  [`${kind}Storage`]: size,
  [`${kind}ObjectOverhead`]: 32 * 1024,
  [`${kind}S3ObjectOverhead`]: 8 * 1024,
});

const CLASSES: Readonly<Record<string, Kinds>> = {
  STANDARD: (size) => ({ StandardStorage: size }),
  REDUCED_REDUNDANCY: (size) => ({ ReducedRedundancyStorage: size }),
  STANDARD_IA: (size) => ({ StandardIAStorage: size, StandardIASizeOverhead: sizeOverhead(size) }),
  ONEZONE_IA: (size) => ({ OneZoneIAStorage: size, OneZoneIASizeOverhead: sizeOverhead(size) }),
  GLACIER_IR: (size) => ({ GlacierInstantRetrievalStorage: size, GlacierIRSizeOverhead: sizeOverhead(size) }),
  GLACIER: (size) => archived('Glacier', size),
  DEEP_ARCHIVE: (size) => archived('DeepArchive', size),
};

const TIERS: Readonly<Record<string, string>> = {
  ARCHIVE_ACCESS: 'IntelligentTieringAAStorage',
  DEEP_ARCHIVE_ACCESS: 'IntelligentTieringDAAStorage',
};

export function addVersion(held: Held, version: ObjectVersion, settings: BucketSettings, now: Date): void {
  held.objects++;
  if (version.deleteMarker) return;
  const { size, storageClass = 'STANDARD' } = version;
  if (storageClass === 'INTELLIGENT_TIERING') {
    const tier = archiveTierOf(version, settings, now);
    addBytes(held, { [tier === undefined ? 'IntelligentTieringFAStorage' : TIERS[tier]!]: size });
  } else addBytes(held, (CLASSES[storageClass] ?? CLASSES.STANDARD!)(size));
}

const STAGING: Readonly<Record<string, string>> = {
  GLACIER: 'GlacierStagingStorage',
  DEEP_ARCHIVE: 'DeepArchiveStagingStorage',
};

/** A part of an upload that is not complete. */
export function addPart(held: Held, size: number, storageClass = 'STANDARD'): void {
  held.objects++;
  const staging = STAGING[storageClass];
  addBytes(held, staging === undefined ? (CLASSES[storageClass] ?? CLASSES.STANDARD!)(size) : { [staging]: size });
}

function addBytes({ bytes }: Held, more: Readonly<Record<string, number>>): void {
  for (const [kind, size] of Object.entries(more)) if (size > 0) bytes[kind] = (bytes[kind] ?? 0) + size;
}
