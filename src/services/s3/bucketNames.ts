/** What a bucket may be called. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
import { invalidArgument, s3Error } from './errors.ts';

const NAME = /^(?=.{3,63}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const ADDRESS = /^\d+\.\d+\.\d+\.\d+$/;
const RESERVED = /^(?:xn--|sthree-|amzn-s3-demo-)|(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/;

export const isBucketName = (name: string): boolean =>
  name.length <= 63 && NAME.test(name) && !ADDRESS.test(name) && !RESERVED.test(name);

/** Throws InvalidBucketName. */
export function requireBucketName(BucketName: string): void {
  if (!isBucketName(BucketName)) throw s3Error('InvalidBucketName', { details: { BucketName } });
}

/** `name-111122223333-us-west-2-an`: what an account may call its buckets, and no other account. */
const OWN_NAMESPACE = /-\d{12}-[a-z]{2}(?:-[a-z]+)+-\d-an$/;

/**
 * Throws InvalidBucketName for a name of the account regional namespace that is not asked for as such, or not the
 * account's. https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html
 */
export function requireNamespace(
  BucketName: string,
  namespace: string | undefined,
  { account, region }: { readonly account: string; readonly region: string },
): void {
  if (namespace !== undefined && namespace !== 'global' && namespace !== 'account-regional') {
    throw invalidArgument('Invalid bucket namespace', 'x-amz-bucket-namespace', namespace);
  }
  const fits =
    namespace === 'account-regional'
      ? BucketName.endsWith(`-${account}-${region}-an`)
      : !OWN_NAMESPACE.test(BucketName);
  if (!fits) throw s3Error('InvalidBucketName', { details: { BucketName } });
}
