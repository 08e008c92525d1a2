/**
 * Storage Lens configurations with their free metrics: put, read, listed and removed. S3 exports what they ask for.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage_lens.html
 */
import type {
  DeleteStorageLensConfigurationRequest,
  DeleteStorageLensConfigurationTaggingRequest,
  GetStorageLensConfigurationRequest,
  GetStorageLensConfigurationResult,
  GetStorageLensConfigurationTaggingRequest,
  GetStorageLensConfigurationTaggingResult,
  ListStorageLensConfigurationsRequest,
  ListStorageLensConfigurationsResult,
  PutStorageLensConfigurationRequest,
  PutStorageLensConfigurationTaggingRequest,
  StorageLensConfiguration,
} from '@aws-sdk/client-s3-control';
import type { Context } from '../../core/context.ts';
import { CommonError, notImplemented } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { requestTags } from '../../core/tags.ts';
import { type StorageLens, storageLensArn, storageLenses } from '../../identity/storageLens.ts';
import { requireOwnAccount } from './accounts.ts';
import { pagesOf } from './pages.ts';
import { requireTags, withTagging } from './tagRules.ts';

const LENSES_MAX = 50;

interface Asked {
  readonly AccountId?: string | undefined;
  readonly ConfigId: string;
}

async function load({ AccountId, ConfigId: id }: Asked, ctx: Context): Promise<StorageLens | Missing> {
  requireOwnAccount(ctx, AccountId);
  const { account, region } = ctx;
  const found = await ctx.store.get(storageLenses, [account, region, id]);
  const missing = new CommonError('NoSuchConfiguration', 'The specified configuration does not exist.', 404);
  return found ?? new Missing(storageLensArn({ account, region, id }), missing);
}

const onLens = (lens: StorageLens) => ({ resource: storageLensArn(lens), resourceTags: lens.tags });

type On<Request> = Present<Request> & Asked;

export const PutStorageLensConfiguration: Operation<On<PutStorageLensConfigurationRequest>, object> = {
  access(input, ctx) {
    requireOwnAccount(ctx, input.AccountId);
    const making = { resource: '*', conditions: requestTags(input.Tags) };
    return withTagging(making, input.Tags, 's3:PutStorageLensConfigurationTagging');
  },
  async run({ ConfigId: id, StorageLensConfiguration: configuration, Tags }, ctx) {
    const { account, region, store } = ctx;
    if (configuration.Id !== id) throw refused('InvalidConfigId', 'The configuration ID is not valid.');
    requireLens(configuration);
    const before = await store.get(storageLenses, [account, region, id]);
    const { rows } = await store.list(storageLenses, [account, region], { limit: LENSES_MAX });
    if (!before && rows.length >= LENSES_MAX) {
      throw refused(
        'TooManyConfigurations',
        `You have attempted to create more configurations than the ${LENSES_MAX} allowed.`,
      );
    }
    const tags = Tags ? requireTags(Tags) : (before?.tags ?? []);
    await store.replace(storageLenses, { account, region, id, configuration, tags });
    return {};
  },
};

const refused = (code: string, message: string) => new CommonError(code, message);

/** Throws AWS's error for what does not fit, and NotImplemented for what costs more than looking at what is there. */
function requireLens(configuration: StorageLensConfiguration): void {
  const { Include, Exclude, DataExport, AwsOrg, ExpandedPrefixesDataExport, StorageLensArn } = configuration;
  if (StorageLensArn !== undefined) {
    throw refused('InvalidStorageLensArn', 'The S3 Storage Lens ARN is not required in input.');
  }
  if (AwsOrg) notImplemented('Storage Lens of an organization');
  if (ExpandedPrefixesDataExport) notImplemented('The export of all prefixes');
  requireFreeMetrics(configuration);
  if (Include && Exclude) {
    const message =
      'You can specify either an Include container or an Exclude container in a configuration. You cannot specify both in a configuration.';
    throw refused('InvalidIncludeExcludeContainers', message);
  }
  for (const [name, part] of Object.entries({ Include, Exclude })) {
    if (part && !part.Buckets?.length && !part.Regions?.length) {
      throw refused(`Empty${name}Container`, `The ${name.toLowerCase()} container cannot be empty.`);
    }
  }
  const to = DataExport?.S3BucketDestination;
  if (DataExport?.CloudWatchMetrics?.IsEnabled) notImplemented('Storage Lens in CloudWatch');
  if (DataExport?.StorageLensTableDestination?.IsEnabled) notImplemented('Storage Lens in a table bucket');
  if (!to) return;
  if (to.Format !== 'CSV') notImplemented(`A Storage Lens export in the format ${to.Format}`);
  if (!/^arn:aws:s3:::[a-z0-9.-]{3,63}$/.test(to.Arn ?? '')) {
    throw refused('InvalidDestination', 'The S3 bucket ARN is malformed.');
  }
  if (to.Encryption?.SSES3 && to.Encryption.SSEKMS) {
    throw refused('InvalidEncryptionMethod', 'Only one encryption method can be specified.');
  }
}

function requireFreeMetrics({ AccountLevel }: StorageLensConfiguration): void {
  const { BucketLevel, StorageLensGroupLevel, ...account } = AccountLevel ?? {};
  if (StorageLensGroupLevel) notImplemented('A Storage Lens group');
  const { PrefixLevel, ...bucket } = BucketLevel ?? {};
  if (PrefixLevel?.StorageMetrics?.IsEnabled) notImplemented('The Storage Lens level of prefixes');
  for (const [name, metrics] of [...Object.entries(account), ...Object.entries(bucket)]) {
    if (metrics?.IsEnabled) notImplemented(`The Storage Lens level of ${name}`);
  }
}

export const GetStorageLensConfiguration: Operation<
  On<GetStorageLensConfigurationRequest>,
  GetStorageLensConfigurationResult,
  StorageLens
> = {
  load,
  access: (_input, _ctx, lens) => onLens(lens),
  run: async (_input, _ctx, lens) => ({
    StorageLensConfiguration: { ...lens.configuration, StorageLensArn: storageLensArn(lens) },
  }),
};

export const DeleteStorageLensConfiguration: Operation<
  On<DeleteStorageLensConfigurationRequest>,
  object,
  StorageLens
> = {
  load,
  access: (_input, _ctx, lens) => onLens(lens),
  async run(_input, ctx, { account, region, id }) {
    await ctx.store.remove(storageLenses, [account, region, id]);
    return {};
  },
};

const lensPages = pagesOf(() => refused('InvalidRequest', 'The next token is not valid.'), LENSES_MAX);

export const ListStorageLensConfigurations: Operation<
  Present<ListStorageLensConfigurationsRequest> & Pick<Asked, 'AccountId'>,
  ListStorageLensConfigurationsResult
> = {
  access(input, ctx) {
    requireOwnAccount(ctx, input.AccountId);
    return { resource: '*' };
  },
  async run(input, ctx) {
    const { rows, page } = await lensPages.rows(ctx, storageLenses, [ctx.account, ctx.region], input);
    return {
      StorageLensConfigurationList: rows.map((lens) => ({
        Id: lens.id,
        StorageLensArn: storageLensArn(lens),
        HomeRegion: lens.region,
        IsEnabled: lens.configuration.IsEnabled === true,
      })),
      ...page,
    };
  },
};

export const GetStorageLensConfigurationTagging: Operation<
  On<GetStorageLensConfigurationTaggingRequest>,
  GetStorageLensConfigurationTaggingResult,
  StorageLens
> = {
  load,
  access: (_input, _ctx, lens) => onLens(lens),
  run: async (_input, _ctx, { tags }) => ({ Tags: [...tags] }),
};

export const PutStorageLensConfigurationTagging: Operation<
  On<PutStorageLensConfigurationTaggingRequest>,
  object,
  StorageLens
> = {
  load,
  access: ({ Tags }, _ctx, lens) => ({ ...onLens(lens), conditions: requestTags(Tags) }),
  async run({ Tags }, ctx, lens) {
    await ctx.store.replace(storageLenses, { ...lens, tags: requireTags(Tags) });
    return {};
  },
};

export const DeleteStorageLensConfigurationTagging: Operation<
  On<DeleteStorageLensConfigurationTaggingRequest>,
  object,
  StorageLens
> = {
  load,
  access: (_input, _ctx, lens) => onLens(lens),
  async run(_input, ctx, lens) {
    await ctx.store.replace(storageLenses, { ...lens, tags: [] });
    return {};
  },
};
