/**
 * The free metrics of Storage Lens: sums of what a bucket holds, by storage class.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage_lens_metrics_glossary.html
 */
import type { UploadRow } from './uploadRows.ts';
import type { ObjectVersion } from './versions.ts';

/** Storage class → metric → value. */
export type LensSums = Record<string, Record<string, number>>;

type Sums = readonly (readonly [metric: string, objects: number, bytes: number])[];

const WEEK_MS = 7 * 86_400_000;

/** `current`: nothing newer of its key is there. */
export function addToLens(lens: LensSums, version: ObjectVersion, current: boolean): void {
  const { size, deleteMarker, sealed, replication, retention, legalHold, storageClass = 'STANDARD' } = version;
  const locked = retention !== undefined || legalHold === true;
  add(lens, storageClass, [
    ['', 1, size],
    [current ? 'CurrentVersion' : 'NonCurrentVersion', 1, size],
    ...(deleteMarker ? ([['DeleteMarker', 1, 0]] as const) : []),
    ...(sealed ? ([['Encrypted', 1, size]] as const) : []),
    ...(replication === 'REPLICA' ? ([['Replicated', 1, size]] as const) : []),
    ...(locked ? ([['ObjectLockEnabled', 1, size]] as const) : []),
  ]);
}

export function addUploadToLens(lens: LensSums, upload: UploadRow, size: number, now: Date): void {
  const storageClass = upload.draft.storageClass ?? 'STANDARD';
  add(lens, storageClass, [
    ['', 1, size],
    ['IncompleteMultipartUpload', 1, size],
  ]);
  if (now.getTime() - upload.initiated < WEEK_MS) return;
  const sums = lens[storageClass]!;
  sums.IncompleteMPUObjectCountOlderThan7Days = (sums.IncompleteMPUObjectCountOlderThan7Days ?? 0) + 1;
  sums.IncompleteMPUStorageBytesOlderThan7Days = (sums.IncompleteMPUStorageBytesOlderThan7Days ?? 0) + size;
}

function add(lens: LensSums, storageClass: string, more: Sums): void {
  const sums = (lens[storageClass] ??= {});
  for (const [name, objects, bytes] of more) {
    sums[`${name}ObjectCount`] = (sums[`${name}ObjectCount`] ?? 0) + objects;
    sums[`${name}StorageBytes`] = (sums[`${name}StorageBytes`] ?? 0) + bytes;
  }
}
