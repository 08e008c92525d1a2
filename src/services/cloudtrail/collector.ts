/**
 * From the journal to log files.
 *
 * One pass goes along the journal for all trails, a slice at a time, and gathers in memory what each trail wants, per
 * account and Region. When files are due (or have grown large) they are compressed and kept as parcels, in the same
 * write set as the position that the pass has reached: after a crash it goes on from there, so that no record is lost
 * and none is in two files. Each parcel is a task of its own (deliveries.ts), tried again until its bucket takes it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context } from '../../core/context.ts';
import { contextId } from '../../core/eventContexts.ts';
import { DATA_KIND } from '../../core/eventSelectors.ts';
import type { Surroundings } from '../../core/worker.ts';
import { organizationIdOf } from '../../identity/organization.ts';
import type { JournalRow, Transaction } from '../../store/store.ts';
import { keepTally, type Tally, tally, tellAggregates } from './aggregates.ts';
import { ACTIVITY_KIND, activityIn } from './channelRows.ts';
import { COLLECTOR, type CollectorPosition, collectorPositions, isDue, nextDue } from './collectorPositions.ts';
import { contextOf, enriched, enrichmentOf } from './enrichment.ts';
import { eventDataStores, ingestingStores, isEnriched } from './lakeRows.ts';
import { type LogBatch, newLogBatch, noteLine } from './logBatches.ts';
import { addRecord, LINES, type LogFile, newLogFile } from './logFiles.ts';
import { SERVICE } from './organizationTrails.ts';
import { keepLogBatch, keepParcel } from './parcels.ts';
import { type FileKind, storesWanting, wantedBy } from './routes.ts';
import { storeOfId } from './storeKeys.ts';
import { keepSegment } from './storeSegments.ts';
import { ACTIVE, partedTrails, type Trail, trailArn, trails } from './trailRows.ts';

/** Milliseconds of gathering before others have their turn, and entries read at a time. */
const SLICE_MS = 8;
const ENTRIES_A_READ = 256;
const READS_A_TURN = 40;
/** Uncompressed bytes of one file, and of all that is gathered. */
const FILE_BYTES_MAX = 8 * 1024 * 1024;
const GATHERED_BYTES_MAX = 32 * 1024 * 1024;
const TRAILS_MAX = 100_000;

/** The records of an account in a Region, for one trail. */
interface Stream {
  trail: Trail;
  readonly account: string;
  readonly region: string;
  readonly kind: FileKind;
  files: LogFile[];
  batches: LogBatch[];
}

interface State {
  /** The durable position that this goes on from, and how far it has read. */
  readonly base: number;
  cursor: number;
  bytes: number;
  readonly streams: Map<string, Stream>;
  /** Events for event data stores, by their ids. */
  readonly segments: Map<string, LogFile>;
  /** Events whose contexts are in the segments, or nobody's. */
  spent: string[];
  /** Counts of data events. */
  readonly tally: Tally;
}

/** What is gathered, of each plane. */
const states = new WeakMap<Surroundings['store']['journal'], State>();

/** A turn; whether there is more to do. `position`: the durable one. */
export async function collect(around: Surroundings, position: CollectorPosition): Promise<boolean> {
  const { journal } = around.store;
  let state = states.get(journal);
  if (state?.base !== position.sequence) {
    state = {
      base: position.sequence,
      cursor: position.sequence,
      bytes: 0,
      streams: new Map(),
      segments: new Map(),
      spent: [],
      tally: new Map(),
    };
    states.set(journal, state);
  }
  const seen = around.now().getTime();
  const tip = await journal.tip();
  await gather(state, around);
  const due = isDue(position, seen, around.settings) && state.cursor >= tip;
  if (due || state.bytes >= GATHERED_BYTES_MAX) {
    await deliver(state, around, due ? seen : undefined);
    return true;
  }
  return state.cursor < tip;
}

/** Reads on, as far as a turn goes. */
async function gather(state: State, around: Surroundings): Promise<void> {
  const [active, stores, enrichment] = await around.store.transaction(async (tx) => {
    const ingesting = await ingestingStores(tx);
    return [await activeTrails(tx), ingesting, await enrichmentOf(tx, ingesting)] as const;
  });
  let began = performance.now();
  for (let reads = 0; reads < READS_A_TURN && state.bytes < GATHERED_BYTES_MAX; reads++) {
    const entries = await around.store.journal.read(state.cursor, ENTRIES_A_READ);
    const last = entries.at(-1);
    if (!last) return;
    const organizations = await around.store.transaction((tx) => organizationsOf(tx, entries));
    for (const entry of entries) {
      const organization = organizations.get(entry.account);
      for (const { trail, kind } of wantedBy(active, entry, organization)) {
        add(state, trail, kind, entry);
        if (trail.aggregation && entry.kind === DATA_KIND) tally(state.tally, trail, entry);
      }
      const wanting = storesWanting(stores, entry, organization);
      const context = enrichment && (await contextOf(around, enrichment, state, entry, organization));
      for (const store of wanting) {
        const body =
          context && isEnriched(store) ? enriched(entry.body, context, store, enrichment.readers) : entry.body;
        addToSegment(state, store.id, body, entry.time);
      }
      if (entry.kind === ACTIVITY_KIND) addActivity(state, entry);
    }
    state.cursor = last.sequence;
    if (performance.now() - began > SLICE_MS) {
      await nextTurn();
      began = performance.now();
    }
  }
}

async function activeTrails(tx: Transaction): Promise<readonly Trail[]> {
  const { rows } = await tx.list(trails, [ACTIVE], { limit: TRAILS_MAX, index: 'active' });
  const parted = await tx.list(partedTrails, [], { limit: TRAILS_MAX });
  return parted.rows.length === 0 ? rows : [...rows, ...parted.rows];
}

async function organizationsOf(tx: Transaction, entries: readonly JournalRow[]) {
  const found = new Map<string, string | undefined>();
  for (const { account } of entries) {
    if (!found.has(account)) found.set(account, await organizationIdOf(tx, account));
  }
  return found;
}

function add(state: State, trail: Trail, kind: FileKind, entry: JournalRow): void {
  const { account, region, body, time } = entry;
  const key = `${trailArn(trail)} ${kind} ${account} ${region}`;
  let stream = state.streams.get(key);
  if (!stream) {
    stream = { trail, account, region, kind, files: [], batches: [] };
    state.streams.set(key, stream);
  }
  stream.trail = trail;
  let file = stream.files.at(-1);
  if (!file || file.bytes >= FILE_BYTES_MAX) stream.files.push((file = newLogFile()));
  addRecord(file, body, time);
  state.bytes += body.length;
  if (trail.logGroup === undefined) return;
  let batch = stream.batches.at(-1);
  if (!batch || !noteLine(batch, body, time)) {
    batch = newLogBatch();
    noteLine(batch, body, time);
    stream.batches.push(batch);
  }
}

/** Whither it goes was settled when it came. Retention goes by the time that it tells of itself. */
function addActivity(state: State, { body }: JournalRow): void {
  const { stores, event } = activityIn(body);
  const { eventTime } = JSON.parse(event) as { readonly eventTime: string };
  for (const store of stores) addToSegment(state, store, event, Date.parse(eventTime));
}

function addToSegment(state: State, store: string, body: string, time: number): void {
  let segment = state.segments.get(store);
  if (!segment) state.segments.set(store, (segment = newLogFile(LINES)));
  addRecord(segment, body, time);
  state.bytes += body.length;
}

/**
 * Keeps what is gathered, if nobody else has meanwhile, and begins anew from there. `seen`: files were due, and all that
 * happened before this moment is among what is gathered.
 */
async function deliver(state: State, around: Surroundings, seen: number | undefined): Promise<void> {
  states.delete(around.store.journal);
  const { settings } = around;
  const role = { principal: SERVICE, account: settings.managementAccount, region: settings.region };
  const parcels: ((ctx: Context) => Promise<void>)[] = [];
  for (const stream of state.streams.values()) {
    for (const file of stream.files) parcels.push(await keepParcel(stream, file));
    for (const batch of stream.batches) parcels.push(await keepLogBatch(stream, batch));
  }
  for (const [id, segment] of state.segments) {
    const store = await around.store.transaction((tx) => storeOfId({ store: tx }, id));
    if (store) parcels.push(await keepSegment(around, store, segment));
  }
  await around.errand(role, async (ctx) => {
    const position = await ctx.store.get(collectorPositions, COLLECTOR);
    if (position?.sequence !== state.base) return;
    for (const keep of parcels) await keep(ctx);
    await keepTally(ctx, state.tally);
    for (const id of state.spent) ctx.store.dropBytes(contextId(id));
    const times = seen === undefined ? {} : { due: nextDue(ctx.now, settings), made: seen };
    await ctx.store.replace(collectorPositions, { ...position, sequence: state.cursor, ...times });
    if (seen !== undefined) await release(ctx, seen);
  });
  if (seen !== undefined) await tellAggregates(around, seen);
}

/** Trails that no longer log have now all that was theirs. Without any trail, nothing needs to be gathered. */
async function release(ctx: Context, seen: number): Promise<void> {
  const { rows } = await ctx.store.list(trails, [ACTIVE], { limit: TRAILS_MAX, index: 'active' });
  const parted = await ctx.store.list(partedTrails, [], { limit: TRAILS_MAX });
  const stores = await ingestingStores(ctx.store);
  let active = rows.length + parted.rows.length + stores.length;
  for (const store of stores.filter(({ draining, stopped = 0 }) => draining && stopped < seen)) {
    const { draining: _, ...rest } = store;
    await ctx.store.replace(eventDataStores, rest);
    active--;
  }
  for (const trail of rows.filter((row) => isOver(row, seen))) {
    const { draining: _, ...rest } = trail;
    await ctx.store.replace(trails, rest);
    active--;
  }
  for (const { id } of parted.rows.filter((row) => isOver(row, seen))) {
    await ctx.store.remove(partedTrails, [id]);
    active--;
  }
  if (active === 0) await ctx.store.remove(collectorPositions, COLLECTOR);
}

const isOver = ({ logging, stopped }: Trail, seen: number) => !logging && (stopped ?? 0) < seen;
