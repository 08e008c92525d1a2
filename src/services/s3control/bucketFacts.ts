/** What S3 tells S3 Control about a bucket. */
import type { Context } from '../../core/context.ts';

export interface BucketFacts {
  readonly account: string;
  readonly region: string;
}

export const bucketNamed = (ctx: Context, Bucket: string) =>
  ctx.call<BucketFacts | undefined>('s3', 'DescribeBucket', { Bucket });
