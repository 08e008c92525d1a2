/** Which trails want an entry of the journal, and in which kind of file. */
import { DATA_KIND, type EventSelector, type SelectableEvent, selects } from '../../core/eventSelectors.ts';
import { eventOf } from '../../core/events.ts';
import type { JournalRow } from '../../store/store.ts';
import { categoryOf, selectorsOf } from './eventSelectors.ts';
import { DATA_INSIGHT_KIND, INSIGHT_KIND } from './insightEvents.ts';
import { type EventDataStore, storeSelectors } from './lakeRows.ts';
import { type InsightKind, type Trail, trailArn } from './trailRows.ts';

export type FileKind = 'CloudTrail' | 'CloudTrail-Insight' | 'CloudTrail-Aggregated';

interface Route {
  readonly trail: Trail;
  readonly kind: FileKind;
}

const NOTHING: readonly Route[] = [];

/** `organization`: that of the entry's account. */
export function wantedBy(active: readonly Trail[], entry: JournalRow, organization: string | undefined) {
  const kind = FILE_KINDS[entry.kind];
  if (kind === undefined) return NOTHING;
  let found: Route[] | undefined;
  for (const trail of active) {
    if (covers(trail, entry, organization) && wants(trail, entry)) {
      found ??= [];
      found.push({ trail, kind });
    }
  }
  return found ?? NOTHING;
}

const FILE_KINDS: Readonly<Record<string, FileKind>> = {
  api: 'CloudTrail',
  [DATA_KIND]: 'CloudTrail',
  [INSIGHT_KIND]: 'CloudTrail-Insight',
  [DATA_INSIGHT_KIND]: 'CloudTrail-Insight',
};

/** Whether the trail is there for that account and Region, and was at that time. */
function covers(trail: Trail, entry: JournalRow, organization: string | undefined): boolean {
  if (trail.account !== entry.account) {
    if (trail.organization === undefined || trail.organization !== organization) return false;
  }
  if (!trail.multiRegion && trail.region !== entry.region) return false;
  // Some services keep time to the second: by time, what happened right after the start would seem to be before it.
  const { after, stopped } = trail;
  return after !== undefined && entry.sequence > after && (stopped === undefined || entry.time <= stopped);
}

/** Event data stores that want it. */
export function storesWanting(
  stores: readonly EventDataStore[],
  entry: JournalRow,
  organization: string | undefined,
): readonly EventDataStore[] {
  if (stores.length === 0 || (entry.kind !== 'api' && entry.kind !== DATA_KIND)) return [];
  return stores.filter((store) => {
    if (store.account !== entry.account && (!store.organization || store.organization !== organization)) return false;
    if ((!store.multiRegion && store.region !== entry.region) || entry.time < wholeSecond(store.since)) return false;
    if (store.stopped !== undefined && entry.time > store.stopped) return false;
    const event = eventOf<SelectableEvent>(entry);
    return storeSelectors(store).some((selector) => selects(selector, event));
  });
}

const wholeSecond = (time: number) => time - (time % 1000);

interface Rules {
  /** All management events: nothing needs to be read of them. */
  readonly everything: boolean;
  readonly management: readonly EventSelector[];
  readonly data: readonly EventSelector[];
}

const known = new WeakMap<Trail, Rules>();

function rulesOf(trail: Trail): Rules {
  let rules = known.get(trail);
  if (rules === undefined) {
    const selectors = selectorsOf(trail);
    const management = selectors.filter((selector) => categoryOf(selector) === 'Management');
    const everything = trail.globalEvents && management.some(({ length }) => length === 1);
    rules = { everything, management, data: selectors.filter((selector) => categoryOf(selector) === 'Data') };
    known.set(trail, rules);
  }
  return rules;
}

/** Services with one endpoint for all Regions. */
const GLOBAL_SOURCES = new Set([
  'account.amazonaws.com',
  'cloudfront.amazonaws.com',
  'iam.amazonaws.com',
  'organizations.amazonaws.com',
  'route53.amazonaws.com',
  'signin.amazonaws.com',
]);

function wants(trail: Trail, entry: JournalRow): boolean {
  if (entry.kind === INSIGHT_KIND || entry.kind === DATA_INSIGHT_KIND) return wantsInsight(trail, entry);
  const rules = rulesOf(trail);
  const data = entry.kind === DATA_KIND;
  if (!data && rules.everything) return true;
  const selectors = data ? rules.data : rules.management;
  if (selectors.length === 0) return false;
  const event = eventOf<SelectableEvent>(entry);
  if (!data && !trail.globalEvents && GLOBAL_SOURCES.has(event.eventSource ?? '')) return false;
  return selectors.some((selector) => selects(selector, event));
}

function wantsInsight(trail: Trail, entry: JournalRow): boolean {
  type Insight = { insightDetails: { insightType: InsightKind; insightSource?: string } };
  const { insightType, insightSource } = eventOf<Insight>(entry).insightDetails;
  if (insightSource !== undefined) return insightSource === trailArn(trail);
  return trail.insights?.includes(insightType) ?? false;
}
