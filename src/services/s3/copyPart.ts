/** Parts of an upload that are copied from another object. */
import type { UploadPartCopyOutput, UploadPartCopyRequest } from '@aws-sdk/client-s3';
import type { Operation, Present } from '../../core/operation.ts';
import { objectAccess } from './access.ts';
import { checksumAnswer } from './checksums.ts';
import {
  type CopyTarget,
  loadCopy,
  readSource,
  requireCopyable,
  sourceAccess,
  sourceVersion,
  uploadFrom,
} from './copySources.ts';
import { encryptionAnswer } from './encryption.ts';
import { invalidArgument } from './errors.ts';
import { quoted } from './objectTargets.ts';
import type { ByteRange } from './ranges.ts';
import { type Staged, stage } from './staging.ts';
import { keepPart, keyOfUpload, NOTHING_MADE } from './uploads.ts';
import { loadUpload, presentUpload, requirePartNumber, type UploadTarget } from './uploadTargets.ts';
import type { ObjectVersion } from './versions.ts';

type Input = Present<UploadPartCopyRequest>;

interface Read {
  readonly read?: { readonly staged: Staged; readonly version: ObjectVersion };
}

export const UploadPartCopy: Operation<Input & Read, UploadPartCopyOutput, UploadTarget & CopyTarget> = {
  action: 's3:PutObject',
  readOnly: false,
  recorded: 'data',
  load: async (input, ctx) => loadCopy(input, ctx, await loadUpload(input, ctx)),
  access: (input, ctx, target) => [
    ...sourceAccess(ctx, target),
    objectAccess(ctx, target, {
      key: input.Key,
      conditions: { 's3:x-amz-copy-source': input.CopySource, ...NOTHING_MADE },
    }),
  ],
  preparesFrom: 0,
  async prepare(input, ctx, target) {
    if (input.read) return undefined;
    const upload = presentUpload(target, input.UploadId);
    requirePartNumber(input.PartNumber);
    const version = sourceVersion(target, input);
    const range = rangeOf(input.CopySourceRange, version.size);
    requireCopyable(range.end - range.start);
    const body = await readSource(ctx, target, input, version, range);
    const contentKey = await keyOfUpload(ctx, target, upload, input);
    let staged: Staged | undefined;
    return {
      carryOut: async () => {
        const source = uploadFrom(body, range.end - range.start);
        staged = await stage(ctx, source, { kept: upload.checksum.algorithm }, contentKey);
        return { ...input, read: { staged, version } };
      },
      undo: async () => {
        if (staged && !staged.inline) await ctx.blobs.discard(staged.id);
      },
    };
  },
  async run(input, ctx, target) {
    const upload = presentUpload(target, input.UploadId);
    const { staged, version } = input.read!;
    const part = await keepPart(ctx, upload, input.PartNumber, staged);
    const { algorithm } = upload.checksum;
    const { ChecksumType: _, ...checksum } = checksumAnswer({ algorithm, type: 'FULL_OBJECT', value: part.checksum });
    return {
      CopyPartResult: { ETag: quoted(part.etag), LastModified: new Date(part.modified), ...checksum },
      ...(version.id !== 'null' && { CopySourceVersionId: version.id }),
      ...encryptionAnswer(upload.sealed),
    };
  },
};

/** `bytes=first-last`, both there. */
function rangeOf(header: string | undefined, size: number): ByteRange {
  if (header === undefined) return { start: 0, end: size };
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header) ?? [];
  const name = 'x-amz-copy-source-range';
  if (first === undefined || Number(last) < Number(first)) {
    const message =
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy';
    throw invalidArgument(message, name, header);
  }
  if (Number(last) >= size)
    throw invalidArgument(`Range specified is not valid for source object of size: ${size}`, name, header);
  return { start: Number(first), end: Number(last) + 1 };
}
