/**
 * MFA delete: versions of a bucket are removed, and its versioning changed, only by the root user with a code of his
 * device. https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html
 */
import type { Context } from '../../core/context.ts';
import { AccessDenied } from '../../core/errors.ts';
import { verifyMfaCode } from '../../identity/mfa.ts';
import type { Bucket } from './bucketRows.ts';
import { s3Error } from './errors.ts';

/** Rules remove versions without a code. https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-and-other-bucket-config.html */
export const notWithMfa = () =>
  s3Error('InvalidBucketState', { message: 'Lifecycle configuration on MFA-enabled buckets is not supported.' });

const refused = () => new AccessDenied('Mfa Authentication must be used for this request');

/** Where the bucket asks for it. `header`: serial number or ARN of the device, a space, the code. */
export async function requireMfa(ctx: Context, bucket: Bucket, header: string | undefined): Promise<void> {
  if (bucket.mfaDelete === 'Enabled') await requireCode(ctx, bucket, header);
}

/** Throws AccessDenied unless the root user of the bucket's account shows a code. */
export async function requireCode(ctx: Context, { account }: Bucket, header: string | undefined): Promise<void> {
  const [serial, code, ...rest] = header?.trim().split(/\s+/) ?? [];
  const isRoot = ctx.caller.type === 'Root' && ctx.caller.account === account;
  if (!isRoot || serial === undefined || code === undefined || rest.length > 0) throw refused();
  if ((await verifyMfaCode(ctx, serial, code)) !== 'Accepted') throw refused();
}
