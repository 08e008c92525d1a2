/**
 * S3 Intelligent-Tiering's archives: what is set. In which tier an object is follows from the plane's clock, see
 * accessTiers.ts. https://docs.aws.amazon.com/AmazonS3/latest/userguide/intelligent-tiering-overview.html
 */
import type {
  DeleteBucketIntelligentTieringConfigurationRequest,
  GetBucketIntelligentTieringConfigurationOutput,
  GetBucketIntelligentTieringConfigurationRequest,
  IntelligentTieringConfiguration,
  ListBucketIntelligentTieringConfigurationsOutput,
  ListBucketIntelligentTieringConfigurationsRequest,
  PutBucketIntelligentTieringConfigurationRequest,
} from '@aws-sdk/client-s3';
import type { Present } from '../../core/operation.ts';
import { requireTags } from './bucketTags.ts';
import {
  configurationIn,
  configurationPages,
  tokenAsked,
  withConfiguration,
  withoutConfiguration,
} from './configurations.ts';
import { s3Error } from './errors.ts';
import { onBucket, oneOf } from './onBucket.ts';
import { changeSettings } from './settings.ts';

const READING = 's3:GetIntelligentTieringConfiguration';
const WRITING = 's3:PutIntelligentTieringConfiguration';

export const GetBucketIntelligentTieringConfiguration = onBucket<
  Present<GetBucketIntelligentTieringConfigurationRequest>,
  GetBucketIntelligentTieringConfigurationOutput
>({
  action: READING,
  run: async ({ Id }, _ctx, { settings }) => ({
    IntelligentTieringConfiguration: configurationIn(settings.tiering, Id).configuration,
  }),
});

export const ListBucketIntelligentTieringConfigurations = onBucket<
  Present<ListBucketIntelligentTieringConfigurationsRequest>,
  ListBucketIntelligentTieringConfigurationsOutput
>({
  action: READING,
  async run(input, _ctx, { settings }) {
    const { items, page } = configurationPages.items(settings.tiering ?? [], input);
    const list = items.map(({ configuration }) => configuration);
    return { ...page, ...tokenAsked(input), ...(list.length > 0 && { IntelligentTieringConfigurationList: list }) };
  },
});

export const PutBucketIntelligentTieringConfiguration = onBucket<
  Present<PutBucketIntelligentTieringConfigurationRequest>,
  object
>({
  action: WRITING,
  async run({ Id, IntelligentTieringConfiguration: configuration }, ctx, { bucket, settings }) {
    requireTiering(configuration);
    const before = settings.tiering?.find((row) => row.Id === Id);
    const since = before?.since ?? ctx.now.getTime();
    const tiering = withConfiguration(settings.tiering, Id, { Id: configuration.Id, since, configuration });
    await changeSettings(ctx, bucket.name, { tiering });
    return {};
  },
});

export const DeleteBucketIntelligentTieringConfiguration = onBucket<
  Present<DeleteBucketIntelligentTieringConfigurationRequest>,
  object
>({
  action: WRITING,
  async run({ Id }, ctx, { bucket, settings }) {
    await changeSettings(ctx, bucket.name, { tiering: withoutConfiguration(settings.tiering, Id) });
    return {};
  },
});

/** Days without access, at least, after which AWS archives. */
const DAYS_MIN = { ARCHIVE_ACCESS: 90, DEEP_ARCHIVE_ACCESS: 180 } as const;
const DAYS_MAX = 730;

function requireTiering({ Filter, Status, Tierings = [] }: IntelligentTieringConfiguration): void {
  oneOf(Status, ['Enabled', 'Disabled'] as const);
  const tiers = Tierings.map(({ AccessTier }) => oneOf(AccessTier, ['ARCHIVE_ACCESS', 'DEEP_ARCHIVE_ACCESS'] as const));
  if (tiers.length === 0 || new Set(tiers).size < tiers.length) throw s3Error('MalformedXML');
  for (const [i, { Days = 0 }] of Tierings.entries()) {
    const least = DAYS_MIN[tiers[i]!];
    if (Number.isInteger(Days) && Days >= least && Days <= DAYS_MAX) continue;
    const message = `'Days' for the access tier ${tiers[i]} must be between ${least} and ${DAYS_MAX}`;
    throw s3Error('InvalidArgument', { message });
  }
  const { And, Prefix, Tag } = Filter ?? {};
  if (Filter && [And, Prefix, Tag].filter((each) => each !== undefined).length > 1) throw s3Error('MalformedXML');
  if (And && (And.Prefix === undefined ? 0 : 1) + (And.Tags?.length ?? 0) < 2) throw s3Error('MalformedXML');
  requireTags(And?.Tags ?? (Tag ? [Tag] : []));
}
