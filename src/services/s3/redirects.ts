/**
 * A bucket is in one Region, and requests to it are signed for that Region. Who signs for another one is told which it
 * is; clients then sign again.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html
 */
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import type { Bucket } from './bucketRows.ts';
import { s3Error } from './errors.ts';

/** Throws if the caller signed for another Region than the bucket's. Services, which call from inside, may be anywhere. */
export function requireRegion(ctx: Context, bucket: Bucket): void {
  if (ctx.region === bucket.region || ctx.caller.type === 'Service' || ctx.calledVia !== undefined) return;
  if (ctx.caller.type === 'Anonymous') return; // Nothing is signed that could be signed wrongly.
  throw wrongRegion(ctx, bucket);
}

function wrongRegion({ region, source }: Context, bucket: Bucket): Error {
  const headers = { 'x-amz-bucket-region': bucket.region };
  if (source.host.endsWith(`s3.${region}.amazonaws.com`)) {
    const Endpoint = `${bucket.name}.s3.${bucket.region}.amazonaws.com`;
    return s3Error('PermanentRedirect', { details: { Endpoint, Bucket: bucket.name }, headers });
  }
  return new CommonError(
    'AuthorizationHeaderMalformed',
    `The authorization header is malformed; the region '${region}' is wrong; expecting '${bucket.region}'`,
    400,
    { details: { Region: bucket.region }, headers },
  );
}
