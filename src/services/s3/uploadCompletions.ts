/** Uploads in parts made into objects. */
import { createHash } from 'node:crypto';
import type { CompletedPart, CompleteMultipartUploadOutput, CompleteMultipartUploadRequest } from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { timeUuid } from '../../core/ids.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { objectAccess } from './access.ts';
import { keepManifest, type Part } from './bodies.ts';
import { checksumAnswer, checksumOfParts, memberOf } from './checksums.ts';
import { requireWritable } from './conditionals.ts';
import { encryptionAnswer } from './encryption.ts';
import { s3Error } from './errors.ts';
import { expirationHeader } from './lifecycleRules.ts';
import { comparing } from './newObjects.ts';
import { objectEvent } from './notifications.ts';
import { quoted, shownVersion } from './objectTargets.ts';
import { conditionsOf } from './putObject.ts';
import { endUpload, partsOfUpload, type UploadedPart, type UploadRow } from './uploadRows.ts';
import { loadUpload, presentUpload, type UploadTarget } from './uploadTargets.ts';
import { addVersion, findCurrent, findLatest } from './versionStore.ts';
import type { Checksum, ObjectVersion } from './versions.ts';

type Input = Present<CompleteMultipartUploadRequest>;

const PART_BYTES_MIN = 5 * 1024 * 1024;
const PARTS_MAX = 10_000;
const BODY_BYTES_MAX = 8 * 1024 * 1024;

export const CompleteMultipartUpload: Operation<Input, CompleteMultipartUploadOutput, UploadTarget> = {
  action: 's3:PutObject',
  recorded: 'data',
  bodyBytesMax: BODY_BYTES_MAX,
  load: loadUpload,
  access: (input, ctx, target) => [
    objectAccess(ctx, target, {
      key: input.Key,
      conditions: { ...conditionsOf(input), 's3:ObjectCreationOperation': 'true' },
    }),
    ...comparing(ctx, target, input),
  ],
  async run(input, ctx, target) {
    const before = await completedBefore(input, ctx, target);
    if (before) return answer(input, ctx, target, before);
    const upload = presentUpload(target, input.UploadId);
    if (input.IfMatch !== undefined || input.IfNoneMatch !== undefined) {
      requireWritable(input.Key, await findLatest(ctx, target.bucket, input.Key), input);
    }
    const chosen = chosenParts(input, upload, await partsOfUpload(ctx, upload.id));
    const size = chosen.reduce((sum, part) => sum + part.size, 0);
    requireObjectSize(input, size);
    const checksum = await checksumOf(input, upload, chosen);
    const version = await addVersion(ctx, target.bucket, {
      key: upload.key,
      size,
      etag: `${tagOf(chosen)}-${chosen.length}`,
      body: keepManifest(
        ctx,
        timeUuid(ctx.now, ctx),
        chosen.map((part) => kept(part)),
      ),
      sealed: upload.sealed,
      checksum,
      ...upload.draft,
      upload: upload.id,
    });
    await endUpload(ctx, upload, new Set(chosen.map(({ number }) => number)));
    const name = 'ObjectCreated:CompleteMultipartUpload';
    await objectEvent(ctx, target, { name, version, reason: 'CompleteMultipartUpload' });
    return answer(input, ctx, target, version);
  },
};

/** A client that lost the answer asks again. */
async function completedBefore(input: Input, ctx: Context, { bucket, upload }: UploadTarget) {
  if (upload) return undefined;
  const current = await findCurrent(ctx, bucket.name, input.Key);
  return current?.upload === input.UploadId ? current : undefined;
}

function answer(
  { Bucket }: Input,
  ctx: Context,
  target: UploadTarget,
  version: ObjectVersion,
): CompleteMultipartUploadOutput {
  const { settings } = target;
  const Expiration = expirationHeader(settings.lifecycle, version);
  const path = version.key.split('/').map(encodeURIComponent).join('/');
  return {
    Location: `${ctx.settings.endpoint}/${Bucket}/${path}`,
    Bucket,
    Key: version.key,
    ETag: quoted(version.etag),
    ...(Expiration !== undefined && { Expiration }),
    ...checksumAnswer(version.checksum),
    ...encryptionAnswer(version.sealed),
    ...shownVersion(target, version),
  };
}

const kept = ({ number, size, place, checksum }: UploadedPart): Part => ({ number, size, place, checksum });

/** MD5 of the parts' tags. */
function tagOf(chosen: readonly UploadedPart[]): string {
  const hash = createHash('md5');
  for (const { etag } of chosen) hash.update(Buffer.from(etag, 'hex'));
  return hash.digest('hex');
}

/** The parts that the client lists, once they are there as it says and large enough. */
function chosenParts(input: Input, { id, checksum }: UploadRow, there: readonly UploadedPart[]): UploadedPart[] {
  const listed = input.MultipartUpload?.Parts ?? [];
  if (listed.length === 0 || listed.length > PARTS_MAX) throw s3Error('MalformedXML');
  requireOrder(listed, id);
  const byNumber = new Map(there.map((part) => [part.number, part]));
  return listed.map((asked, index) => {
    const part = byNumber.get(asked.PartNumber!);
    if (!part || !isSame(asked, part, checksum.algorithm)) throw invalidPart(id, asked);
    if (part.size < PART_BYTES_MIN && index < listed.length - 1) throw tooSmall(part);
    return part;
  });
}

function requireOrder(listed: readonly CompletedPart[], UploadId: string): void {
  let last = 0;
  for (const { PartNumber: number } of listed) {
    if (number === undefined) throw s3Error('MalformedXML');
    if (number <= last) throw s3Error('InvalidPartOrder', { details: { UploadId } });
    last = number;
  }
}

function isSame(asked: CompletedPart, part: UploadedPart, algorithm: Checksum['algorithm']): boolean {
  const checksum = asked[memberOf(algorithm)];
  return asked.ETag?.replace(/^"(.*)"$/, '$1') === part.etag && (checksum === undefined || checksum === part.checksum);
}

const invalidPart = (UploadId: string, { PartNumber, ETag = '' }: CompletedPart) =>
  s3Error('InvalidPart', { details: { UploadId, PartNumber: String(PartNumber), ETag: ETag.replace(/"/g, '') } });

const tooSmall = ({ size, number, etag }: UploadedPart) =>
  s3Error('EntityTooSmall', {
    details: {
      ProposedSize: String(size),
      MinSizeAllowed: String(PART_BYTES_MIN),
      PartNumber: String(number),
      ETag: etag,
    },
  });

function requireObjectSize({ MpuObjectSize: told }: Input, size: number): void {
  if (told === undefined || Number(told) === size) return;
  const message = `The provided 'x-amz-mp-object-size' header value ${told} does not match what was computed: ${size}`;
  throw s3Error('InvalidRequest', { message });
}

async function checksumOf(input: Input, upload: UploadRow, chosen: readonly UploadedPart[]): Promise<Checksum> {
  const { algorithm, type } = upload.checksum;
  if (input.ChecksumType !== undefined && input.ChecksumType !== type) {
    const message = `The upload was created using the ${type} checksum mode. The complete request must use the same checksum mode.`;
    throw s3Error('InvalidRequest', { message });
  }
  const pieces = chosen.map(({ size, checksum: value }) => ({ size, value }));
  const checksum = await checksumOfParts(algorithm, type, pieces);
  const told = input[memberOf(algorithm)];
  if (told === undefined || told === checksum.value || told === checksum.value.replace(/-\d+$/, '')) return checksum;
  throw s3Error('BadDigest', { message: `The ${algorithm} you specified did not match the calculated checksum.` });
}
