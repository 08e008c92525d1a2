/** CloudTrail Lake in the store: event data stores, the segments that hold their events, and the queries of them. */
import type { AdvancedEventSelector, BillingMode, DeliveryStatus } from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import type { EventSelector } from '../../core/eventSelectors.ts';
import type { Tag } from '../../core/operation.ts';
import { type Transaction, table } from '../../store/store.ts';
import { categoryOf } from './eventSelectors.ts';
import type { PolicyFields } from './resourcePolicyRules.ts';
import type { InsightKind } from './trailRows.ts';

export interface EventConfiguration {
  readonly size: 'Standard' | 'Large';
  readonly selectors: readonly { readonly Type: 'TagContext' | 'RequestContext'; readonly Equals: readonly string[] }[];
}

/** Its policy says who of other accounts may do what with it. */
export interface EventDataStore extends PolicyFields {
  readonly account: string;
  readonly region: string;
  /** UUID: the table that queries name. */
  readonly id: string;
  readonly name: string;
  readonly multiRegion: boolean;
  /** `o-…`, of an organization's event data store. */
  readonly organization?: string | undefined;
  readonly selectors: readonly AdvancedEventSelector[];
  readonly billing: BillingMode;
  /** Days. */
  readonly retention: number;
  readonly isProtected: boolean;
  readonly ingesting: boolean;
  /** Milliseconds: when it last began to take events in, and when it stopped. */
  readonly since: number;
  readonly stopped?: number | undefined;
  /** It has stopped, but what happened before is still being gathered. */
  readonly draining?: boolean | undefined;
  readonly created: number;
  readonly updated: number;
  readonly configuration?: EventConfiguration | undefined;
  /** Milliseconds: when its deletion was asked for. */
  readonly deleted?: number | undefined;
  readonly tags: readonly Tag[];
  readonly key?: StoreKey | undefined;
  /** What is watched of its management events, since when (milliseconds), and the id of the store that is told. */
  readonly insights?:
    | { readonly kinds: readonly InsightKind[]; readonly destination: string; readonly since: number }
    | undefined;
}

/** What its events lie under, where that is a key of KMS. */
export interface StoreKey {
  readonly arn: string;
  /** A data key as KMS encrypted it, base 64. */
  readonly sealed: string;
}

type Place = Pick<EventDataStore, 'account' | 'region' | 'id'>;

export const storeArn = ({ account, region, id }: Place) =>
  `arn:aws:cloudtrail:${region}:${account}:eventdatastore/${id}`;

/** What it takes: events of AWS, or events from outside of AWS and nothing else, or Insights and nothing else. */
export type StoreKind = 'calls' | 'activity' | 'insights';

export function kindOfStore(store: EventDataStore): StoreKind {
  const categories = storeSelectors(store).map(categoryOf);
  if (categories.includes('ActivityAuditLog')) return 'activity';
  return categories.includes('Insight') ? 'insights' : 'calls';
}

/** Whether its events are more than the records themselves. */
export const isEnriched = (store: EventDataStore): boolean =>
  isGathered(store) && store.configuration?.size === 'Large';

const isGathered = ({ ingesting, draining = false }: EventDataStore): boolean => ingesting || draining;

export const INGESTING = 'ingesting';

/**
 * Index `id`: [id]. `name`: [account, region, name]. `organization`: [organization]. `ingesting`: [`ingesting`].
 */
export const eventDataStores = table<EventDataStore>('trail_event_data_store', {
  key: (s) => [s.account, s.region, s.id],
  indexes: {
    id: (s) => [[s.id]],
    name: (s) => [[s.account, s.region, s.name]],
    organization: (s) => (s.organization ? [[s.organization]] : []),
    ingesting: (s) => (isGathered(s) ? [[INGESTING]] : []),
  },
});

/** Events of one store, as lines of JSON in a blob, gzip. */
export interface Segment {
  readonly store: string;
  readonly id: string;
  /** Milliseconds, of the events within. */
  readonly oldest: number;
  readonly newest: number;
  readonly events: number;
  /** Uncompressed, and in the blob. */
  readonly bytes: number;
  readonly packedBytes: number;
  /** The blob lies under the store's key. */
  readonly sealed?: true;
}

/** A time as a part of their keys. */
export const segmentPart = (time: number) => String(Math.max(0, time)).padStart(15, '0');

/** In the order of their newest events. */
export const segments = table<Segment>('trail_segment', {
  key: (s) => [s.store, String(s.newest).padStart(15, '0'), s.id],
});

export type QueryStatus = 'QUEUED' | 'RUNNING' | 'FINISHED' | 'FAILED' | 'CANCELLED' | 'TIMED_OUT';

/** Into a bucket, when it has found what it was asked for. */
export interface QueryDelivery {
  /** `s3://bucket/prefix` */
  readonly uri: string;
  readonly status: DeliveryStatus;
}

export interface Query {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  /** Id of the event data store that the query names first. */
  readonly store: string;
  readonly statement: string;
  /** Of a template: of a widget of a dashboard; and the refresh of which it is part. */
  readonly alias?: string | undefined;
  readonly refresh?: string | undefined;
  readonly status: QueryStatus;
  readonly delivery?: QueryDelivery | undefined;
  /** Of the stores that are under a key, sealed by the plane: until the query ends. */
  readonly keys?: Readonly<Record<string, string>> | undefined;
  /** Id of the store under whose key the results lie. */
  readonly keptUnder?: string | undefined;
  readonly created: number;
  readonly error?: string | undefined;
  readonly executionMs?: number | undefined;
  readonly eventsScanned?: number | undefined;
  readonly bytesScanned?: number | undefined;
  readonly results?: number | undefined;
  /** How many pages of results there are, and rows in each; a thousand where nothing is said. */
  readonly pages?: number | undefined;
  readonly rowsOfPages?: readonly number[] | undefined;
}

/**
 * Index `store`: [store], newest first. `running`: [account, region], but for those of refreshes. `created`: all, oldest
 * first. `alias`: [account, region, alias], newest first. `refresh`: [account, region, refresh, alias].
 */
export const queries = table<Query>('trail_query', {
  key: (q) => [q.account, q.region, q.id],
  indexes: {
    store: (q) => [[q.store, latestFirst(q)]],
    running: (q) => (isUnderWay(q) && q.refresh === undefined ? [[q.account, q.region]] : []),
    alias: (q) => (q.alias === undefined ? [] : [[q.account, q.region, q.alias, latestFirst(q)]]),
    refresh: (q) =>
      q.refresh === undefined || q.alias === undefined ? [] : [[q.account, q.region, q.refresh, q.alias]],
    created: (q) => [['created', String(q.created).padStart(15, '0')]],
  },
});

const isUnderWay = ({ status }: Query) => status === 'QUEUED' || status === 'RUNNING';
const latestFirst = ({ created }: Query) => String(9_999_999_999_999 - created);

const STORES_MAX = 1000;

/** What event data stores of an account, or of an organization, want of data events. */
export const storesWishing = async (ctx: Context, owner: string): Promise<readonly EventSelector[]> =>
  (await storesOf(ctx, owner)).flatMap((store) =>
    storeSelectors(store).filter((selector) => categoryOf(selector) === 'Data'),
  );

/** Whether Insights are watched for an event data store of an account, or of an organization. */
export const isAnyWatched = async (ctx: Context, owner: string): Promise<boolean> =>
  (await storesOf(ctx, owner)).some(({ insights }) => insights !== undefined);

/** Of an account its own alone, of an organization those for all its accounts: as far as they take events in. */
async function storesOf(ctx: Context, owner: string): Promise<readonly EventDataStore[]> {
  const page = { limit: STORES_MAX, ...(owner.startsWith('o-') && { index: 'organization' }) };
  const { rows } = await ctx.store.list(eventDataStores, [owner], page);
  return rows.filter((store) => store.ingesting && (owner.startsWith('o-') || store.organization === undefined));
}

export const storeSelectors = ({ selectors }: Pick<EventDataStore, 'selectors'>): readonly EventSelector[] =>
  selectors.map(({ FieldSelectors = [] }) => FieldSelectors as EventSelector);

/** All that take events in, or are still being given some. */
export async function ingestingStores(tx: Transaction): Promise<readonly EventDataStore[]> {
  return (await tx.list(eventDataStores, [INGESTING], { limit: STORES_MAX, index: 'ingesting' })).rows;
}
