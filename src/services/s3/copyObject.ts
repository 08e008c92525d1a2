/** Objects made from others. The bytes are read and put away anew: a copy has a key of its own. */
import type { CopyObjectOutput, CopyObjectRequest } from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { objectAccess } from './access.ts';
import { copiesOfAnnotations } from './annotations.ts';
import { algorithmOf, checksumAnswer, STANDARD } from './checksums.ts';
import { requireWritable } from './conditionals.ts';
import {
  type CopyTarget,
  loadCopyTarget,
  readSource,
  requireCopyable,
  sourceAccess,
  sourceVersion,
  uploadFrom,
} from './copySources.ts';
import { encryptionAnswer, sealContentKey } from './encryption.ts';
import { encryptionAsked } from './encryptionRequests.ts';
import { invalidArgument, s3Error } from './errors.ts';
import { newLock } from './locks.ts';
import { makingAccess, ownedBy } from './newObjects.ts';
import { objectEvent } from './notifications.ts';
import { metadataIn, requireKey, storageClassIn, tagsIn } from './objectMetadata.ts';
import { quoted, shownVersion } from './objectTargets.ts';
import { conditionsOf, etagOf, keyFor } from './putObject.ts';
import { keepBytes, SMALL, type Staged, stage, stageSmall } from './staging.ts';
import { addVersion, findLatest } from './versionStore.ts';
import type { Checksum, ObjectVersion } from './versions.ts';

type Input = Present<CopyObjectRequest>;

/** An input whose source has been read already. */
interface Read {
  readonly read?: { readonly staged: Staged; readonly version: ObjectVersion };
}

export const CopyObject: Operation<Input & Read, CopyObjectOutput, CopyTarget> = {
  action: 's3:PutObject',
  readOnly: false,
  recorded: 'data',
  load: loadCopyTarget,
  access: (input, ctx, target) => [
    ...sourceAccess(ctx, target, !replaces(input.TaggingDirective, 'x-amz-tagging-directive')),
    ...makingAccess(ctx, target, input, copyConditions(input)),
    ...copiedTags(input, ctx, target),
    ...copiedAnnotations(input, ctx, target),
  ],
  preparesFrom: 0,
  async prepare(input, ctx, target) {
    if (input.read) return undefined;
    const version = requireAllowed(input, target);
    if (version.size <= SMALL) return undefined;
    const body = await readSource(ctx, target, input, version, { start: 0, end: version.size });
    const claims = { checksum: { algorithm: algorithmFor(input, version) } };
    const contentKey = keyFor(ctx, target, input);
    let staged: Staged | undefined;
    return {
      carryOut: async () => {
        staged = await stage(ctx, uploadFrom(body, version.size), claims, contentKey);
        return { ...input, read: { staged, version } };
      },
      undo: async () => {
        if (staged) await ctx.blobs.discard(staged.id);
      },
    };
  },
  async run(input, ctx, target) {
    const source = input.read?.version ?? requireAllowed(input, target);
    requireWritable(input.Key, await findLatest(ctx, target.bucket, input.Key), input);
    const staged = input.read?.staged ?? (await copySmall(ctx, target, input, source));
    const annotated = annotationsComeAlong(input, target, source);
    const algorithm = input.ChecksumAlgorithm && algorithmOf(input.ChecksumAlgorithm);
    const attach =
      annotated && (await copiesOfAnnotations(ctx, target.source, source, staged.contentKey, algorithm || undefined));
    const draft = await draftOf(ctx, target, input, source, staged);
    const version = await addVersion(ctx, target.bucket, { ...draft, ...(annotated && { annotated }) });
    if (attach) await attach(version);
    await objectEvent(ctx, target, { name: 'ObjectCreated:Copy', version, reason: 'CopyObject' });
    const { ChecksumType, ...checksums } = checksumAnswer(version.checksum);
    return {
      CopyObjectResult: {
        ETag: quoted(version.etag),
        LastModified: new Date(version.modified),
        ...checksums,
        ...(ChecksumType && { ChecksumType }),
      },
      ...(target.name.VersionId !== undefined || source.id !== 'null' ? { CopySourceVersionId: source.id } : {}),
      ...encryptionAnswer(version.sealed),
      ...shownVersion(target, version),
    };
  },
};

const copyConditions = (input: Input) => ({
  's3:x-amz-copy-source': input.CopySource,
  's3:x-amz-metadata-directive': input.MetadataDirective,
  's3:x-amz-object-annotation-directive': input.AnnotationDirective,
  ...conditionsOf(input),
});

/** Tags that come along are set on the copy. */
function copiedTags(input: Input, ctx: Context, target: CopyTarget) {
  const tags = 'version' in target.source ? target.source.version?.tags : undefined;
  if (input.TaggingDirective === 'REPLACE' || !tags?.length) return [];
  return [objectAccess(ctx, target, { action: 's3:PutObjectTagging', key: input.Key })];
}

/** Annotations that come along are read of the source, and attached to the copy. */
function copiedAnnotations(input: Input, ctx: Context, target: CopyTarget) {
  const { name, source } = target;
  if (!source.version || !annotationsComeAlong(input, target, source.version)) return [];
  const reading = name.VersionId === undefined ? 's3:GetObjectAnnotation' : 's3:GetObjectVersionAnnotation';
  return [
    objectAccess(ctx, source, { action: reading, key: name.Key, object: source.version }),
    objectAccess(ctx, target, { action: 's3:PutObjectAnnotation', key: input.Key }),
  ];
}

/** To what a customer's key encrypts none can be attached. */
function annotationsComeAlong(input: Input, { settings }: CopyTarget, { annotated }: ObjectVersion) {
  const { AnnotationDirective: directive = 'COPY' } = input;
  if (directive !== 'COPY' && directive !== 'EXCLUDE') {
    throw invalidArgument('Unknown annotation directive.', 'x-amz-object-annotation-directive', directive);
  }
  return directive === 'COPY' && encryptionAsked(settings, input).by !== 'SSE-C' ? annotated : undefined;
}

/** COPY unless told REPLACE. */
function replaces(directive: string | undefined, header: string): boolean {
  if (directive === undefined || directive === 'COPY') return false;
  if (directive === 'REPLACE') return true;
  throw invalidArgument(
    `Unknown ${header.includes('metadata') ? 'metadata' : 'tagging'} directive.`,
    header,
    directive,
  );
}

function requireAllowed(input: Input, target: CopyTarget): ObjectVersion {
  requireKey(input.Key);
  const version = sourceVersion(target, input);
  requireCopyable(version.size);
  const same =
    target.source.bucket.name === target.bucket.name &&
    target.name.Key === input.Key &&
    target.name.VersionId === undefined;
  if (same && !changesSomething(input, version)) {
    const message =
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.";
    throw s3Error('InvalidRequest', { message });
  }
  return version;
}

const changesSomething = (input: Input, { storageClass = 'STANDARD' }: ObjectVersion): boolean =>
  replaces(input.MetadataDirective, 'x-amz-metadata-directive') ||
  (input.StorageClass ?? 'STANDARD') !== storageClass ||
  input.WebsiteRedirectLocation !== undefined ||
  input.ServerSideEncryption !== undefined ||
  input.SSECustomerAlgorithm !== undefined;

/** What the client asks for, else the source's, else S3's own. */
function algorithmFor(input: Input, { checksum }: ObjectVersion): Checksum['algorithm'] {
  if (input.ChecksumAlgorithm !== undefined) return algorithmOf(input.ChecksumAlgorithm);
  return checksum?.algorithm ?? STANDARD;
}

async function copySmall(ctx: Context, target: CopyTarget, input: Input, source: ObjectVersion): Promise<Staged> {
  const body = await readSource(ctx, target, input, source, { start: 0, end: source.size });
  const bytes = await body.transformToByteArray();
  const claims = { checksum: { algorithm: algorithmFor(input, source) } };
  return stageSmall(ctx, bytes, claims, keyFor(ctx, target, input));
}

async function draftOf(ctx: Context, target: CopyTarget, input: Input, source: ObjectVersion, staged: Staged) {
  const sealed = await sealContentKey(ctx, target, input.Key, input, staged.contentKey);
  const tags = replaces(input.TaggingDirective, 'x-amz-tagging-directive') ? tagsIn(input.Tagging) : source.tags;
  const described = replaces(input.MetadataDirective, 'x-amz-metadata-directive')
    ? metadataIn(input)
    : {
        ...(source.headers && { headers: source.headers }),
        ...(source.metadata && { metadata: source.metadata }),
        ...(input.WebsiteRedirectLocation !== undefined && { redirect: input.WebsiteRedirectLocation }),
      };
  const checksum: Checksum = { algorithm: staged.algorithm, type: 'FULL_OBJECT', value: staged.checksum };
  return {
    key: input.Key,
    size: staged.size,
    etag: etagOf(staged, sealed),
    body: await keepBytes(ctx, staged),
    sealed,
    checksum,
    ...described,
    ...storageClassIn(input.StorageClass),
    ...(await ownedBy(ctx, target, input)),
    ...newLock(target.settings, input, ctx.now),
    ...(tags && tags.length > 0 && { tags }),
  };
}
