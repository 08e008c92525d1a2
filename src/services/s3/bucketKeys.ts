/**
 * S3 Bucket Keys: a data key of KMS that a bucket's objects share for a while, so that KMS is not asked for each object.
 * A requester who has not used it yet asks KMS once, which is when KMS says no and when its record is written.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
 */
import { createHash } from 'node:crypto';
import type { GenerateDataKeyResponse } from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { byUntil } from '../../core/expiring.ts';
import { table } from '../../store/store.ts';

interface BucketKey {
  readonly bucket: string;
  /** ARN of the user or role; account of a root user. */
  readonly requester: string;
  /** What it is for: the key as asked for with its context, or the data key as KMS encrypted it. */
  readonly use: string;
  readonly keyArn: string;
  readonly dataKey: string;
  /** The data key, sealed by the plane. */
  readonly plain: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export const bucketKeys = table<BucketKey>('s3_bucket_key', {
  key: ({ bucket, requester, use }) => [bucket, requester, use],
  indexes: { until: byUntil },
});

const SHARED_MS = 300_000;
const PURPOSE = 's3-bucket-key';

interface Shared {
  readonly keyArn: string;
  readonly dataKey: string;
  readonly plain: Uint8Array;
}

/** A data key for new objects. */
export async function bucketDataKey(
  ctx: Context,
  bucket: string,
  keyId: string,
  context: Readonly<Record<string, string>>,
  generate: () => Promise<GenerateDataKeyResponse>,
): Promise<Shared> {
  return shared(ctx, bucket, `new ${hashed(JSON.stringify([keyId, context]))}`, async () => {
    const { KeyId, CiphertextBlob, Plaintext } = await generate();
    return { keyArn: KeyId!, dataKey: Buffer.from(CiphertextBlob!).toString('base64'), plain: Plaintext! };
  });
}

/** The data key of an object that is there. */
export async function openedDataKey(
  ctx: Context,
  bucket: string,
  keyArn: string,
  dataKey: string,
  decrypt: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const found = await shared(ctx, bucket, `old ${hashed(dataKey)}`, async () => ({
    keyArn,
    dataKey,
    plain: await decrypt(),
  }));
  return found.plain;
}

async function shared(ctx: Context, bucket: string, use: string, ask: () => Promise<Shared>): Promise<Shared> {
  const requester = ctx.caller.session?.principalArn ?? ctx.caller.arn;
  const row = await ctx.store.get(bucketKeys, [bucket, requester, use]);
  const now = ctx.now.getTime();
  const plain = row && row.until > now ? ctx.secrets.open(PURPOSE, row.plain) : undefined;
  if (row && plain) return { keyArn: row.keyArn, dataKey: row.dataKey, plain };
  const found = await ask();
  await ctx.store.replace(bucketKeys, {
    bucket,
    requester,
    use,
    keyArn: found.keyArn,
    dataKey: found.dataKey,
    plain: ctx.secrets.seal(PURPOSE, found.plain, ctx.random(12)),
    until: now + SHARED_MS,
  });
  return found;
}

const hashed = (text: string) => createHash('sha256').update(text).digest('base64url');
