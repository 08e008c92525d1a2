/**
 * Checksums of objects: computed while bytes pass, compared with what the client says, kept, and put together from
 * those of parts.
 */
import { createHash } from 'node:crypto';
import { type CrcName, crc32, crc32c, crc64nvme, crcJoiner } from './crc.ts';
import { s3Error } from './errors.ts';
import type { Checksum, ChecksumAlgorithm } from './versions.ts';

interface Digest {
  update(bytes: Uint8Array): void;
  done(): Buffer;
}

function crcDigest(crc: (bytes: Uint8Array, before: number) => number): Digest {
  let value = 0;
  return {
    update: (bytes) => void (value = crc(bytes, value)),
    done() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    },
  };
}

function nvmeDigest(): Digest {
  let value = 0n;
  return {
    update: (bytes) => void (value = crc64nvme(bytes, value)),
    done: () => bytesOf(value, 8),
  };
}

function bytesOf(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');
}

function hashDigest(name: string): Digest {
  const hash = createHash(name);
  return { update: (bytes) => void hash.update(bytes), done: () => hash.digest() };
}

type Maker = 'createXXHash64' | 'createXXHash3' | 'createXXHash128';

/** What computes these is loaded with the first of them. */
async function xxDigest(make: Maker): Promise<Digest> {
  const { default: wasm } = await import('hash-wasm');
  const hash = await wasm[make]();
  return { update: (bytes) => void hash.update(bytes), done: () => Buffer.from(hash.digest('binary')) };
}

interface Kind {
  readonly bytes: number;
  readonly digest: () => Digest | Promise<Digest>;
}

const KINDS: Readonly<Record<ChecksumAlgorithm, Kind>> = {
  CRC32: { bytes: 4, digest: () => crcDigest(crc32) },
  CRC32C: { bytes: 4, digest: () => crcDigest(crc32c) },
  CRC64NVME: { bytes: 8, digest: nvmeDigest },
  SHA1: { bytes: 20, digest: () => hashDigest('sha1') },
  SHA256: { bytes: 32, digest: () => hashDigest('sha256') },
  SHA512: { bytes: 64, digest: () => hashDigest('sha512') },
  MD5: { bytes: 16, digest: () => hashDigest('md5') },
  XXHASH64: { bytes: 8, digest: () => xxDigest('createXXHash64') },
  XXHASH3: { bytes: 8, digest: () => xxDigest('createXXHash3') },
  XXHASH128: { bytes: 16, digest: () => xxDigest('createXXHash128') },
};

export const ALGORITHMS = Object.keys(KINDS) as ChecksumAlgorithm[];

/** What S3 computes where nobody asks for another. */
export const STANDARD: ChecksumAlgorithm = 'CRC64NVME';

export const digestOf = (algorithm: ChecksumAlgorithm): Digest | Promise<Digest> => KINDS[algorithm].digest();

export const headerOf = (algorithm: ChecksumAlgorithm) => `x-amz-checksum-${algorithm.toLowerCase()}`;
type Member = `Checksum${ChecksumAlgorithm}`;
export const memberOf = (algorithm: ChecksumAlgorithm): Member => `Checksum${algorithm}`;

/** The members by which requests and answers tell checksums. */
export type ChecksumMembers = { readonly [K in Member]?: string | undefined };

/** What a request says of the checksum of its body. */
export interface ChecksumClaim {
  readonly algorithm: ChecksumAlgorithm;
  /** Base 64; undefined where it comes behind the body, or only the algorithm is asked for. */
  readonly value?: string | undefined;
  /** It comes behind the body. */
  readonly trailing?: true;
}

/** Throws InvalidRequest where a request says several things, or nothing that a checksum can be. */
export function checksumClaim(
  input: ChecksumMembers & { readonly ChecksumAlgorithm?: string | undefined },
  announced: readonly string[] = [],
): ChecksumClaim | undefined {
  const given = ALGORITHMS.filter((algorithm) => input[memberOf(algorithm)] !== undefined);
  const behind = ALGORITHMS.filter((algorithm) => announced.includes(headerOf(algorithm)));
  if (given.length + behind.length > 1) {
    throw invalid('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.');
  }
  const asked = input.ChecksumAlgorithm === undefined ? undefined : algorithmOf(input.ChecksumAlgorithm);
  const algorithm = given[0] ?? behind[0];
  if (algorithm === undefined) return asked && { algorithm: asked };
  if (asked !== undefined && asked !== algorithm) {
    throw invalid('Value for x-amz-sdk-checksum-algorithm header is invalid.');
  }
  if (behind.length > 0) return { algorithm, trailing: true };
  return { algorithm, value: wellFormed(algorithm, input[memberOf(algorithm)]!) };
}

export function algorithmOf(name: string): ChecksumAlgorithm {
  if (!Object.hasOwn(KINDS, name)) {
    throw invalid(
      'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
    );
  }
  return name as ChecksumAlgorithm;
}

const invalid = (message: string) => s3Error('InvalidRequest', { message });

function wellFormed(algorithm: ChecksumAlgorithm, value: string): string {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length === KINDS[algorithm].bytes && bytes.toString('base64') === value) return value;
  throw invalid(`Value for ${headerOf(algorithm)} header is invalid.`);
}

/** Throws BadDigest unless what came behind the body, or before it, is what was computed. */
export function requireChecksum(
  { algorithm, value, trailing }: ChecksumClaim,
  computed: string,
  trailers: ReadonlyMap<string, string>,
): void {
  const told = trailing ? wellFormed(algorithm, trailers.get(headerOf(algorithm)) ?? '') : value;
  if (told === undefined || told === computed) return;
  throw s3Error('BadDigest', { message: `The ${algorithm} you specified did not match the calculated checksum.` });
}

/** Content-MD5, as 16 bytes. Throws InvalidDigest. */
export function md5Claim(header: string | undefined): Buffer | undefined {
  if (header === undefined) return undefined;
  const bytes = Buffer.from(header, 'base64');
  if (bytes.length === 16 && bytes.toString('base64') === header) return bytes;
  throw s3Error('InvalidDigest', { details: { 'Content-MD5': header } });
}

export const checksumAnswer = (
  checksum: Checksum | undefined,
): ChecksumMembers & { ChecksumType?: Checksum['type'] } =>
  checksum ? { [memberOf(checksum.algorithm)]: checksum.value, ChecksumType: checksum.type } : {};

interface Piece {
  readonly size: number;
  /** Base 64. */
  readonly value: string;
}

/** Of parts in their order. */
export async function checksumOfParts(
  algorithm: ChecksumAlgorithm,
  type: Checksum['type'],
  parts: readonly Piece[],
): Promise<Checksum> {
  if (type === 'COMPOSITE') {
    const digest = await digestOf(algorithm);
    for (const { value } of parts) digest.update(Buffer.from(value, 'base64'));
    return { algorithm, type, value: `${digest.done().toString('base64')}-${parts.length}` };
  }
  const join = crcJoiner(algorithm as CrcName);
  let whole = 0n;
  for (const { value, size } of parts) {
    whole = join(whole, BigInt(`0x${Buffer.from(value, 'base64').toString('hex')}`), size);
  }
  return { algorithm, type, value: bytesOf(whole, KINDS[algorithm].bytes).toString('base64') };
}
