/**
 * Bytes on their way into an object: digested, compared with what the client says of them, encrypted and put away. Few
 * bytes are kept in the store beside their row; more become a blob, which is loose until a row refers to it.
 */
import { createHash, createHmac } from 'node:crypto';
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import { timeUuid } from '../../core/ids.ts';
import { Upload } from '../../core/upload.ts';
import { type ChecksumClaim, digestOf, requireChecksum, STANDARD } from './checksums.ts';
import { SMALL_BYTES_MAX, sealed, sealSmall } from './cipher.ts';
import type { Encryption } from './encryptionRequests.ts';
import { s3Error } from './errors.ts';
import type { ChecksumAlgorithm } from './versions.ts';

/** What the client says of the bytes. */
export interface Claims {
  readonly md5?: Buffer | undefined;
  readonly checksum?: ChecksumClaim | undefined;
  /** The algorithm of the checksum that is kept, where it is not the client's. */
  readonly kept?: ChecksumAlgorithm | undefined;
}

/** Bytes that are put away, and all that is known of them. */
export class Staged {
  /** Of the bytes: in the store or in a blob. */
  readonly id: string;
  readonly contentKey: Uint8Array;
  /** Encrypted, where they go into the store; a blob otherwise. */
  readonly inline: Uint8Array | undefined;
  readonly size: number;
  /** Hexadecimal. */
  readonly md5: string;
  readonly algorithm: ChecksumAlgorithm;
  /** Base 64. */
  readonly checksum: string;
  constructor(of: Staged) {
    this.id = of.id;
    this.contentKey = of.contentKey;
    this.inline = of.inline;
    this.size = of.size;
    this.md5 = of.md5;
    this.algorithm = of.algorithm;
    this.checksum = of.checksum;
  }
}

type World = Pick<Context, 'blobs' | 'random' | 'now'>;

const CONTENT_KEY_BYTES = 32;

/** As long as the layers of encryption that are asked for need it. */
export const newContentKey = ({ random }: Pick<Context, 'random'>, by?: Encryption['by']): Buffer =>
  Buffer.from(random(by === 'aws:kms:dsse' ? 2 * CONTENT_KEY_BYTES : CONTENT_KEY_BYTES));

/** Whether bytes are too many to be put away inside a write set. */
export const isLarge = (body: unknown): boolean =>
  body instanceof Upload || (body instanceof Uint8Array && body.length > SMALL_BYTES_MAX);

export const SMALL = SMALL_BYTES_MAX;

/** Bytes at hand that are few enough for the store. Throws BadDigest. */
export async function stageSmall(
  ctx: World,
  bytes: Uint8Array,
  claims: Claims,
  contentKey: Uint8Array = newContentKey(ctx),
): Promise<Staged> {
  const digests = await digestsOf(claims);
  digests.update(bytes);
  const id = timeUuid(ctx.now, ctx);
  const told = digests.done(new Map());
  return new Staged({ id, contentKey, inline: sealSmall(contentKey, id, bytes), size: bytes.length, ...told });
}

/** Reads all there is. On failure (BadDigest, IncompleteBody, a full disk) nothing is left. */
export async function stage(
  ctx: World,
  source: Upload,
  claims: Claims,
  contentKey: Uint8Array = newContentKey(ctx),
): Promise<Staged> {
  const id = timeUuid(ctx.now, ctx);
  const digests = await digestsOf(claims);
  const iterator = source.chunks[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let length = 0;
  let ended = false;
  while (length <= SMALL_BYTES_MAX && !ended) {
    const next = await iterator.next();
    if (next.done) ended = true;
    else {
      digests.update(next.value);
      head.push(next.value);
      length += next.value.length;
    }
  }
  if (ended) {
    const inline = sealSmall(contentKey, id, Buffer.concat(head));
    return new Staged({ id, contentKey, inline, size: length, ...digests.done(source.trailers) });
  }
  let told: ReturnType<Digests['done']> | undefined;
  async function* all() {
    yield* head;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      digests.update(next.value);
      length += next.value.length;
      yield next.value;
    }
    told = digests.done(source.trailers);
  }
  await written(() => ctx.blobs.stage(id, sealed(contentKey, id, all())));
  return new Staged({ id, contentKey, inline: undefined, size: length, ...told! });
}

/** On a disk without room there is no room for a while: clients try again. */
async function written(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOSPC' && code !== 'EDQUOT' && code !== 'EFBIG') throw error;
    throw new CommonError('ServiceUnavailable', 'Service is unable to handle request.', 503);
  }
}

/** Bytes of a service's own, whatever their number. */
export const uploadOfBytes = (bytes: Uint8Array): Upload =>
  new Upload(
    bytes.length,
    (async function* () {
      yield bytes;
    })(),
  );

interface Digests {
  update(bytes: Uint8Array): void;
  done(trailers: ReadonlyMap<string, string>): Pick<Staged, 'md5' | 'algorithm' | 'checksum'>;
}

/** Throws BadDigest from `done`, unless the bytes are what is claimed of them. */
export async function digestsOf({ md5, checksum: claim, kept }: Claims): Promise<Digests> {
  const hash = createHash('md5');
  const algorithm = kept ?? claim?.algorithm ?? STANDARD;
  const digest = await digestOf(algorithm);
  const claimed = claim && claim.algorithm !== algorithm ? await digestOf(claim.algorithm) : undefined;
  return {
    update(bytes) {
      hash.update(bytes);
      digest.update(bytes);
      claimed?.update(bytes);
    },
    done(trailers) {
      const computed = hash.digest();
      if (md5 && !md5.equals(computed)) throw wrongMd5(md5, computed);
      const checksum = digest.done().toString('base64');
      if (claim) requireChecksum(claim, claimed?.done().toString('base64') ?? checksum, trailers);
      return { md5: computed.toString('hex'), algorithm, checksum };
    },
  };
}

const wrongMd5 = (expected: Buffer, computed: Buffer) =>
  s3Error('BadDigest', {
    details: { ExpectedDigest: expected.toString('base64'), CalculatedDigest: computed.toString('base64') },
  });

/** In the write set that makes the row: where the row finds the bytes. */
export async function keepBytes(
  ctx: Pick<Context, 'store' | 'blobs'>,
  staged: Staged,
): Promise<{ readonly inline: string } | { readonly blob: string }> {
  if (staged.inline) {
    ctx.store.putBytes(staged.id, staged.inline);
    return { inline: staged.id };
  }
  await ctx.blobs.keep(ctx.store, staged.id);
  return { blob: staged.id };
}

/** 32 hexadecimal digits that only the holder of the content key can tell the MD5 from. */
export const blinded = (md5: string, contentKey: Uint8Array): string =>
  createHmac('md5', contentKey).update(md5).digest('hex');
