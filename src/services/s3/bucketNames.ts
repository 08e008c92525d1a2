/** What a bucket may be called. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
import { s3Error } from './errors.ts';

const NAME = /^(?=.{3,63}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const ADDRESS = /^\d+\.\d+\.\d+\.\d+$/;
const RESERVED = /^(?:xn--|sthree-|amzn-s3-demo-)|(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/;

export const isBucketName = (name: string): boolean =>
  name.length <= 63 && NAME.test(name) && !ADDRESS.test(name) && !RESERVED.test(name);

/** Throws InvalidBucketName. */
export function requireBucketName(BucketName: string): void {
  if (!isBucketName(BucketName)) throw s3Error('InvalidBucketName', { details: { BucketName } });
}
