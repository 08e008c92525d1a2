/**
 * Documents in bodies, compared with what their headers say of them. Bodies that become objects are compared while
 * they come (staging.ts).
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
import type { WireRequest } from '../../core/wire.ts';
import { ALGORITHMS, checksumClaim, headerOf, md5Claim, memberOf } from './checksums.ts';
import { s3Error } from './errors.ts';
import { digestsOf } from './staging.ts';

/** Here the header tells of the object that is to be, not of the document. */
const OF_OBJECTS: ReadonlySet<string> = new Set(['CompleteMultipartUpload']);

/** Throws BadDigest, or InvalidRequest where there must be something to compare with. */
export async function bodyProved(
  operation: string,
  { headers, body }: Pick<WireRequest, 'headers' | 'body'>,
): Promise<void> {
  const md5 = md5Claim(headers['content-md5']);
  const given = ALGORITHMS.map((algorithm) => [memberOf(algorithm), headers[headerOf(algorithm)]]);
  const checksum = OF_OBJECTS.has(operation) ? undefined : checksumClaim(Object.fromEntries(given));
  if (!md5 && !checksum) {
    if (operation !== 'DeleteObjects') return;
    throw s3Error('InvalidRequest', { message: 'Missing required header for this request: Content-MD5' });
  }
  const digests = await digestsOf({ md5, checksum });
  digests.update(body);
  digests.done(new Map());
}
