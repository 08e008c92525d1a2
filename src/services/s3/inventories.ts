/**
 * Inventories: what is set. How reports are made is in inventoryFiles.ts.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html
 */
import type {
  DeleteBucketInventoryConfigurationRequest,
  GetBucketInventoryConfigurationOutput,
  GetBucketInventoryConfigurationRequest,
  InventoryConfiguration,
  ListBucketInventoryConfigurationsOutput,
  ListBucketInventoryConfigurationsRequest,
  PutBucketInventoryConfigurationRequest,
} from '@aws-sdk/client-s3';
import { CommonError, notImplemented } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import {
  CONFIGURATIONS_MAX,
  configurationNamed,
  configurationPages,
  requireId,
  requireRoom,
  tokenAsked,
} from './configurations.ts';
import { s3Error } from './errors.ts';
import { inventories, oweReport } from './inventoryTasks.ts';
import { onBucket, oneOf } from './onBucket.ts';

/** Columns that say what there is. Who has access by lists, and tiers, are not reported. */
const FIELDS = [
  'Size',
  'LastModifiedDate',
  'StorageClass',
  'ETag',
  'IsMultipartUploaded',
  'ReplicationStatus',
  'EncryptionStatus',
  'ObjectLockRetainUntilDate',
  'ObjectLockMode',
  'ObjectLockLegalHoldStatus',
  'BucketKeyStatus',
  'ChecksumAlgorithm',
  'ObjectOwner',
] as const;

export const GetBucketInventoryConfiguration = onBucket<
  Present<GetBucketInventoryConfigurationRequest>,
  GetBucketInventoryConfigurationOutput
>({
  action: 's3:GetInventoryConfiguration',
  async run(input, ctx, { bucket }) {
    const found = configurationNamed(await ctx.store.get(inventories, [bucket.name, input.Id]));
    return { InventoryConfiguration: found.configuration };
  },
});

export const ListBucketInventoryConfigurations = onBucket<
  Present<ListBucketInventoryConfigurationsRequest>,
  ListBucketInventoryConfigurationsOutput
>({
  action: 's3:GetInventoryConfiguration',
  async run(input, ctx, { bucket }) {
    const { rows, page } = await configurationPages.rows(ctx, inventories, [bucket.name], input);
    return {
      ...page,
      ...tokenAsked(input),
      ...(rows.length > 0 && { InventoryConfigurationList: rows.map(({ configuration }) => configuration) }),
    };
  },
});

export const PutBucketInventoryConfiguration = onBucket<Present<PutBucketInventoryConfigurationRequest>, object>({
  action: 's3:PutInventoryConfiguration',
  conditions: (input) => ({
    's3:InventoryAccessibleOptionalFields': input.InventoryConfiguration?.OptionalFields,
  }),
  async run(input, ctx, { bucket }) {
    const { InventoryConfiguration: configuration, Id: id } = input;
    requireId(id, configuration);
    requireInventory(configuration);
    if (!(await ctx.store.get(inventories, [bucket.name, id]))) {
      requireRoom(await ctx.store.fits(inventories, [bucket.name], CONFIGURATIONS_MAX));
    }
    await ctx.store.replace(inventories, { bucket: bucket.name, id, configuration });
    await oweReport(ctx, bucket, id, configuration);
    return {};
  },
});

export const DeleteBucketInventoryConfiguration = onBucket<Present<DeleteBucketInventoryConfigurationRequest>, object>({
  action: 's3:PutInventoryConfiguration',
  async run(input, ctx, { bucket }) {
    configurationNamed((await ctx.store.remove(inventories, [bucket.name, input.Id])) || undefined);
    await oweReport(ctx, bucket, input.Id);
    return {};
  },
});

function requireInventory(configuration: InventoryConfiguration): void {
  const { Destination, IncludedObjectVersions, Schedule, OptionalFields = [], IsEnabled } = configuration;
  if (IsEnabled === undefined) throw s3Error('MalformedXML');
  oneOf(IncludedObjectVersions, ['All', 'Current'] as const);
  oneOf(Schedule?.Frequency, ['Daily', 'Weekly'] as const);
  const to = Destination?.S3BucketDestination;
  const format = oneOf(to?.Format, ['CSV', 'ORC', 'Parquet'] as const);
  if (!/^arn:aws:s3:::[a-z0-9.-]{3,63}$/.test(to?.Bucket ?? '')) {
    throw new CommonError('InvalidS3DestinationBucket', 'Invalid bucket ARN.');
  }
  if (to?.AccountId !== undefined && !/^\d{12}$/.test(to.AccountId)) throw s3Error('MalformedXML');
  if (format !== 'CSV') notImplemented(`An inventory in the format ${format}`);
  if (to?.Encryption?.SSEKMS && !to.Encryption.SSEKMS.KeyId) throw s3Error('MalformedXML');
  for (const field of OptionalFields) {
    if (!(FIELDS as readonly string[]).includes(field)) notImplemented(`The inventory field ${field}`);
  }
}
