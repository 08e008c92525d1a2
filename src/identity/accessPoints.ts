/**
 * S3 access points: names of an account and Region through which a bucket is reached under a policy of their own.
 * Made and described by S3 Control, resolved by S3 on requests that are addressed to one.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points.html
 */
import type { Tag } from '../core/operation.ts';
import { table } from '../store/store.ts';
import type { PublicAccessBlock } from './publicAccess.ts';

export interface AccessPoint {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** `name-…-s3alias`, unique in the plane: works wherever a bucket's name does. */
  readonly alias: string;
  readonly bucket: string;
  readonly bucketAccount: string;
  readonly created: string;
  /** Reached from this VPC only; from the internet when absent. */
  readonly vpc?: string;
  readonly block: PublicAccessBlock;
  readonly policy?: string;
  /** By S3's meaning of public; judged when the policy was put. */
  readonly policyIsPublic?: boolean;
  readonly tags: readonly Tag[];
}

export const accessPoints = table<AccessPoint>('s3_access_point', {
  key: ({ account, region, name }) => [account, region, name],
  indexes: {
    alias: ({ alias }) => [[alias]],
    bucket: ({ bucket, account, region, name }) => [[bucket, account, region, name]],
  },
});

export const accessPointArn = ({ account, region, name }: Pick<AccessPoint, 'account' | 'region' | 'name'>) =>
  `arn:aws:s3:${region}:${account}:accesspoint/${name}`;
