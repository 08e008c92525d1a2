/** Which versions a manifest generator chooses. */
import type { JobManifestGeneratorFilter, ObjectEncryptionFilter } from '@aws-sdk/client-s3-control';

/** A version as S3 tells of it. */
export interface ListedVersion {
  readonly key: string;
  readonly id?: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  readonly storageClass: string;
  readonly replication: string;
  readonly encryption: string;
  readonly kmsKey?: string | undefined;
  readonly bucketKey: boolean;
  readonly replicates: boolean;
}

type Filter = JobManifestGeneratorFilter | undefined;

/** What is replicated has versions: all of them are looked at. Else only what is current. */
export const wantsOldVersions = (filter: Filter): boolean =>
  filter?.EligibleForReplication === true || filter?.ObjectReplicationStatuses !== undefined;

export function isChosen(version: ListedVersion, filter: Filter = {}): boolean {
  const { KeyNameConstraint: names = {}, ObjectReplicationStatuses, MatchAnyStorageClass } = filter;
  const { key, size, modified } = version;
  return (
    (filter.EligibleForReplication === undefined || filter.EligibleForReplication === version.replicates) &&
    (filter.CreatedAfter === undefined || modified > filter.CreatedAfter.getTime()) &&
    (filter.CreatedBefore === undefined || modified < filter.CreatedBefore.getTime()) &&
    (filter.ObjectSizeGreaterThanBytes === undefined || size > filter.ObjectSizeGreaterThanBytes) &&
    (filter.ObjectSizeLessThanBytes === undefined || size < filter.ObjectSizeLessThanBytes) &&
    any(ObjectReplicationStatuses, (status) => status === version.replication) &&
    any(MatchAnyStorageClass, (name) => name === version.storageClass) &&
    any(filter.MatchAnyObjectEncryption, (wanted) => isEncryptedSo(version, wanted)) &&
    any(names.MatchAnyPrefix, (text) => key.startsWith(text)) &&
    any(names.MatchAnySuffix, (text) => key.endsWith(text)) &&
    any(names.MatchAnySubstring, (text) => key.includes(text))
  );
}

const any = <T>(wanted: readonly T[] | undefined, matches: (value: T) => boolean) =>
  wanted === undefined || wanted.length === 0 || wanted.some(matches);

function isEncryptedSo({ encryption, kmsKey, bucketKey }: ListedVersion, wanted: ObjectEncryptionFilter): boolean {
  const kms = wanted.SSEKMS ?? wanted.DSSEKMS;
  const named = wanted.SSES3
    ? 'SSE-S3'
    : wanted.SSEKMS
      ? 'SSE-KMS'
      : wanted.DSSEKMS
        ? 'DSSE-KMS'
        : wanted.SSEC
          ? 'SSE-C'
          : 'NOT-SSE';
  if (encryption !== named) return false;
  if (kms?.KmsKeyArn !== undefined && kms.KmsKeyArn !== kmsKey) return false;
  return wanted.SSEKMS?.BucketKeyEnabled === undefined || wanted.SSEKMS.BucketKeyEnabled === bucketKey;
}
