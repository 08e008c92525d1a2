/** Buckets as rows: their names are one space for the whole plane. What they are set to is in settings.ts. */
import type { Context } from '../../core/context.ts';
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

export const findBucket = ({ store }: Pick<Context, 'store'>, name: string): Promise<Bucket | undefined> =>
  store.get(buckets, [name]);

/** Names are everybody's: whoever asks, signed or not, is told NoSuchBucket before permission is a question. */
export async function requireBucket(ctx: Pick<Context, 'store'>, name: string): Promise<Bucket> {
  const bucket = await findBucket(ctx, name);
  if (!bucket) throw noSuchBucket(name);
  return bucket;
}
