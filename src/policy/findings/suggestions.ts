// "Did you mean …?": operations that are authorized as another action, and misspelt names.

import type { Facts } from './facts.ts';

/** Names of API operations that policies do not know, by the action that authorizes them. */
const authorizedAs: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  s3: {
    ListAllMyBuckets: ['ListBuckets'],
    ListBucket: ['ListObjects', 'ListObjectsV2', 'HeadBucket'],
    ListBucketVersions: ['ListObjectVersions'],
    ListBucketMultipartUploads: ['ListMultipartUploads'],
    ListMultipartUploadParts: ['ListParts'],
    GetObject: ['HeadObject', 'SelectObjectContent'],
    DeleteObject: ['DeleteObjects'],
    PutObject: ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'CopyObject'],
    GetEncryptionConfiguration: ['GetBucketEncryption'],
    PutEncryptionConfiguration: ['PutBucketEncryption', 'DeleteBucketEncryption'],
    GetReplicationConfiguration: ['GetBucketReplication'],
    PutReplicationConfiguration: ['PutBucketReplication', 'DeleteBucketReplication'],
    GetLifecycleConfiguration: ['GetBucketLifecycle', 'GetBucketLifecycleConfiguration'],
    PutLifecycleConfiguration: ['PutBucketLifecycle', 'PutBucketLifecycleConfiguration'],
    GetBucketPublicAccessBlock: ['GetPublicAccessBlock'],
    PutBucketPublicAccessBlock: ['PutPublicAccessBlock', 'DeletePublicAccessBlock'],
  },
  lambda: { InvokeFunction: ['Invoke'] },
};

const operations: ReadonlyMap<string, string> = new Map(
  Object.entries(authorizedAs).flatMap(([prefix, byAction]) =>
    Object.entries(byAction).flatMap(([action, names]) =>
      names.map((name) => [`${prefix}:${name}`.toLowerCase(), `${prefix}:${action}`] as const),
    ),
  ),
);

/** `s3:ListAllMyBuckets` for `s3:ListBuckets`, `s3:GetObject` for `s3:GetObjekt`. */
export function suggestedAction(facts: Facts, prefix: string, name: string): string | undefined {
  const known = operations.get(`${prefix}:${name.toLowerCase()}`);
  if (known !== undefined) return known;
  const names = facts.actionsOf(prefix).map((action) => action.name);
  const nearest = nearestOf(name, names);
  return nearest === undefined ? undefined : `${prefix}:${nearest}`;
}

export function suggestedService(facts: Facts, prefix: string): string | undefined {
  return nearestOf(prefix, facts.servicePrefixes());
}

/** The name that takes the fewest edits, at most a quarter of the letters. */
function nearestOf(wanted: string, names: readonly string[]): string | undefined {
  const text = wanted.toLowerCase();
  let best: string | undefined;
  let bestEdits = Math.floor(text.length / 4) + 1;
  for (const name of names) {
    if (Math.abs(name.length - text.length) >= bestEdits) continue;
    const edits = editsBetween(text, name.toLowerCase());
    if (edits < bestEdits) [best, bestEdits] = [name, edits];
  }
  return best;
}

/** Levenshtein's distance. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
