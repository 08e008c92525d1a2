/** Uploads under way, and what they have so far. */
import type {
  ListMultipartUploadsOutput,
  ListMultipartUploadsRequest,
  ListPartsOutput,
  ListPartsRequest,
} from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { cursorAt } from '../../store/keys.ts';
import { type BucketTarget, bucketAccess, loadContents, objectAccess } from './access.ts';
import { memberOf } from './checksums.ts';
import { shownOwner } from './grants.ts';
import { encoder, type From, listKeys, pageSize } from './listing.ts';
import { listingConditions } from './listObjects.ts';
import { quoted } from './objectTargets.ts';
import { numberKey, parts, type UploadRow, uploads } from './uploadRows.ts';
import { loadUpload, presentUpload, type UploadTarget } from './uploadTargets.ts';
import { sortable } from './versions.ts';

export const ListParts: Operation<Present<ListPartsRequest>, ListPartsOutput, UploadTarget> = {
  action: 's3:ListMultipartUploadParts',
  recorded: 'data',
  load: loadUpload,
  access: (input, ctx, target) => objectAccess(ctx, target, { key: input.Key }),
  async run(input, ctx, target) {
    const upload = presentUpload(target, input.UploadId);
    const limit = pageSize(input.MaxParts, 'max-parts');
    const marker = Number(input.PartNumberMarker ?? 0) || 0;
    const from = numberKey(marker + 1);
    const { rows } = await ctx.store.list(parts, [upload.id], { from, limit: limit + 1, unchecked: true });
    const shown = rows.slice(0, limit);
    const more = rows.length > limit;
    return {
      Bucket: input.Bucket,
      Key: upload.key,
      UploadId: upload.id,
      PartNumberMarker: String(marker),
      ...(shown.length > 0 && { NextPartNumberMarker: String(shown.at(-1)!.number) }),
      MaxParts: limit,
      IsTruncated: more,
      ...owners(upload, target),
      ...(upload.checksum.asked && {
        ChecksumAlgorithm: upload.checksum.algorithm,
        ChecksumType: upload.checksum.type,
      }),
      StorageClass: (upload.draft.storageClass ?? 'STANDARD') as 'STANDARD',
      ...(shown.length > 0 && {
        Parts: shown.map(({ number, modified, etag, size, checksum }) => ({
          PartNumber: number,
          LastModified: new Date(modified),
          ETag: quoted(etag),
          Size: size,
          [memberOf(upload.checksum.algorithm)]: checksum,
        })),
      }),
    };
  },
};

const owners = ({ initiator, draft }: UploadRow, { settings }: BucketTarget) => ({
  Initiator: { ID: initiator.id, DisplayName: initiator.name },
  Owner: shownOwner(draft.owner ?? settings.account),
});

type Input = Present<ListMultipartUploadsRequest>;

export const ListMultipartUploads: Operation<Input, ListMultipartUploadsOutput, BucketTarget> = {
  action: 's3:ListBucketMultipartUploads',
  recorded: 'data',
  load: loadContents,
  access: (input, ctx, target) => bucketAccess(ctx, target, { conditions: listingConditions(input) }),
  async run(input, ctx, target) {
    const { Prefix: prefix = '', Delimiter: delimiter = '', KeyMarker: after = '', UploadIdMarker: id = '' } = input;
    const encode = encoder(input.EncodingType);
    const limit = pageSize(input.MaxUploads, 'max-uploads');
    const afterRow = id === '' || after === '' ? undefined : { key: after, id };
    const question = { prefix, delimiter, after, afterRow, limit };
    const listed = await listKeys<Listed>(question, (place, wanted) =>
      read(ctx, target.bucket.name, prefix, place, wanted),
    );
    const rows = listed.rows as readonly UploadRow[];
    const last = rows.at(-1);
    return {
      Bucket: input.Bucket,
      KeyMarker: encode(after),
      UploadIdMarker: id,
      Prefix: encode(prefix),
      ...(delimiter !== '' && { Delimiter: encode(delimiter) }),
      ...(input.EncodingType && { EncodingType: input.EncodingType }),
      MaxUploads: limit,
      IsTruncated: listed.next !== undefined,
      ...(listed.next !== undefined && {
        NextKeyMarker: encode(listed.next),
        ...(last?.key === listed.next && { NextUploadIdMarker: last.id }),
      }),
      ...(rows.length > 0 && { Uploads: rows.map((row) => shown(row, target, encode)) }),
      ...(listed.prefixes.length > 0 && {
        CommonPrefixes: listed.prefixes.map((each) => ({ Prefix: encode(each) })),
      }),
    };
  },
};

/** What a place in the list needs of an upload. */
type Listed = Pick<UploadRow, 'key' | 'id'>;

async function read({ store }: Context, bucket: string, prefix: string, { from, after }: From<Listed>, limit: number) {
  const behind = after && cursorAt([bucket, sortable(after.key), `${after.id} `]);
  const page = { from, limit, after: behind, startsWith: sortable(prefix), unchecked: true } as const;
  return (await store.list(uploads, [bucket], page)).rows;
}

function shown(row: UploadRow, target: BucketTarget, encode: (text: string) => string) {
  return {
    UploadId: row.id,
    Key: encode(row.key),
    Initiated: new Date(row.initiated),
    StorageClass: (row.draft.storageClass ?? 'STANDARD') as 'STANDARD',
    ...owners(row, target),
    ...(row.checksum.asked && { ChecksumAlgorithm: row.checksum.algorithm, ChecksumType: row.checksum.type }),
  };
}
