/**
 * Events as an event data store wants them: with condition keys and tags under `eventContext`, and whole fields. Only
 * here: trails, Event history and the event bus have the plain record.
 */
import { contextId, contextWishes, type EventContext } from '../../core/eventContexts.ts';
import { DATA_KIND } from '../../core/eventSelectors.ts';
import type { Surroundings } from '../../core/worker.ts';
import { byName, roles } from '../../identity/principals.ts';
import type { JournalRow, Transaction } from '../../store/store.ts';
import { type EventDataStore, isEnriched } from './lakeRows.ts';

export const CONTEXT_ROLE = 'AWSServiceRoleForCloudTrailEventContext';

const LARGE_BYTES_MAX = 1024 * 1024;
const RESOURCES_MAX = 100;

/** Services that tell condition keys, of those that the user guide lists. */
const TELLING: ReadonlySet<string> = new Set(
  ['cloudtrail', 'events', 'kms', 'logs', 'monitoring', 'scheduler', 'sns', 'sqs'].map(
    (name) => `${name}.amazonaws.com`,
  ),
);

type Keys = ReadonlySet<string>;

export interface Enrichment {
  /** Accounts and organizations of whose events more is told. */
  readonly owners: Keys;
  /** Accounts that have the role by which tags are read. */
  readonly readers: Keys;
}

const OWNERS_MAX = 10_000;

/** Undefined where no store wants any. */
export async function enrichmentOf(
  tx: Transaction,
  stores: readonly EventDataStore[],
): Promise<Enrichment | undefined> {
  const accounts = new Set(stores.filter(isEnriched).map(({ account }) => account));
  if (accounts.size === 0) return undefined;
  const { rows } = await tx.list(contextWishes, [], { limit: OWNERS_MAX });
  const readers = new Set<string>();
  for (const account of accounts) {
    if (await tx.get(roles, byName(account, CONTEXT_ROLE))) readers.add(account);
  }
  return { owners: new Set(rows.map(({ owner }) => owner)), readers };
}

/** What is known of an entry beside its record. It is forgotten with what is gathered, whoever wanted it. */
export async function contextOf(
  { store }: Pick<Surroundings, 'store'>,
  { owners }: Enrichment,
  state: { readonly spent: string[] },
  { kind, account, id }: JournalRow,
  organization: string | undefined,
): Promise<EventContext | undefined> {
  if (kind !== 'api' && kind !== DATA_KIND) return undefined;
  if (!owners.has(account) && !owners.has(organization ?? '')) return undefined;
  const bytes = await store.transaction((tx) => tx.bytes(contextId(id)));
  if (!bytes) return undefined;
  state.spent.push(id);
  return JSON.parse(Buffer.from(bytes).toString()) as EventContext;
}

export function enriched(body: string, context: EventContext, store: EventDataStore, readers: Keys): string {
  const { configuration } = store;
  const keysOf = (kind: string): Keys =>
    new Set(configuration?.selectors.flatMap(({ Type, Equals }) => (Type === kind ? Equals : [])));
  const { eventSource = '' } = JSON.parse(body) as { eventSource?: string };
  const asked = new Set([...keysOf('RequestContext')].map(lower));
  const eventContext = {
    requestContext: TELLING.has(eventSource) ? some(context.requestContext, asked, lower) : {},
    tagContext: readers.has(store.account) ? tagContext(context, keysOf('TagContext')) : {},
  };
  const tail = configuration?.selectors.length ? `,"eventContext":${JSON.stringify(eventContext)}}` : '}';
  const large = `${(context.whole ?? body).slice(0, -1)}${tail}`;
  if (Buffer.byteLength(large) <= LARGE_BYTES_MAX) return large;
  const less = `${body.slice(0, -1)}${tail}`;
  return Buffer.byteLength(less) <= LARGE_BYTES_MAX ? less : body;
}

function tagContext({ resourceTags, principalTags }: EventContext, keys: Keys): object {
  const resources = Object.entries(resourceTags)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, RESOURCES_MAX)
    .map(([arn, tags]) => ({ arn, tags: some(tags, keys) }))
    .filter(({ tags }) => Object.keys(tags).length > 0);
  const principal = some(principalTags, keys);
  return {
    ...(resources.length > 0 && { resourceTags: resources }),
    ...(Object.keys(principal).length > 0 && { principalTags: principal }),
  };
}

/** Tags tell upper from lower case, condition keys do not. */
const some = <T>(values: Readonly<Record<string, T>>, keys: Keys, as = (key: string) => key): Record<string, T> =>
  Object.fromEntries(Object.entries(values).filter(([key]) => keys.has(as(key))));

const lower = (key: string) => key.toLowerCase();
