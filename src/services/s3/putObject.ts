/** Objects made at once. */
import type { PutObjectCommandInput, PutObjectOutput } from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { Upload } from '../../core/upload.ts';
import { type BucketTarget, noteBytes } from './access.ts';
import { checksumAnswer, checksumClaim, md5Claim } from './checksums.ts';
import { requireWritable, unimplemented } from './conditionals.ts';
import { encryptionAnswer, type Sealed, sealContentKey } from './encryption.ts';
import { type EncryptionRequest, encryptionAsked } from './encryptionRequests.ts';
import { s3Error } from './errors.ts';
import { expirationHeader } from './lifecycleRules.ts';
import { newLock } from './locks.ts';
import { makingAccess, ownedBy } from './newObjects.ts';
import { objectEvent } from './notifications.ts';
import { describedBy, requireKey, tagsIn } from './objectMetadata.ts';
import { loadForWriting, quoted, shownVersion } from './objectTargets.ts';
import {
  blinded,
  type Claims,
  isLarge,
  keepBytes,
  newContentKey,
  SMALL,
  Staged,
  stage,
  stageSmall,
  uploadOfBytes,
} from './staging.ts';
import { addVersion, findLatest } from './versionStore.ts';
import type { Checksum } from './versions.ts';

type Input = Present<PutObjectCommandInput>;

const OBJECT_BYTES_MAX = 5 * 1024 ** 3;

export const PutObject: Operation<Input, PutObjectOutput, BucketTarget> = {
  recorded: 'data',
  load: loadForWriting,
  access: (input, ctx, target) => makingAccess(ctx, target, input, conditionsOf(input)),
  preparesFrom: SMALL + 1,
  async prepare(input, ctx, target) {
    if (!isLarge(input.Body)) return undefined;
    const source = uploadIn(input.Body);
    await requireAllowed(input, ctx, target, source.length);
    return preparedBody(ctx, input, source, claimsOf(input, source.announced), keyFor(ctx, target, input));
  },
  async run(input, ctx, target) {
    const staged = await bodyOf(ctx, input, claimsOf(input), keyFor(ctx, target, input));
    await requireAllowed(input, ctx, target, staged.size);
    const sealed = await sealContentKey(ctx, target, input.Key, input, staged.contentKey);
    const checksum: Checksum = { algorithm: staged.algorithm, type: 'FULL_OBJECT', value: staged.checksum };
    const tags = tagsIn(input.Tagging);
    const version = await addVersion(ctx, target.bucket, {
      key: input.Key,
      size: staged.size,
      etag: etagOf(staged, sealed),
      body: await keepBytes(ctx, staged),
      sealed,
      checksum,
      ...describedBy(input),
      ...(await ownedBy(ctx, target, input)),
      ...newLock(target.settings, input, ctx.now),
      ...(tags.length > 0 && { tags }),
    });
    noteBytes(ctx, staged.size, 0);
    const way = ctx.source.signature?.kind === 'POST' ? 'Post' : 'Put';
    await objectEvent(ctx, target, { name: `ObjectCreated:${way}`, version, reason: `${way}Object` });
    const Expiration = expirationHeader(target.settings.lifecycle, version);
    return {
      ETag: quoted(version.etag),
      ...(Expiration !== undefined && { Expiration }),
      ...checksumAnswer(checksum),
      ...encryptionAnswer(sealed),
      ...shownVersion(target, version),
    };
  },
};

/** A content key for what the request makes, with as many layers as it asks for. */
export const keyFor = (ctx: Context, { settings }: BucketTarget, input: EncryptionRequest) =>
  newContentKey(ctx, encryptionAsked(settings, input).by);

export const conditionsOf = (input: {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
}) => ({
  's3:if-match': input.IfMatch,
  's3:if-none-match': input.IfNoneMatch,
});

/** All that can be said before the bytes are here. */
async function requireAllowed(input: Input, ctx: Context, target: BucketTarget, size = 0): Promise<void> {
  requireKey(input.Key);
  requireSize(size);
  if (input.WriteOffsetBytes !== undefined) throw unimplemented('x-amz-write-offset-bytes');
  encryptionAsked(target.settings, input);
  if (input.IfMatch === undefined && input.IfNoneMatch === undefined) return;
  requireWritable(input.Key, await findLatest(ctx, target.bucket, input.Key), input);
}

export function requireSize(size: number): void {
  if (size <= OBJECT_BYTES_MAX) return;
  const details = { ProposedSize: String(size), MaxSizeAllowed: String(OBJECT_BYTES_MAX) };
  throw s3Error('EntityTooLarge', { details });
}

type Sent = Parameters<typeof checksumClaim>[0] & {
  readonly ContentMD5?: string | undefined;
  readonly Body?: unknown;
};

export const claimsOf = (input: Sent, announced: readonly string[] = []): Claims => ({
  md5: md5Claim(input.ContentMD5),
  checksum: checksumClaim(input, announced),
});

/** Puts the body away outside the write set; its input then has the bytes as they are put away. */
export function preparedBody<In extends object>(
  ctx: Context,
  input: In,
  source: Upload,
  claims: Claims,
  key?: Uint8Array,
) {
  let staged: Staged | undefined;
  return {
    carryOut: async () => ({ ...input, Body: (staged = await stage(ctx, source, claims, key)) }),
    undo: async () => {
      if (staged && !staged.inline) await ctx.blobs.discard(staged.id);
    },
  };
}

export const uploadIn = (body: unknown): Upload => (body instanceof Upload ? body : uploadOfBytes(body as Uint8Array));

/** Bytes that are put away already, or so few that it is done at once. */
export async function bodyOf(ctx: Context, input: Sent, claims: Claims, contentKey?: Uint8Array): Promise<Staged> {
  const { Body: body } = input;
  if (body instanceof Staged) return body;
  const bytes = typeof body === 'string' ? Buffer.from(body) : ((body as Uint8Array | undefined) ?? new Uint8Array(0));
  return stageSmall(ctx, bytes, claims, contentKey);
}

/** Of what the client encrypts, or KMS, the tag tells nothing of the bytes. */
export const etagOf = ({ md5, contentKey }: Pick<Staged, 'md5' | 'contentKey'>, { by }: Sealed): string =>
  by === 'AES256' ? md5 : blinded(md5, contentKey);
