/**
 * Objects as rows. What GetObject finds by key alone is a row of `objects`; all other versions of a key, and delete
 * markers even when they are the latest, are rows of `versions`. So a bucket is listed by reading rows side by side,
 * without passing what is deleted.
 *
 * Version ids begin with the time, turned round, so that byte order is newest first.
 */
import type { IntelligentTieringAccessTier } from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import type { Tag } from '../../core/operation.ts';
import { table } from '../../store/store.ts';
import type { Sealed } from './encryption.ts';
import type { Acl } from './grants.ts';

/** One version of an object, or a delete marker. Members that are at their default are absent. */
export interface ObjectVersion {
  readonly bucket: string;
  readonly key: string;
  /** `null` where versioning was not on when it was made. */
  readonly id: string;
  /** Grows with each version of the key; microseconds since 1970 as long as no clock goes back. */
  readonly stamp: number;
  readonly deleteMarker?: true;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Account that owns it, where that is not the bucket's; empty: whoever wrote it did not sign. */
  readonly owner?: string;
  readonly acl?: Acl;
  readonly size: number;
  /** Without quotation marks. */
  readonly etag: string;
  readonly body?: Body;
  readonly sealed?: Sealed;
  readonly checksum?: Checksum;
  /** Where it is not STANDARD. */
  readonly storageClass?: string;
  /** User metadata, names in lower case and without `x-amz-meta-`. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly headers?: SystemHeaders;
  readonly tags?: readonly Tag[];
  readonly retention?: Retention;
  /** Absent: never set. */
  readonly legalHold?: boolean;
  readonly replication?: 'PENDING' | 'COMPLETED' | 'FAILED' | 'REPLICA';
  /** Of a replica, while its status says how its changes come to where it is from. */
  readonly replica?: true;
  readonly redirect?: string;
  /** Of an archived object, when a copy is ready and until when: milliseconds since 1970. */
  readonly restore?: { readonly ready: number; readonly until: number };
  /** Of what Intelligent-Tiering watches, when it was read last, in milliseconds; see accessTiers.ts. */
  readonly accessed?: number;
  /** From which of its archives it was asked back, and when it is there. */
  readonly thaw?: { readonly tier: IntelligentTieringAccessTier; readonly ready: number };
  /** Annotations were attached to it; see annotations.ts. */
  readonly annotated?: true;
  /** The upload in parts that it was made by. */
  readonly upload?: string;
}

export interface Retention {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  /** Milliseconds since 1970. */
  readonly until: number;
}

export interface SystemHeaders {
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  readonly expires?: string;
}

/** Base 64, with `-N` behind a composite one. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
  readonly value: string;
}

export type ChecksumAlgorithm =
  | 'CRC32'
  | 'CRC32C'
  | 'CRC64NVME'
  | 'SHA1'
  | 'SHA256'
  | 'SHA512'
  | 'MD5'
  | 'XXHASH64'
  | 'XXHASH3'
  | 'XXHASH128';

/** Where the bytes are: in the store beside the rows, in a blob, or in the pieces that a manifest names. */
export type Body =
  | { readonly inline: string }
  | { readonly blob: string }
  | { readonly manifest: string; readonly parts: number };

export const objects = table<ObjectVersion>('s3_object', { key: ({ bucket, key }) => [bucket, sortable(key)] });

export const versions = table<ObjectVersion>('s3_version', {
  key: (version) => [version.bucket, sortable(version.key), rankOf(version)],
  indexes: { null: ({ bucket, key, id }) => (id === NULL ? [[bucket, sortable(key)]] : []) },
});

export const NULL = 'null';

/** Version ids are their own rank; `null` versions have one for their time. */
export const rankOf = ({ id, stamp }: Pick<ObjectVersion, 'id' | 'stamp'>) => (id === NULL ? timeRank(stamp) : id);

const STAMP_MAX = 2 ** 53;
const RANK_DIGITS = 11;
const ID_CHARACTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstvwxyz_.';
const ID_LENGTH = 32;

/** Later ones first; letters and digits. */
const timeRank = (stamp: number) => (STAMP_MAX - stamp).toString(36).padStart(RANK_DIGITS, '0');

/** A version id, 32 characters, that sorts before those of earlier stamps. */
export function versionId(stamp: number, { random }: Pick<Context, 'random'>): string {
  let id = timeRank(stamp);
  for (const byte of random(ID_LENGTH - RANK_DIGITS)) id += ID_CHARACTERS[byte % ID_CHARACTERS.length];
  return id;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: keys may hold them
const LOW = /[\u0000-\u0020]/;
const LOWS = new RegExp(LOW.source, 'g');

/**
 * The key as a part of a row's key, in the same order. A part ends with U+001F, so what is not above that is written as
 * a space and a letter.
 */
export const sortable = (key: string): string =>
  LOW.test(key) ? key.replace(LOWS, (char) => ` ${String.fromCharCode(char.charCodeAt(0) + 0x40)}`) : key;
