/**
 * S3 Multi-Region Access Points: one name for a bucket in each of several Regions. Made and described by S3 Control,
 * resolved by S3 on requests that are addressed to one. What becomes of one with time (made, gone, under a new policy)
 * follows from the clock when it is looked at.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPoints.html
 */
import { table } from '../store/store.ts';
import type { PublicAccessBlock } from './publicAccess.ts';

export interface RegionalBucket {
  readonly bucket: string;
  readonly region: string;
  /** Account that owns the bucket. */
  readonly account: string;
  /** Requests are sent there. */
  readonly active: boolean;
}

export interface MultiRegionPolicy {
  readonly text: string;
  /** By S3's meaning of public. */
  readonly isPublic: boolean;
  /** Milliseconds since 1970: when it counts. */
  readonly from: number;
}

export interface MultiRegionAccessPoint {
  readonly account: string;
  readonly name: string;
  /** `….mrap`, unique in the plane. */
  readonly alias: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly ready: number;
  /** When it is gone, once that is asked for. */
  readonly gone?: number;
  readonly block: PublicAccessBlock;
  readonly regions: readonly RegionalBucket[];
  readonly policy?: MultiRegionPolicy;
  /** The policy before it, which counts until then. */
  readonly before?: MultiRegionPolicy;
}

export const multiRegionAccessPoints = table<MultiRegionAccessPoint>('s3_multi_region_access_point', {
  key: ({ account, name }) => [account, name],
  indexes: {
    alias: ({ alias }) => [[alias]],
    bucket: ({ regions, account, name }) => regions.map(({ bucket }) => [bucket, account, name]),
  },
});

export const multiRegionArn = ({ account, alias }: Pick<MultiRegionAccessPoint, 'account' | 'alias'>) =>
  `arn:aws:s3::${account}:accesspoint/${alias}`;

export const isGone = ({ gone }: MultiRegionAccessPoint, now: Date): boolean =>
  gone !== undefined && gone <= now.getTime();

export const isReady = ({ ready, gone }: MultiRegionAccessPoint, now: Date): boolean =>
  ready <= now.getTime() && gone === undefined;

/** The policy that counts now. */
export const establishedPolicy = (
  { policy, before }: MultiRegionAccessPoint,
  now: Date,
): MultiRegionPolicy | undefined => (policy && policy.from <= now.getTime() ? policy : before);
