/** All versions of all keys of a bucket, newest first of each key, with delete markers. */
import type {
  DeleteMarkerEntry,
  ObjectVersion as ListedVersion,
  ListObjectVersionsOutput,
  ListObjectVersionsRequest,
} from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { compareKeys, cursorAt } from '../../store/keys.ts';
import { type BucketTarget, bucketAccess, loadContents } from './access.ts';
import { objectOwner } from './authority.ts';
import { invalidArgument } from './errors.ts';
import { shownOwner } from './grants.ts';
import { encoder, type From, justBehind, type Listed, listKeys, pageSize } from './listing.ts';
import { listingConditions } from './listObjects.ts';
import { quoted } from './objectTargets.ts';
import { requirePayer } from './payment.ts';
import { restoreStatus, wantsRestoreStatus } from './restores.ts';
import { findVersion } from './versionStore.ts';
import { type ObjectVersion, objects, rankOf, sortable, versions } from './versions.ts';

export const ListObjectVersions: Operation<
  Present<ListObjectVersionsRequest>,
  ListObjectVersionsOutput,
  BucketTarget
> = {
  action: 's3:ListBucketVersions',
  recorded: 'data',
  load: loadContents,
  access: (input, ctx, target) => bucketAccess(ctx, target, { conditions: listingConditions(input) }),
  async run(input, ctx, target) {
    requirePayer(ctx, target.settings, input.RequestPayer);
    const { KeyMarker = '', VersionIdMarker } = input;
    if (VersionIdMarker !== undefined && KeyMarker === '') {
      const message = 'A version-id marker cannot be specified without a key marker.';
      throw invalidArgument(message, 'version-id-marker', VersionIdMarker);
    }
    const encode = encoder(input.EncodingType);
    const restored = (version: ObjectVersion) =>
      wantsRestoreStatus(input.OptionalObjectAttributes) ? restoreStatus(version, ctx.now) : {};
    const listed = await pageOf(ctx, target, input);
    const last = listed.rows.at(-1);
    return {
      Name: input.Bucket,
      Prefix: encode(input.Prefix ?? ''),
      ...(input.Delimiter && { Delimiter: encode(input.Delimiter) }),
      MaxKeys: pageSize(input.MaxKeys),
      ...(input.EncodingType && { EncodingType: input.EncodingType }),
      KeyMarker: encode(KeyMarker),
      VersionIdMarker: VersionIdMarker ?? '',
      IsTruncated: listed.next !== undefined,
      ...(listed.next !== undefined && {
        NextKeyMarker: encode(listed.next),
        ...(last?.key === listed.next && { NextVersionIdMarker: last.id }),
      }),
      ...shown(listed, target, encode, restored),
    };
  },
};

type Input = Present<ListObjectVersionsRequest>;

/** A version, and whether it is the latest of its key. */
type Placed = ObjectVersion & { readonly latest: boolean };

async function pageOf(ctx: Context, target: BucketTarget, input: Input): Promise<Listed<Placed>> {
  const { Prefix: prefix = '', Delimiter: delimiter = '', KeyMarker = '', VersionIdMarker } = input;
  const marked =
    VersionIdMarker === undefined ? undefined : await findVersion(ctx, target.bucket, KeyMarker, VersionIdMarker);
  const afterRow = marked && { ...marked, latest: false };
  const question = { prefix, delimiter, after: KeyMarker, afterRow, limit: pageSize(input.MaxKeys) };
  return listKeys<Placed>(question, (place, wanted) => readVersions(ctx, target.bucket.name, prefix, place, wanted));
}

/** Current and old versions merged in the order of keys, newest first. */
async function readVersions(
  { store }: Context,
  bucket: string,
  prefix: string,
  { from, after }: From<Placed>,
  limit: number,
): Promise<Placed[]> {
  const page = { from, limit, startsWith: sortable(prefix), unchecked: true } as const;
  const current = await store.list(objects, [bucket], after ? { ...page, from: justBehind(after.key) } : page);
  // A space is more than what ends the part of a key: so this row is behind us.
  const behind = after && cursorAt([bucket, sortable(after.key), `${rankOf(after)} `]);
  const old = await store.list(versions, [bucket], { ...page, after: behind });
  const merged: Placed[] = [];
  let [c, o] = [0, 0];
  let before = after?.key;
  while (merged.length < limit && (c < current.rows.length || o < old.rows.length)) {
    const next = earlier(current.rows[c], old.rows[o]);
    if (next === current.rows[c]) c++;
    else o++;
    merged.push({ ...next, latest: next.key !== before });
    before = next.key;
  }
  return merged;
}

/** Of one key the current version comes before the old ones. */
function earlier(current: ObjectVersion | undefined, old: ObjectVersion | undefined): ObjectVersion {
  if (!current) return old!;
  return !old || compareKeys(sortable(current.key), sortable(old.key)) <= 0 ? current : old;
}

function shown(
  { rows, prefixes }: Listed<Placed>,
  { settings }: BucketTarget,
  encode: (text: string) => string,
  restored: (version: ObjectVersion) => Pick<ListedVersion, 'RestoreStatus'>,
) {
  const Versions: ListedVersion[] = [];
  const DeleteMarkers: DeleteMarkerEntry[] = [];
  for (const row of rows) {
    const common = {
      Key: encode(row.key),
      VersionId: row.id,
      IsLatest: row.latest,
      LastModified: new Date(row.modified),
      Owner: shownOwner(objectOwner(settings, row)),
    };
    if (row.deleteMarker) DeleteMarkers.push(common);
    else {
      Versions.push({
        ...common,
        ETag: quoted(row.etag),
        ...(row.checksum && { ChecksumAlgorithm: [row.checksum.algorithm], ChecksumType: row.checksum.type }),
        Size: row.size,
        StorageClass: (row.storageClass ?? 'STANDARD') as 'STANDARD',
        ...restored(row),
      });
    }
  }
  return {
    ...(Versions.length > 0 && { Versions }),
    ...(DeleteMarkers.length > 0 && { DeleteMarkers }),
    ...(prefixes.length > 0 && { CommonPrefixes: prefixes.map((each) => ({ Prefix: encode(each) })) }),
  };
}
