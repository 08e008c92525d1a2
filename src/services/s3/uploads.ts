/** Uploads in parts begun, fed, given up. https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html */
import type {
  AbortMultipartUploadRequest,
  CreateMultipartUploadOutput,
  CreateMultipartUploadRequest,
  UploadPartCommandInput,
  UploadPartOutput,
} from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { timeUuid } from '../../core/ids.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { type BucketTarget, noteBytes, objectAccess } from './access.ts';
import { releasePlace } from './bodies.ts';
import { algorithmOf, checksumAnswer, STANDARD } from './checksums.ts';
import { type EncryptionRequest, encryptionAnswer, openContentKey, sealContentKey } from './encryption.ts';
import { s3Error } from './errors.ts';
import { abortAnswer } from './lifecycleRules.ts';
import { newLock } from './locks.ts';
import { makingAccess, ownedBy } from './newObjects.ts';
import { describedBy, requireKey, tagsIn } from './objectMetadata.ts';
import { loadForWriting, quoted } from './objectTargets.ts';
import { bodyOf, claimsOf, etagOf, keyFor, preparedBody, requireSize, uploadIn } from './putObject.ts';
import { isLarge, keepBytes, SMALL, type Staged } from './staging.ts';
import { endUpload, numberKey, parts, type UploadedPart, type UploadRow, uploads } from './uploadRows.ts';
import { loadUpload, presentUpload, requirePartNumber, type UploadTarget } from './uploadTargets.ts';
import type { Checksum, ChecksumAlgorithm } from './versions.ts';

export const CreateMultipartUpload: Operation<
  Present<CreateMultipartUploadRequest>,
  CreateMultipartUploadOutput,
  BucketTarget
> = {
  recorded: 'data',
  load: loadForWriting,
  access: (input, ctx, target) => makingAccess(ctx, target, input, NOTHING_MADE),
  async run(input, ctx, target) {
    requireKey(input.Key);
    const sealed = await sealContentKey(ctx, target, input.Key, input, keyFor(ctx, target, input));
    const tags = tagsIn(input.Tagging);
    const { caller } = ctx;
    const upload: UploadRow = {
      bucket: target.bucket.name,
      key: input.Key,
      id: `${timeUuid(ctx.now, ctx)}.${Buffer.from(ctx.random(24)).toString('base64url')}`,
      initiated: ctx.now.getTime(),
      initiator: { id: caller.arn, name: caller.userName ?? caller.session?.name ?? caller.account },
      sealed,
      checksum: checksumOf(input.ChecksumAlgorithm, input.ChecksumType),
      draft: {
        ...describedBy(input),
        ...(await ownedBy(ctx, target, input)),
        ...newLock(target.settings, input, ctx.now),
        ...(tags.length > 0 && { tags }),
      },
    };
    await ctx.store.insert(uploads, upload);
    return {
      Bucket: input.Bucket,
      Key: input.Key,
      UploadId: upload.id,
      ...abortAnswer(target.settings.lifecycle, { key: upload.key, begun: upload.initiated }),
      ...(upload.checksum.asked && {
        ChecksumAlgorithm: upload.checksum.algorithm,
        ChecksumType: upload.checksum.type,
      }),
      ...encryptionAnswer(sealed),
    };
  },
};

/** By `s3:PutObject` uploads are begun and fed, too; only what completes one makes an object. */
export const NOTHING_MADE = { 's3:ObjectCreationOperation': 'false' };

const CRCS: ReadonlySet<ChecksumAlgorithm> = new Set(['CRC32', 'CRC32C', 'CRC64NVME']);

/** Which checksum the object will have. Only those of CRCs can be put together to one of the whole object. */
function checksumOf(name: string | undefined, type: string | undefined): UploadRow['checksum'] {
  const algorithm = name === undefined ? STANDARD : algorithmOf(name);
  const usual: Checksum['type'] = algorithm === STANDARD ? 'FULL_OBJECT' : 'COMPOSITE';
  const chosen = type ?? usual;
  const fits = chosen === 'FULL_OBJECT' ? CRCS.has(algorithm) : chosen === 'COMPOSITE' && algorithm !== STANDARD;
  if (!fits) {
    const message = `The ${chosen} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`;
    throw s3Error('InvalidRequest', { message });
  }
  return { algorithm, type: chosen as Checksum['type'], asked: name !== undefined };
}

type PartInput = Present<UploadPartCommandInput>;

export const UploadPart: Operation<PartInput, UploadPartOutput, UploadTarget> = {
  action: 's3:PutObject',
  recorded: 'data',
  load: loadUpload,
  access: (input, ctx, target) => objectAccess(ctx, target, { key: input.Key, conditions: NOTHING_MADE }),
  preparesFrom: SMALL + 1,
  async prepare(input, ctx, target) {
    if (!isLarge(input.Body)) return undefined;
    const upload = presentUpload(target, input.UploadId);
    requirePartNumber(input.PartNumber);
    const source = uploadIn(input.Body);
    requireSize(source.length ?? 0);
    const claims = partClaims(input, upload, source.announced);
    return preparedBody(ctx, input, source, claims, await keyOfUpload(ctx, target, upload, input));
  },
  async run(input, ctx, target) {
    const upload = presentUpload(target, input.UploadId);
    requirePartNumber(input.PartNumber);
    const claims = partClaims(input, upload);
    const staged = isStaged(input.Body)
      ? input.Body
      : await bodyOf(ctx, input, claims, await keyOfUpload(ctx, target, upload, input));
    const part = await keepPart(ctx, upload, input.PartNumber, staged);
    noteBytes(ctx, staged.size, 0);
    const { algorithm } = upload.checksum;
    const { ChecksumType: _, ...checksum } = checksumAnswer({ algorithm, type: 'FULL_OBJECT', value: part.checksum });
    return { ETag: quoted(part.etag), ...checksum, ...encryptionAnswer(upload.sealed) };
  },
};

const isStaged = (body: unknown): body is Staged => body instanceof Object && 'contentKey' in body;

function partClaims(input: PartInput, { checksum }: UploadRow, announced: readonly string[] = []) {
  const claims = claimsOf(input, announced);
  const { algorithm, asked } = checksum;
  if (asked && claims.checksum && claims.checksum.algorithm !== algorithm) {
    const [expected, actual] = [algorithm.toLowerCase(), claims.checksum.algorithm.toLowerCase()];
    const message = `Checksum Type mismatch occurred, expected checksum Type: ${expected}, actual checksum Type: ${actual}`;
    throw s3Error('InvalidRequest', { message });
  }
  return { ...claims, kept: algorithm };
}

export const keyOfUpload = (ctx: Context, target: BucketTarget, upload: UploadRow, input: EncryptionRequest) =>
  openContentKey(ctx, target, upload.key, upload.sealed, input);

/** A part takes the place of one with the same number. */
export async function keepPart(ctx: Context, upload: UploadRow, number: number, staged: Staged): Promise<UploadedPart> {
  const before = await ctx.store.get(parts, [upload.id, numberKey(number)]);
  if (before) await releasePlace(ctx, before.place);
  const part: UploadedPart = {
    upload: upload.id,
    number,
    size: staged.size,
    etag: etagOf(staged, upload.sealed),
    checksum: staged.checksum,
    place: await keepBytes(ctx, staged),
    modified: ctx.now.getTime(),
  };
  await ctx.store.replace(parts, part);
  return part;
}

export const AbortMultipartUpload: Operation<Present<AbortMultipartUploadRequest>, object, UploadTarget> = {
  recorded: 'data',
  load: loadUpload,
  access: (input, ctx, target) => objectAccess(ctx, target, { key: input.Key }),
  async run(input, ctx, target) {
    const upload = presentUpload(target, input.UploadId);
    if (input.IfMatchInitiatedTime !== undefined && input.IfMatchInitiatedTime.getTime() !== upload.initiated) {
      throw s3Error('PreconditionFailed', { details: { Condition: 'x-amz-if-match-initiated-time' } });
    }
    await endUpload(ctx, upload);
    return {};
  },
};
