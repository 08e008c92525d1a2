/** Objects read: whole, in part, or only what is known of them. */
import type { GetObjectCommandOutput, GetObjectRequest, HeadObjectOutput, HeadObjectRequest } from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { noteBytes } from './access.ts';
import { archiveTierOf, noteAccess } from './accessTiers.ts';
import { type Part, partsOf, readBody } from './bodies.ts';
import { checksumAnswer } from './checksums.ts';
import { requireReadable } from './conditionals.ts';
import { encryptionAnswer, openContentKey, type Sealed } from './encryption.ts';
import { s3Error } from './errors.ts';
import { expirationHeader } from './lifecycleRules.ts';
import { describing } from './objectMetadata.ts';
import { type ObjectTarget, objectActions, onObject, presentVersion, quoted, shownVersion } from './objectTargets.ts';
import { type ByteRange, rangeIn } from './ranges.ts';
import { requireRestored, restoreAnswer } from './restores.ts';
import type { ObjectVersion } from './versions.ts';

type GetObjectOutput = Omit<GetObjectCommandOutput, '$metadata'>;

export const GetObject: Operation<Present<GetObjectRequest>, GetObjectOutput, ObjectTarget> = {
  ...onObject(objectActions('Get')),
  async run(input, ctx, target) {
    const version = presentVersion(target, input);
    requireReadable(version, input);
    requireRestored(version, target.settings, ctx.now);
    const contentKey = await contentKeyOf(ctx, target, version, input);
    const part = await partOf(ctx, version, input);
    const { start, end } = part?.range ?? { start: 0, end: version.size };
    const body = await readBody(ctx, version, contentKey, start, end);
    await noteAccess(ctx, target.settings, version);
    noteBytes(ctx, 0, end - start);
    return {
      ...known(target, version, part, input.ChecksumMode === 'ENABLED'),
      ...restoreAnswer(version, ctx.now),
      ...overrides(input),
      ...(version.tags && { TagCount: version.tags.length }),
      Body: body as unknown as NonNullable<GetObjectOutput['Body']>,
    } as GetObjectOutput;
  },
};

export const HeadObject: Operation<Present<HeadObjectRequest>, HeadObjectOutput, ObjectTarget> = {
  action: 's3:GetObject',
  readOnly: true,
  ...onObject(objectActions('Get')),
  async run(input, ctx, target) {
    const version = presentVersion(target, input);
    requireReadable(version, input);
    // Of an object under a customer's key nothing is told without the key; KMS is not asked.
    if (version.sealed?.by === 'SSE-C') await contentKeyOf(ctx, target, version, input);
    const part = await partOf(ctx, version, input);
    const answer = known(target, version, part, input.ChecksumMode === 'ENABLED');
    const ArchiveStatus = archiveTierOf(version, target.settings, ctx.now);
    const archived = ArchiveStatus && { ArchiveStatus };
    return { ...answer, ...restoreAnswer(version, ctx.now), ...archived, ...overrides(input) } as HeadObjectOutput;
  },
};

/** Of what S3 itself keeps the key for, opened once for each version of the row. */
const contentKeys = new WeakMap<Sealed, Uint8Array>();

export async function contentKeyOf(
  ctx: Context,
  target: ObjectTarget,
  version: ObjectVersion,
  input: Parameters<typeof openContentKey>[4],
): Promise<Uint8Array> {
  const { sealed } = version;
  if (!sealed) throw new Error(`${version.key} has no key.`);
  if (sealed.by !== 'AES256' || input.SSECustomerAlgorithm !== undefined) {
    return openContentKey(ctx, target, version.key, sealed, input);
  }
  let key = contentKeys.get(sealed);
  if (!key) contentKeys.set(sealed, (key = await openContentKey(ctx, target, version.key, sealed, input)));
  return key;
}

interface Portion {
  readonly range: ByteRange;
  /** A part that was asked for by its number, and how many there are. */
  readonly part?: { readonly count: number; readonly checksum?: string | undefined };
}

/** Undefined for the whole object. */
async function partOf(
  ctx: Context,
  version: ObjectVersion,
  { Range, PartNumber }: { readonly Range?: string | undefined; readonly PartNumber?: number | undefined },
): Promise<Portion | undefined> {
  if (PartNumber === undefined) {
    const range = Range === undefined ? undefined : rangeIn(Range, version.size);
    return range && { range };
  }
  if (Range !== undefined) {
    throw s3Error('InvalidRequest', { message: 'Cannot specify both Range header and partNumber query parameter' });
  }
  const parts = await partsOf(ctx, version);
  const index = parts.findIndex(({ number }) => number === PartNumber);
  if (version.size === 0 && PartNumber === 1) return undefined;
  if (index < 0) throw partMissing(PartNumber, parts);
  const start = parts.slice(0, index).reduce((sum, { size }) => sum + size, 0);
  const whole = version.body !== undefined && 'manifest' in version.body;
  return {
    range: { start, end: start + parts[index]!.size },
    ...(whole && { part: { count: parts.length, checksum: parts[index]!.checksum } }),
  };
}

const partMissing = (PartNumber: number, parts: readonly Part[]) =>
  s3Error('InvalidPartNumber', {
    details: { ActualPartCount: String(parts.length), PartNumberRequested: String(PartNumber) },
  });

/** What both answers tell. */
function known(target: ObjectTarget, version: ObjectVersion, portion: Portion | undefined, checksums: boolean) {
  const { size } = version;
  const { start, end } = portion?.range ?? { start: 0, end: size };
  const Expiration = target.version && expirationHeader(target.settings.lifecycle, version);
  return {
    AcceptRanges: 'bytes',
    LastModified: new Date(version.modified),
    ContentLength: end - start,
    ...(portion && { ContentRange: `bytes ${start}-${end - 1}/${size}` }),
    ...(portion?.part && { PartsCount: portion.part.count }),
    ETag: quoted(version.etag),
    ...describing(version),
    ...(Expiration !== undefined && { Expiration }),
    ...(checksums && !portion && checksumAnswer(version.checksum)),
    ...encryptionAnswer(version.sealed),
    ...shownVersion(target, version),
    ...lockOf(version),
    ...(version.replication && { ReplicationStatus: version.replication }),
  };
}

function lockOf({ retention, legalHold }: ObjectVersion) {
  return {
    ...(retention && { ObjectLockMode: retention.mode, ObjectLockRetainUntilDate: new Date(retention.until) }),
    ...(legalHold !== undefined && { ObjectLockLegalHoldStatus: legalHold ? 'ON' : 'OFF' }),
  };
}

const OVERRIDES = [
  ['ResponseCacheControl', 'CacheControl'],
  ['ResponseContentDisposition', 'ContentDisposition'],
  ['ResponseContentEncoding', 'ContentEncoding'],
  ['ResponseContentLanguage', 'ContentLanguage'],
  ['ResponseContentType', 'ContentType'],
] as const;

/** `response-content-type` and the like: what the answer is to say instead. */
function overrides(input: Present<GetObjectRequest> | Present<HeadObjectRequest>): Record<string, unknown> {
  const told: Record<string, unknown> = {};
  for (const [asked, member] of OVERRIDES) if (input[asked] !== undefined) told[member] = input[asked];
  if (input.ResponseExpires !== undefined) {
    told.Expires = input.ResponseExpires;
    told.ExpiresString = input.ResponseExpires.toUTCString();
  }
  return told;
}
