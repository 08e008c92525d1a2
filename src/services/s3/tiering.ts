/**
 * S3 Intelligent-Tiering's archives: what is set. In which tier an object is follows from the plane's clock, see
 * accessTiers.ts. https://docs.aws.amazon.com/AmazonS3/latest/userguide/intelligent-tiering-overview.html
 */
import type { IntelligentTieringConfiguration } from '@aws-sdk/client-s3';
import { s3Error } from './errors.ts';
import { namedConfigurations, requireFilter } from './namedConfigurations.ts';
import { oneOf } from './onBucket.ts';

export const tieringConfigurations = namedConfigurations({
  setting: 'tiering',
  member: 'IntelligentTieringConfiguration',
  require: requireTiering,
  kept: {
    row: (configuration: IntelligentTieringConfiguration, before, ctx) => ({
      Id: configuration.Id,
      since: before?.since ?? ctx.now.getTime(),
      configuration,
    }),
    shown: ({ configuration }) => configuration,
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
  // An empty filter is none.
  requireFilter(Object.values(Filter ?? {}).some((each) => each !== undefined) ? Filter : undefined);
}
