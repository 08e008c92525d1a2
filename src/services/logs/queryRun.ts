/**
 * A query at work: the rows of its plan so far, and how far each group has been read. It lives in memory, a bounded
 * piece at a time; a plane that starts again begins the query again.
 */
import type { ResultField } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { eventBytes } from '../../core/logWriting.ts';
import { breath } from './breath.ts';
import { type Masker, maskerFor, plain } from './dataProtection.ts';
import type { Place } from './eventIds.ts';
import { comparePlaces } from './eventIds.ts';
import { mayHaveHeld, mayHold } from './fieldIndexes.ts';
import { groupOfId } from './groupLookup.ts';
import type { LogGroup } from './groupRows.ts';
import { heap } from './heap.ts';
import { type Budget, budget, QueryTooLarge } from './insights/budget.ts';
import type { TimeRange } from './insights/draft.ts';
import { innersOf } from './insights/innerPlans.ts';
import { patiently } from './insights/patience.ts';
import { ESTIMATE, type Plan } from './insights/plan.ts';
import { fieldReader, pointerOf, type Row, rowOf } from './insights/records.ts';
import type { Sink } from './insights/stages.ts';
import { shown } from './insights/values.ts';
import { planIn } from './languages.ts';
import { lookupTables, textOfTable } from './lookups/rows.ts';
import type { Query, QueryScan } from './queryRows.ts';
import { eventsOf, type Room, type StoredEvent } from './reading.ts';
import type { Segment } from './segments.ts';

export interface QueryRun {
  /** Reads on; true when all is read. */
  step(ctx: Context): Promise<boolean>;
  /** After the last step: what came out. */
  finish(): Promise<readonly ResultField[][]>;
  scanned(): QueryScan;
  /** What it keeps in memory by now: bytes. */
  kept(): number;
}

/** What one step may read. */
const STEP_EVENTS = 50_000;
const STEP_BYTES = 16 * 1024 * 1024;

export async function queryRun(query: Query): Promise<QueryRun> {
  const clock = { started: query.created, from: query.from, to: query.to };
  const plan = await planIn(query.language, query.text, clock, query.limit);
  const memory = budget();
  const scanned = { events: 0, bytes: 0, matched: 0, skippedEvents: 0, skippedBytes: 0 };
  const out = outputOf(plan, memory);
  const estimated = { bytes: 0 };
  const inners = innersOf(plan).map((inner, i) =>
    passOf(inner.plan, query.inner?.[i] ?? query.groups, query, inner.collect(memory), memory),
  );
  const last = passOf(plan, query.groups, query, out.sink, memory);
  const passes = [...inners, last];
  const passOver = (row: Segment) => {
    scanned.skippedEvents += row.events;
    scanned.skippedBytes += row.bytes;
  };
  const estimate = (row: Segment) => {
    estimated.bytes += row.bytes;
    return false;
  };
  const look: Look = { passOver, wants: plan.estimates ? estimate : () => true };
  return {
    async step(ctx) {
      const pass = passes[0]!;
      requireTime(pass === last ? undefined : pass, ctx);
      const ended = await stepOf(ctx, pass, { look, memory, scanned });
      if (!ended || pass === last) return ended;
      await pass.head.end();
      passes.shift();
      return false;
    },
    async finish() {
      if (plan.estimates) out.sink.push({ made: new Map([[ESTIMATE, estimated.bytes]]) });
      else await last.head.end();
      return out.results;
    },
    scanned: () => ({ ...scanned, matched: out.count() }),
    kept: memory.taken,
  };
}

/** One reading of events: for a query within the query, or for the query itself. */
interface Pass {
  readonly plan: Plan;
  readonly groups: Progress[];
  readonly head: Sink;
  /** Milliseconds. */
  began?: number;
  enough: boolean;
}

function passOf(plan: Plan, ids: readonly string[], { from, to }: TimeRange, sink: Sink, memory: Budget): Pass {
  const range = plan.selection?.range ?? { from, to };
  const head = plan.stages.reduceRight<Sink>((next, stage) => stage(next, memory), sink);
  const groups: Progress[] = ids.map((id) => ({ id, ...range, after: undefined, done: false }));
  if (plan.compared) {
    const earlier = { ...plan.compared, earlier: true as const };
    groups.push(...ids.map((id) => ({ id, ...earlier, after: undefined, done: false })));
  }
  return { plan, groups, head, enough: false };
}

/** AWS's limit of queries within queries. */
const INNER_MS = 30_000;

function requireTime(pass: Pass | undefined, { now }: Context): void {
  if (!pass) return;
  pass.began ??= now.getTime();
  if (now.getTime() - pass.began > INNER_MS) throw new QueryTooLarge('A subquery takes more than 30 seconds.');
}

interface Work {
  readonly look: Look;
  readonly memory: Budget;
  readonly scanned: { events: number; bytes: number };
}

/** Reads on; true when all is read. */
async function stepOf(ctx: Context, pass: Pass, { look, memory, scanned }: Work): Promise<boolean> {
  const { plan, groups, head } = pass;
  for (const lookup of plan.lookups) {
    if (lookup.filled) continue;
    lookup.fill(await lookupText(ctx, lookup.table), memory);
    lookup.filled = true;
  }
  let events = 0;
  let bytes = 0;
  for await (const { event, log, raw, earlier } of allEvents(ctx, groups, plan, look)) {
    events++;
    bytes += eventBytes(event.message);
    pass.enough = !patiently(() => head.push(rowOf(event, log, raw, earlier)));
    if (pass.enough || events >= STEP_EVENTS || bytes >= STEP_BYTES) break;
    const pause = memory.pause();
    if (pause) await pause;
  }
  scanned.events += events;
  scanned.bytes += bytes;
  return pass.enough || groups.every(({ done }) => done);
}

/** A table that is gone meanwhile is empty. */
async function lookupText(ctx: Context, name: string): Promise<string> {
  const table = await ctx.store.get(lookupTables, [ctx.account, ctx.region, name]);
  return table ? textOfTable(ctx, table) : '';
}

/** How far a group has been read, of a time range. */
interface Progress extends TimeRange {
  readonly id: string;
  /** It is the range to compare with. */
  readonly earlier?: true | undefined;
  after: Place | undefined;
  done: boolean;
}

interface Found {
  readonly event: StoredEvent;
  /** The message before it was masked, where it was. */
  readonly raw: string | undefined;
  readonly log: string;
  readonly earlier?: true | undefined;
}

/** What is told of batches that are not read, and which of the others are. */
interface Look {
  readonly passOver: (row: Segment) => void;
  readonly wants: (row: Segment) => boolean;
}

interface Source {
  readonly progress: Progress;
  readonly group: LogGroup;
  readonly room: Room;
  readonly mask: Masker;
}

/** Where a group's reading stands within a step. */
interface Reader extends Source {
  readonly chunks: AsyncGenerator<{ readonly events: readonly StoredEvent[] }>;
  events: readonly StoredEvent[];
  at: number;
}

/** Events of all groups in the order of reading; what has been given is noted in `groups`. */
async function* allEvents(ctx: Context, groups: Progress[], plan: Plan, look: Look): AsyncGenerator<Found> {
  const readers = heap<Reader>((a, b) => {
    const order = comparePlaces(a.events[a.at]!, b.events[b.at]!);
    return plan.oldestFirst ? order < 0 : order > 0;
  });
  const room: Room = { readings: groups.length, unpacked: 0 };
  for (const progress of groups) {
    const group = progress.done ? undefined : await groupOfId(ctx, progress.id);
    if (!group) {
      progress.done = true;
      continue;
    }
    const source = { progress, group, room, mask: await maskerFor(ctx, group, false) };
    const reader: Reader = { ...source, chunks: chunksOf(ctx, source, plan, look), events: [], at: 0 };
    if (await fill(reader)) readers.push(reader);
  }
  for (let reader = readers.pop(); reader; reader = readers.pop()) {
    const stored = reader.events[reader.at++]!;
    reader.progress.after = stored;
    const message = reader.mask(stored);
    const same = message === stored.message;
    const event = same ? stored : { ...stored, message };
    const log = `${reader.group.account}:${reader.group.name}`;
    yield { event, log, raw: same ? undefined : stored.message, earlier: reader.progress.earlier };
    if (reader.at < reader.events.length || (await fill(reader))) readers.push(reader);
  }
}

function chunksOf(ctx: Context, { group, room, progress, mask }: Source, plan: Plan, { passOver, wants }: Look) {
  const { after, from, to } = progress;
  const hints = mask === plain ? (plan.hints ?? []) : []; // An index holds what is masked.
  const held = (row: Segment) => {
    const indexed = plan.wanted.length === 0 || mayHold(row, plan.wanted, ctx.now.getTime());
    const may = indexed && mayHaveHeld(row, hints);
    if (!may) passOver(row);
    return may && wants(row);
  };
  return eventsOf(ctx, {
    group,
    from,
    to: to + 1,
    backward: !plan.oldestFirst,
    after,
    room,
    transformed: true,
    mayHold: held,
  });
}

/** The next events of a group; false when there are no more. */
async function fill(reader: Reader): Promise<boolean> {
  for (;;) {
    const { value, done } = await reader.chunks.next();
    if (done) {
      reader.progress.done = true;
      return false;
    }
    [reader.events, reader.at] = [value.events, 0];
    if (reader.events.length > 0) return true;
    await breath();
  }
}

/** The end of the plan: rows as results. */
function outputOf(plan: Plan, memory: Budget) {
  const results: ResultField[][] = [];
  const columns = plan.columns.map((field) => ({ field, read: fieldReader(field) }));
  const sink: Sink = {
    push(row) {
      const result = resultOf(row, columns, plan);
      memory.take(result.reduce((size, { value = '' }) => size + 2 * value.length + 100, 0));
      results.push(result);
      return true;
    },
    end: async () => undefined,
  };
  return { sink, results, count: () => results.length };
}

type Column = { readonly field: string; readonly read: ReturnType<typeof fieldReader> };

function resultOf(row: Row, columns: readonly Column[], { ofEvents, output }: Plan): ResultField[] {
  const texts = output?.(row) ?? columns.map(({ field, read }) => [field, shown(read(row))] as const);
  const fields = texts.flatMap(([field, value]): ResultField[] => (value === undefined ? [] : [{ field, value }]));
  if (ofEvents && row.event) fields.push({ field: '@ptr', value: pointerOf(row.event) });
  return fields;
}
