/**
 * Annotations: named texts that are attached to a version of an object and go with it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/annotations-overview.html
 */
import { isUtf8 } from 'node:buffer';
import type {
  DeleteObjectAnnotationOutput,
  DeleteObjectAnnotationRequest,
  GetObjectAnnotationCommandOutput,
  GetObjectAnnotationRequest,
  ListObjectAnnotationsOutput,
  ListObjectAnnotationsRequest,
  PutObjectAnnotationCommandInput,
  PutObjectAnnotationOutput,
} from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { paging } from '../../core/page.ts';
import { Upload } from '../../core/upload.ts';
import { type Annotation, annotations, ofVersion } from './annotationRows.ts';
import { readBody, releasePlace } from './bodies.ts';
import { checksumAnswer } from './checksums.ts';
import { openContentKey } from './encryption.ts';
import { invalidArgument, s3Error } from './errors.ts';
import { objectEvent } from './notifications.ts';
import {
  type ObjectRequest,
  type ObjectTarget,
  objectActions,
  onObject,
  presentVersion,
  quoted,
} from './objectTargets.ts';
import { claimsOf, etagOf } from './putObject.ts';
import { keepBytes, SMALL, type Staged, stage, uploadOfBytes } from './staging.ts';
import { replaceVersion } from './versionStore.ts';
import type { ObjectVersion } from './versions.ts';

const PAYLOAD_BYTES_MAX = 1024 * 1024;
const NAME_BYTES_MAX = 512;
const ANNOTATIONS_MAX = 1000;

const refused = (code: string, message: string, status = 400) => new CommonError(code, message, status);

const NAME = /^[\p{L}\p{M}0-9_.-]+$/u;

function requireName(name: string): void {
  if (Buffer.byteLength(name) > NAME_BYTES_MAX) {
    throw refused('AnnotationNameTooLong', `The annotation name exceeds ${NAME_BYTES_MAX} bytes.`);
  }
  if (!NAME.test(name) || /^(?:aws|s3)/i.test(name)) {
    throw refused('InvalidAnnotationName', 'The annotation name you provided is invalid.');
  }
}

const versionAnswer = ({ bucket }: ObjectTarget, { id }: ObjectVersion): { ObjectVersionId?: string } =>
  bucket.versioning === undefined ? {} : { ObjectVersionId: id };

const encryptionOf = ({ sealed }: ObjectVersion) => ({ ServerSideEncryption: sealed?.by as 'AES256' });

/** The key of the version that annotations are encrypted under too. Customers' own keys are not for them. */
async function keyOf(ctx: Context, target: ObjectTarget, version: ObjectVersion): Promise<Uint8Array> {
  if (version.sealed?.by === 'SSE-C') {
    const message = 'Annotations are not supported for objects encrypted with customer-provided keys (SSE-C).';
    throw s3Error('InvalidRequest', { message });
  }
  return openContentKey(ctx, target, version.key, version.sealed!, {});
}

function requireSame(asked: string | undefined, { etag }: ObjectVersion): void {
  if (asked === undefined || asked.replace(/^"(.*)"$/, '$1') === etag) return;
  throw s3Error('PreconditionFailed', { details: { Condition: 'x-amz-object-if-match' } });
}

const sameAsked = ({ ObjectIfMatch }: ObjectRequest & { readonly ObjectIfMatch?: string | undefined }) => ({
  's3:x-amz-object-if-match': ObjectIfMatch,
});

type Input = Present<PutObjectAnnotationCommandInput> & { readonly come?: Upload };

export const PutObjectAnnotation: Operation<Input, PutObjectAnnotationOutput, ObjectTarget> = {
  ...onObject(objectActions('Put', 'Annotation'), sameAsked),
  preparesFrom: SMALL + 1,
  /** So few bytes are held until all of them are here: they must be a text. */
  async prepare(input) {
    const source: unknown = input.AnnotationPayload;
    if (!(source instanceof Upload)) return undefined;
    requireSize(source.length ?? 1);
    return {
      async carryOut() {
        const chunks: Uint8Array[] = [];
        let length = 0;
        for await (const chunk of source.chunks) {
          requireSize((length += chunk.length));
          chunks.push(Uint8Array.from(chunk));
        }
        return { ...input, AnnotationPayload: Buffer.concat(chunks), come: source };
      },
    };
  },
  async run(input, ctx, target) {
    const version = presentVersion(target, input);
    requireName(input.AnnotationName);
    requireSame(input.ObjectIfMatch, version);
    const contentKey = await keyOf(ctx, target, version);
    const staged = await stagedPayload(ctx, input, contentKey);
    const row = await keepAnnotation(ctx, version, input.AnnotationName, staged);
    if (!version.annotated) await replaceVersion(ctx, { ...version, annotated: true });
    await objectEvent(ctx, target, { name: 'ObjectAnnotation:Put', version, reason: 'PutObjectAnnotation' });
    return {
      Key: input.Key,
      AnnotationName: row.name,
      ETag: quoted(row.etag),
      ...versionAnswer(target, version),
      ...checksumAnswer(row.checksum),
      ...encryptionOf(version),
    };
  },
};

function requireSize(size: number): void {
  if (size < 1) throw s3Error('InvalidRequest', { message: 'The annotation payload must have at least one byte.' });
  if (size <= PAYLOAD_BYTES_MAX) return;
  const details = { ProposedSize: String(size), MaxSizeAllowed: String(PAYLOAD_BYTES_MAX) };
  throw s3Error('EntityTooLarge', { details });
}

function stagedPayload(ctx: Context, input: Input, contentKey: Uint8Array): Promise<Staged> {
  const { AnnotationPayload: payload, come } = input;
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : (payload as unknown as Uint8Array);
  requireSize(bytes.length);
  if (!isUtf8(bytes)) {
    throw refused('UnsupportedMediaType', 'The annotation payload is not valid UTF-8 encoded text.', 415);
  }
  const { chunks } = uploadOfBytes(bytes);
  const claims = claimsOf(input, come?.announced);
  return stage(ctx, new Upload(bytes.length, chunks, come?.trailers, come?.announced), claims, contentKey);
}

/** In the place of one of that name. */
async function keepAnnotation(ctx: Context, version: ObjectVersion, name: string, staged: Staged): Promise<Annotation> {
  const { bucket, key, stamp } = version;
  const before = await ctx.store.get(annotations, [...ofVersion(version), name]);
  if (before) await releasePlace(ctx, before.body);
  else if (!(await ctx.store.fits(annotations, ofVersion(version), ANNOTATIONS_MAX, 'version'))) {
    const message = 'The request would exceed the maximum number of annotations allowed per object.';
    throw refused('AnnotationLimitExceeded', message);
  }
  const row: Annotation = {
    bucket,
    key,
    stamp,
    name,
    size: staged.size,
    etag: etagOf(staged, version.sealed!),
    checksum: { algorithm: staged.algorithm, type: 'FULL_OBJECT', value: staged.checksum },
    modified: ctx.now.getTime(),
    body: await keepBytes(ctx, staged),
  };
  await ctx.store.replace(annotations, row);
  return row;
}

/** The bytes of an annotation are read as those of an object with this body. */
const asObject = (version: ObjectVersion, { size, body }: Annotation): ObjectVersion => ({ ...version, size, body });

type GetObjectAnnotationOutput = Omit<GetObjectAnnotationCommandOutput, '$metadata'>;

export const GetObjectAnnotation: Operation<
  Present<GetObjectAnnotationRequest>,
  GetObjectAnnotationOutput,
  ObjectTarget
> = {
  ...onObject(objectActions('Get', 'Annotation')),
  async run(input, ctx, target) {
    const version = presentVersion(target, input);
    const row = await ctx.store.get(annotations, [...ofVersion(version), input.AnnotationName]);
    if (!row) throw refused('NoSuchAnnotation', 'The specified annotation does not exist on this object.', 404);
    const contentKey = await keyOf(ctx, target, version);
    const body = await readBody(ctx, asObject(version, row), contentKey, 0, row.size);
    return {
      AnnotationPayload: body as unknown as NonNullable<GetObjectAnnotationOutput['AnnotationPayload']>,
      ContentLength: row.size,
      LastModified: new Date(row.modified),
      ETag: quoted(row.etag),
      ...versionAnswer(target, version),
      ...(input.ChecksumMode === 'ENABLED' && checksumAnswer(row.checksum)),
      ...encryptionOf(version),
    };
  },
};

const pages = paging({
  size: 'MaxAnnotationResults',
  standard: ANNOTATIONS_MAX,
  token: 'ContinuationToken',
  end: (token) => (token === undefined ? {} : { NextContinuationToken: token }),
  refuse(token) {
    throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token);
  },
});

export const ListObjectAnnotations: Operation<
  Present<ListObjectAnnotationsRequest>,
  ListObjectAnnotationsOutput,
  ObjectTarget
> = {
  ...onObject(objectActions('List', 'Annotations'), (input: Present<ListObjectAnnotationsRequest>) => ({
    's3:annotation-prefix': input.AnnotationPrefix,
    's3:max-annotation-results': input.MaxAnnotationResults?.toString(),
  })),
  async run(input, ctx, target) {
    const version = presentVersion(target, input);
    const { AnnotationPrefix: prefix, MaxAnnotationResults = ANNOTATIONS_MAX } = input;
    if (prefix !== undefined && prefix !== '' && !NAME.test(prefix)) {
      throw refused('InvalidPrefix', 'The annotation prefix you provided is invalid.');
    }
    if (MaxAnnotationResults < 1 || MaxAnnotationResults > ANNOTATIONS_MAX) {
      const message = `Argument max-annotation-results must be an integer between 1 and ${ANNOTATIONS_MAX}`;
      throw invalidArgument(message, 'max-annotation-results', `${MaxAnnotationResults}`);
    }
    const where = { startsWith: prefix };
    const { rows, page } = await pages.rows(ctx, annotations, ofVersion(version), input, where);
    return {
      Bucket: input.Bucket,
      Key: input.Key,
      ...versionAnswer(target, version),
      ...(prefix !== undefined && { AnnotationPrefix: prefix }),
      MaxAnnotationResults,
      AnnotationCount: rows.length,
      ...(input.ContinuationToken !== undefined && { ContinuationToken: input.ContinuationToken }),
      ...page,
      Annotations: rows.map(({ name, modified, etag, checksum, size }) => ({
        AnnotationName: name,
        LastModified: new Date(modified),
        ETag: quoted(etag),
        ChecksumAlgorithm: [checksum.algorithm],
        Size: size,
      })),
    };
  },
};

export const DeleteObjectAnnotation: Operation<
  Present<DeleteObjectAnnotationRequest>,
  DeleteObjectAnnotationOutput,
  ObjectTarget
> = {
  ...onObject(objectActions('Delete', 'Annotation'), sameAsked),
  /** That there is none is no error. */
  async run(input, ctx, target) {
    const version = presentVersion(target, input);
    requireSame(input.ObjectIfMatch, version);
    const row = await ctx.store.get(annotations, [...ofVersion(version), input.AnnotationName]);
    if (row) {
      await ctx.store.remove(annotations, annotations.key(row));
      await releasePlace(ctx, row.body);
      await objectEvent(ctx, target, { name: 'ObjectAnnotation:Delete', version, reason: 'DeleteObjectAnnotation' });
    }
    return versionAnswer(target, version);
  },
};

/**
 * The annotations of a source, put away under the content key of its copy before the source may go; what is returned
 * attaches them to the copy.
 */
export async function copiesOfAnnotations(
  ctx: Context,
  source: ObjectTarget,
  version: ObjectVersion,
  contentKey: Uint8Array,
  algorithm?: Annotation['checksum']['algorithm'],
): Promise<(copy: ObjectVersion) => Promise<void>> {
  const { rows } = await ctx.store.list(annotations, ofVersion(version), { limit: ANNOTATIONS_MAX });
  const from = await keyOf(ctx, source, version);
  const copies: { readonly name: string; readonly staged: Staged }[] = [];
  for (const row of rows) {
    const body = await readBody(ctx, asObject(version, row), from, 0, row.size);
    const kept = algorithm ?? row.checksum.algorithm;
    copies.push({ name: row.name, staged: await stage(ctx, new Upload(row.size, body), { kept }, contentKey) });
  }
  return async (copy) => {
    for (const { name, staged } of copies) await keepAnnotation(ctx, copy, name, staged);
  };
}
