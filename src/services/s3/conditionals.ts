/**
 * Requests that are made on conditions: of an entity tag, or of a time.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
 */
import { CommonError } from '../../core/errors.ts';
import { s3Error } from './errors.ts';
import type { ObjectVersion } from './versions.ts';

interface Conditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

export const failed = (Condition: string) => s3Error('PreconditionFailed', { details: { Condition } });

/** Whether a header that lists entity tags names this one. */
function names(header: string, etag: string): boolean {
  return header.split(',').some((part) => {
    const tag = part.trim();
    return tag === '*' || tag.replace(/^W\//, '').replace(/^"(.*)"$/, '$1') === etag;
  });
}

/** Throws PreconditionFailed, or NotModified (304). Dates count by the second. */
export function requireReadable(version: ObjectVersion, conditions: Conditions, prefix = ''): void {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions;
  const modified = Math.floor(version.modified / 1000) * 1000;
  if (IfMatch !== undefined) {
    if (!names(IfMatch, version.etag)) throw failed(`${prefix}If-Match`);
  } else if (IfUnmodifiedSince !== undefined && modified > IfUnmodifiedSince.getTime()) {
    throw failed(`${prefix}If-Unmodified-Since`);
  }
  const seen =
    IfNoneMatch !== undefined
      ? names(IfNoneMatch, version.etag)
      : IfModifiedSince !== undefined && modified <= IfModifiedSince.getTime();
  if (!seen) return;
  if (prefix !== '') throw failed(`${prefix}${IfNoneMatch === undefined ? 'If-Modified-Since' : 'If-None-Match'}`);
  throw new CommonError('NotModified', 'Not Modified', 304, {
    headers: { etag: `"${version.etag}"`, 'last-modified': new Date(version.modified).toUTCString() },
  });
}

/** Throws where a write, or a removal, is on a condition that does not hold. `current`: what the key has now. */
export function requireWritable(
  key: string,
  current: ObjectVersion | undefined,
  { IfMatch, IfNoneMatch }: Pick<Conditions, 'IfMatch' | 'IfNoneMatch'>,
): void {
  const present = current?.deleteMarker ? undefined : current;
  if (IfNoneMatch !== undefined) {
    if (IfNoneMatch.trim() !== '*') throw unimplemented('If-None-Match');
    if (present) throw failed('If-None-Match');
  }
  if (IfMatch === undefined) return;
  if (!present) throw s3Error('NoSuchKey', { details: { Key: key } });
  if (!names(IfMatch, present.etag)) throw failed('If-Match');
}

/** Whoever compares a tag must be able to read it: `s3:GetObject`, beside what the request is about. */
export const comparesTag = (ifMatch: string | undefined): boolean => ifMatch !== undefined && ifMatch.trim() !== '*';

/** What S3 says to a header that it knows and does not heed here. */
export const unimplemented = (Header: string) =>
  new CommonError('NotImplemented', 'A header you provided implies functionality that is not implemented', 501, {
    details: { Header },
  });
