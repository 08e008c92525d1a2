/**
 * S3 Storage Lens: what an account wants to be told of its storage every day. Set through S3 Control, carried out by
 * S3, which knows the buckets. https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage_lens.html
 */
import type { StorageLensConfiguration } from '@aws-sdk/client-s3-control';
import type { Tag } from '../core/operation.ts';
import { table } from '../store/store.ts';

export interface StorageLens {
  readonly account: string;
  /** Where it is set and kept; it is about all Regions. */
  readonly region: string;
  readonly id: string;
  readonly configuration: StorageLensConfiguration;
  readonly tags: readonly Tag[];
}

export const storageLenses = table<StorageLens>('s3_storage_lens', {
  key: ({ account, region, id }) => [account, region, id],
});

export const storageLensArn = ({ account, region, id }: Pick<StorageLens, 'account' | 'region' | 'id'>) =>
  `arn:aws:s3:${region}:${account}:storage-lens/${id}`;
