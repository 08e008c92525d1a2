/** What is kept of an object beside its bytes: system headers, the user's metadata, storage class, tags. */
import { CommonError } from '../../core/errors.ts';
import type { Tag } from '../../core/operation.ts';
import { requireTags } from './bucketTags.ts';
import { invalidArgument, s3Error } from './errors.ts';
import type { ObjectVersion, SystemHeaders } from './versions.ts';

const KEY_BYTES_MAX = 1024;
const METADATA_BYTES_MAX = 2048;
const TAGS_MAX = 10;

/** Throws KeyTooLongError. */
export function requireKey(key: string): void {
  const size = Buffer.byteLength(key);
  if (size <= KEY_BYTES_MAX) return;
  throw s3Error('KeyTooLongError', { details: { Size: String(size), MaxSizeAllowed: String(KEY_BYTES_MAX) } });
}

export interface MetadataRequest {
  readonly CacheControl?: string | undefined;
  readonly ContentDisposition?: string | undefined;
  readonly ContentEncoding?: string | undefined;
  readonly ContentLanguage?: string | undefined;
  readonly ContentType?: string | undefined;
  readonly Expires?: Date | undefined;
  readonly Metadata?: Readonly<Record<string, string>> | undefined;
  readonly WebsiteRedirectLocation?: string | undefined;
  readonly StorageClass?: string | undefined;
}

type Described = Pick<ObjectVersion, 'headers' | 'metadata' | 'redirect' | 'storageClass'>;

/** As the row keeps it. Throws MetadataTooLarge, InvalidStorageClass, InvalidRedirectLocation. */
export function describedBy(input: MetadataRequest): Described {
  return { ...metadataIn(input), ...storageClassIn(input.StorageClass) };
}

export function metadataIn(input: MetadataRequest): Omit<Described, 'storageClass'> {
  const headers = headersIn(input);
  const metadata = input.Metadata ?? {};
  const size = Object.entries(metadata).reduce((sum, [k, v]) => sum + Buffer.byteLength(k) + Buffer.byteLength(v), 0);
  if (size > METADATA_BYTES_MAX) {
    const details = { Size: String(size), MaxSizeAllowed: String(METADATA_BYTES_MAX) };
    throw s3Error('MetadataTooLarge', { details });
  }
  const redirect = input.WebsiteRedirectLocation;
  if (redirect !== undefined && !/^(\/|https?:\/\/)/.test(redirect)) {
    const message = "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.";
    throw new CommonError('InvalidRedirectLocation', message);
  }
  return {
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(Object.keys(metadata).length > 0 && { metadata: lowered(metadata) }),
    ...(redirect !== undefined && { redirect }),
  };
}

const lowered = (metadata: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value]));

function headersIn(input: MetadataRequest): SystemHeaders {
  const encoding = withoutChunks(input.ContentEncoding);
  return {
    ...(input.ContentType !== undefined && { contentType: input.ContentType }),
    ...(input.CacheControl !== undefined && { cacheControl: input.CacheControl }),
    ...(input.ContentDisposition !== undefined && { contentDisposition: input.ContentDisposition }),
    ...(input.ContentLanguage !== undefined && { contentLanguage: input.ContentLanguage }),
    ...(encoding !== undefined && { contentEncoding: encoding }),
    ...(input.Expires !== undefined && { expires: input.Expires.toUTCString() }),
  };
}

/** `aws-chunked` is how the body came, not what it is. */
function withoutChunks(encoding: string | undefined): string | undefined {
  const kept = encoding?.split(',').filter((part) => part.trim() !== 'aws-chunked') ?? [];
  return kept.length > 0 ? kept.join(',').trim() : undefined;
}

/** The members of an answer. */
export function describing({ headers = {}, metadata, redirect, storageClass }: ObjectVersion) {
  return {
    ContentType: headers.contentType ?? 'binary/octet-stream',
    CacheControl: headers.cacheControl,
    ContentDisposition: headers.contentDisposition,
    ContentEncoding: headers.contentEncoding,
    ContentLanguage: headers.contentLanguage,
    ...(headers.expires !== undefined && { Expires: new Date(headers.expires), ExpiresString: headers.expires }),
    Metadata: { ...metadata },
    WebsiteRedirectLocation: redirect,
    StorageClass: storageClass,
  };
}

const KEPT = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
]);

export function storageClassIn(asked: string | undefined): Pick<ObjectVersion, 'storageClass'> {
  if (asked === undefined || asked === 'STANDARD') return {};
  if (!KEPT.has(asked)) throw s3Error('InvalidStorageClass', { details: { StorageClassRequested: asked } });
  return { storageClass: asked };
}

/** The tags of `x-amz-tagging`: `key=value&key=value`, each percent-encoded. */
export function tagsIn(header: string | undefined): readonly Tag[] {
  if (header === undefined || header === '') return [];
  const given = [...new URLSearchParams(header)].map(([Key, Value]) => ({ Key, Value }));
  if (new Set(given.map(({ Key }) => Key)).size < given.length) {
    throw invalidArgument(
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
      'x-amz-tagging',
      header,
    );
  }
  return objectTags(given);
}

/** Throws BadRequest for more than ten, InvalidTag. */
export function objectTags(given: readonly { Key?: string | undefined; Value?: string | undefined }[]): readonly Tag[] {
  if (given.length > TAGS_MAX) throw new CommonError('BadRequest', `Object tags cannot be greater than ${TAGS_MAX}`);
  return requireTags(given as Tag[], TAGS_MAX);
}

/** The condition keys of tags in a request for an object. */
export function requestedTags(tags: readonly Tag[]): Record<string, string | readonly string[]> {
  if (tags.length === 0) return {};
  const keys: Record<string, string | readonly string[]> = { 's3:RequestObjectTagKeys': tags.map(({ Key }) => Key) };
  for (const { Key, Value } of tags) keys[`s3:RequestObjectTag/${Key}`] = Value;
  return keys;
}
