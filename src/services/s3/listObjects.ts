/** The keys of a bucket. */
import type {
  _Object as ListedObject,
  ListObjectsOutput,
  ListObjectsRequest,
  ListObjectsV2Output,
  ListObjectsV2Request,
} from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { type BucketTarget, bucketAccess, loadContents } from './access.ts';
import { objectOwner } from './authority.ts';
import { shownOwner } from './grants.ts';
import { encoder, justBehind, keyOfToken, type Listed, listKeys, pageSize, tokenOfKey } from './listing.ts';
import { quoted } from './objectTargets.ts';
import { requirePayer } from './payment.ts';
import { restoreStatus, wantsRestoreStatus } from './restores.ts';
import { type ObjectVersion, objects, sortable } from './versions.ts';

/** The condition keys of listings. */
export const listingConditions = (input: {
  readonly Prefix?: string | undefined;
  readonly Delimiter?: string | undefined;
  readonly MaxKeys?: number | undefined;
}): Record<string, string | undefined> => ({
  's3:prefix': input.Prefix ?? '',
  's3:delimiter': input.Delimiter,
  's3:max-keys': input.MaxKeys === undefined ? undefined : String(input.MaxKeys),
});

export const ListObjectsV2: Operation<Present<ListObjectsV2Request>, ListObjectsV2Output, BucketTarget> = {
  action: 's3:ListBucket',
  recorded: 'data',
  eventName: 'ListObjects',
  load: loadContents,
  access: (input, ctx, target) => bucketAccess(ctx, target, { conditions: listingConditions(input) }),
  async run(input, ctx, target) {
    requirePayer(ctx, target.settings, input.RequestPayer);
    const { ContinuationToken, StartAfter } = input;
    const after = ContinuationToken === undefined ? (StartAfter ?? '') : keyOfToken(ContinuationToken);
    const encode = encoder(input.EncodingType);
    const listed = await pageOf(ctx, target, input, after);
    return {
      ...shared(input, ctx, target, listed, encode, input.FetchOwner === true),
      ...(ContinuationToken !== undefined && { ContinuationToken }),
      ...(StartAfter !== undefined && { StartAfter: encode(StartAfter) }),
      ...(listed.next !== undefined && { NextContinuationToken: tokenOfKey(listed.next) }),
      KeyCount: listed.rows.length + listed.prefixes.length,
    };
  },
};

export const ListObjects: Operation<Present<ListObjectsRequest>, ListObjectsOutput, BucketTarget> = {
  action: 's3:ListBucket',
  recorded: 'data',
  load: loadContents,
  access: (input, ctx, target) => bucketAccess(ctx, target, { conditions: listingConditions(input) }),
  async run(input, ctx, target) {
    requirePayer(ctx, target.settings, input.RequestPayer);
    const encode = encoder(input.EncodingType);
    const listed = await pageOf(ctx, target, input, input.Marker ?? '');
    const { next } = listed;
    return {
      ...shared(input, ctx, target, listed, encode, true),
      Marker: encode(input.Marker ?? ''),
      // Without a delimiter the last key says as much.
      ...(next !== undefined && input.Delimiter && { NextMarker: encode(next) }),
    };
  },
};

type Input = Present<ListObjectsRequest> | Present<ListObjectsV2Request>;

function pageOf(
  { store }: Context,
  { bucket }: BucketTarget,
  input: Input,
  after: string,
): Promise<Listed<ObjectVersion>> {
  const { Prefix: prefix = '', Delimiter: delimiter = '' } = input;
  const question = { prefix, delimiter, after, limit: pageSize(input.MaxKeys) };
  return listKeys<ObjectVersion>(question, async ({ from: place, after }, limit) => {
    const from = after ? justBehind(after.key) : place;
    const page = await store.list(objects, [bucket.name], {
      from,
      limit,
      startsWith: sortable(prefix),
      unchecked: true,
    });
    return page.rows;
  });
}

function shared(
  input: Input,
  { now }: Context,
  { settings }: BucketTarget,
  { rows, prefixes, next }: Listed<ObjectVersion>,
  encode: (text: string) => string,
  owners: boolean,
) {
  const restores = wantsRestoreStatus(input.OptionalObjectAttributes);
  const contents = rows.map(
    (row): ListedObject => ({
      Key: encode(row.key),
      LastModified: new Date(row.modified),
      ETag: quoted(row.etag),
      ...(row.checksum && { ChecksumAlgorithm: [row.checksum.algorithm], ChecksumType: row.checksum.type }),
      Size: row.size,
      StorageClass: (row.storageClass ?? 'STANDARD') as NonNullable<ListedObject['StorageClass']>,
      ...(owners && { Owner: shownOwner(objectOwner(settings, row)) }),
      ...(restores && restoreStatus(row, now)),
    }),
  );
  return {
    Name: input.Bucket,
    Prefix: encode(input.Prefix ?? ''),
    ...(input.Delimiter && { Delimiter: encode(input.Delimiter) }),
    MaxKeys: pageSize(input.MaxKeys),
    ...(input.EncodingType && { EncodingType: input.EncodingType }),
    IsTruncated: next !== undefined,
    ...(contents.length > 0 && { Contents: contents }),
    ...(prefixes.length > 0 && { CommonPrefixes: prefixes.map((each) => ({ Prefix: encode(each) })) }),
  };
}
