/** What a trail is in the store: one row, in the account and the Region where it was made. */
import type { AdvancedEventSelector, EventSelector, Template } from '@aws-sdk/client-cloudtrail';
import type { Tag } from '../../core/operation.ts';
import { table } from '../../store/store.ts';

export type InsightKind = 'ApiCallRateInsight' | 'ApiErrorRateInsight';

export interface Trail {
  /** Who owns it: of an organization trail always the management account. */
  readonly account: string;
  /** Its home Region. */
  readonly region: string;
  readonly name: string;
  readonly bucket: string;
  readonly prefix?: string | undefined;
  /** ARN. */
  readonly topic?: string | undefined;
  readonly logGroup?: string | undefined;
  readonly logRole?: string | undefined;
  /** ARN. */
  readonly key?: string | undefined;
  readonly globalEvents: boolean;
  readonly multiRegion: boolean;
  /** `o-…` of an organization trail. */
  readonly organization?: string | undefined;
  /** Since when digest files are made, in milliseconds. */
  readonly validation?: number | undefined;
  /** Basic selectors, or advanced ones, or neither: then all management events. */
  readonly selectors?: readonly EventSelector[] | undefined;
  readonly advanced?: readonly AdvancedEventSelector[] | undefined;
  /** Insights on management events, and since when they watch, in milliseconds. */
  readonly insights?: readonly InsightKind[] | undefined;
  readonly insightsSince?: number | undefined;
  /** The same of data events. */
  readonly dataInsights?: readonly InsightKind[] | undefined;
  readonly dataInsightsSince?: number | undefined;
  /** How its data events are counted. */
  readonly aggregation?: readonly Template[] | undefined;
  readonly tags: readonly Tag[];
  readonly logging: boolean;
  /** Milliseconds: when logging last began and ended. */
  readonly started?: number | undefined;
  /** The last entry of the journal before logging began. */
  readonly after?: number | undefined;
  readonly stopped?: number | undefined;
  /** Logging has ended, but what happened before is still being gathered. */
  readonly draining?: boolean | undefined;
}

export const trailArn = ({ account, region, name }: Pick<Trail, 'account' | 'region' | 'name'>) =>
  `arn:aws:cloudtrail:${region}:${account}:trail/${name}`;

export const trailKey = ({ account, region, name }: Pick<Trail, 'account' | 'region' | 'name'>) => [
  account,
  region,
  name,
];

/** All logging, or still draining: what deliveries look at. */
export const ACTIVE = 'active';

/** Index `organization`: [organization]. `active`: [`active`]. */
export const trails = table<Trail>('trail_trail', {
  key: trailKey,
  indexes: {
    organization: (t) => (t.organization ? [[t.organization]] : []),
    active: (t) => (t.logging || t.draining ? [[ACTIVE]] : []),
  },
});

/** Trails that were deleted while they logged, until what happened before is gathered. */
export const partedTrails = table<Trail & { readonly id: string }>('trail_parted', { key: (t) => [t.id] });
