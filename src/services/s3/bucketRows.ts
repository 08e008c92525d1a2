/** Buckets as rows: their names are one space for the whole plane. What they are set to is in settings.ts. */
import type { Context } from '../../core/context.ts';
import { Missing } from '../../core/operation.ts';
import { table } from '../../store/store.ts';
import { noSuchBucket } from './errors.ts';

export interface Bucket {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  /** ISO 8601. */
  readonly created: string;
  /** Absent: never asked for, so that all versions are `null`. */
  readonly versioning?: 'Enabled' | 'Suspended';
  readonly mfaDelete?: 'Enabled' | 'Disabled';
}

export const buckets = table<Bucket>('s3_bucket', {
  key: ({ name }) => [name],
  indexes: { account: ({ account, name }) => [[account, name]] },
});

export const bucketArn = (name: string) => `arn:aws:s3:::${name}`;
export const objectArn = (bucket: string, key: string) => `arn:aws:s3:::${bucket}/${key}`;

/** For operations' `load`. */
export async function findBucket(ctx: Pick<Context, 'store'>, name: string): Promise<Bucket | Missing> {
  return (await ctx.store.get(buckets, [name])) ?? new Missing(bucketArn(name), noSuchBucket(name));
}
