/**
 * Events of a group in time's order (or the opposite), read row by row as far as is asked: nothing outside the time
 * range is looked at but rows that reach into it.
 *
 * Rows come from sources that are each sorted by the rows' beginnings. An event may be told when no row that is still
 * unread begins before it; until then its row is open, in a heap by its next event. What is unpacked at once is
 * bounded: of open rows that have to wait, the text is let go and read again when their turn comes.
 */
import type { Context } from '../../core/context.ts';
import { breath } from './breath.ts';
import { keyFor } from './encryption.ts';
import { comparePlaces, type Place } from './eventIds.ts';
import { expiry, type LogGroup } from './groupRows.ts';
import { type Heap, heap } from './heap.ts';
import { bytesOf, type Events, eventsIn, moment, momentBack, type Segment, SPANS_MS, segments } from './segments.ts';

export interface StoredEvent extends Place {
  readonly message: string;
  /** Its transformer failed. */
  readonly untransformed?: true | undefined;
  readonly from: Segment;
}

export interface Reading {
  readonly group: LogGroup;
  /** Ids; all when absent. */
  readonly streams?: readonly string[] | undefined;
  /** Rows of other streams are passed over. */
  readonly only?: ((streamName: string) => boolean) | undefined;
  /** Milliseconds: the first moment, and the first one that is out. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Newest first. */
  readonly backward?: boolean | undefined;
  /** Rows that it says false of are passed over. */
  readonly mayHold?: ((row: Segment) => boolean) | undefined;
  /** Messages as transformers made them, where they did. */
  readonly transformed?: boolean | undefined;
  /** Only what comes after this place, in the order of reading. */
  readonly after?: Place | undefined;
  /** Shared by those that read side by side. */
  readonly room?: Room | undefined;
}

/** What readings that go on side by side have unpacked: many of them keep nothing but their next events. */
export interface Room {
  readonly readings: number;
  /** Characters. */
  unpacked: number;
}

const CHUNK_EVENTS = 500;
const CHUNK_CHARACTERS = 128 * 1024;
/** Of all readings together: unpacked, and in chunks. */
const ROOM_MAX = 128 * 1024 * 1024;
const CHUNKS_MAX = 32 * 1024 * 1024;

/** Some events in order; and, where that leads further, the moment that was reached: all on this side of it is told. */
export interface Chunk {
  readonly events: readonly StoredEvent[];
  readonly reached?: number | undefined;
}

/** Rows that are looked at before a chunk is given, whatever was found in them. */
const CHUNK_ROWS = 64;

/** Each chunk is a bounded piece of work. */
export async function* eventsOf(ctx: Context, reading: Reading): AsyncGenerator<Chunk> {
  const bounds = boundsOf(ctx, reading);
  if (bounds.from >= bounds.to) return;
  const rows = await rowsOf(ctx, reading, bounds);
  const open = openRows(ctx, reading, bounds);
  const enough = Math.min(CHUNK_CHARACTERS, CHUNKS_MAX / (reading.room?.readings ?? 1));
  let chunk: StoredEvent[] = [];
  let characters = 0;
  let looked = 0;
  for (;;) {
    for (let next = rows.peek(); next && open.mustWaitFor(next); next = rows.peek()) {
      if (looked === CHUNK_ROWS) {
        const idle = open.isEmpty() ? { reached: reading.backward ? next.last : next.first } : {};
        open.rest();
        yield { events: chunk, ...idle };
        [chunk, characters, looked] = [[], 0, 0];
      }
      looked++;
      await rows.advance();
      const wanted = (reading.only?.(next.streamName) ?? true) && (reading.mayHold?.(next) ?? true);
      if (wanted) await open.add(next);
    }
    const loading = open.loading();
    if (loading) await loading;
    const event = open.take();
    if (event === undefined) break;
    chunk.push(event);
    characters += event.message.length;
    if (chunk.length < CHUNK_EVENTS && characters < enough) continue;
    open.rest();
    yield { events: chunk };
    [chunk, characters, looked] = [[], 0, 0];
  }
  if (chunk.length > 0) yield { events: chunk };
}

interface Bounds {
  readonly from: number;
  readonly to: number;
}

function boundsOf({ now }: Context, { group, from = 0, to = Number.MAX_SAFE_INTEGER, backward, after }: Reading) {
  const begin = Math.max(from, expiry(group, now) ?? 0, after && !backward ? after.time : 0);
  return { from: begin, to: after && backward ? Math.min(to, after.time + 1) : to };
}

/** Rows of several sources as one, each source sorted by where its rows begin in the order of reading. */
async function rowsOf(ctx: Context, reading: Reading, bounds: Bounds) {
  const scopes = reading.streams ?? [undefined];
  const sources = scopes.flatMap((stream) =>
    SPANS_MS.map((_, level) => sourceOf(ctx, reading, bounds, { stream, level })),
  );
  const waiting: Heap<Source> = heap((a, b) => inOrder(reading, a.head!, b.head!) < 0);
  for (const source of sources) if (await source.next()) waiting.push(source);
  return {
    peek: (): Segment | undefined => waiting.top()?.head,
    async advance(): Promise<void> {
      const source = waiting.pop();
      if (source && (await source.next())) waiting.push(source);
    },
  };
}

const inOrder = ({ backward }: Reading, a: Segment, b: Segment) => (backward ? b.last - a.last : a.first - b.first);

interface Source {
  head: Segment | undefined;
  /** Moves on; false at the end. */
  next(): Promise<boolean>;
}

const PAGE_FIRST = 8;
const PAGE_ROWS = 64;

function sourceOf(
  ctx: Context,
  { group, backward }: Reading,
  { from, to }: Bounds,
  { stream, level }: { stream: string | undefined; level: number },
): Source {
  const span = SPANS_MS[level]!;
  const prefix = [group.id, ...(stream === undefined ? [] : [stream]), String(level)];
  const index = backward ? (stream === undefined ? 'back' : 'streamBack') : stream === undefined ? 'time' : undefined;
  const begin = backward ? momentBack(Math.min(to + span, MOMENT_MAX)) : moment(from - span);
  const page = { from: begin, ...(index !== undefined && { index }) };
  const beyond = (row: Segment) => (backward ? row.last < from : row.first >= to);
  const within = (row: Segment) => row.last >= from && row.first < to;
  let rows: readonly Segment[] = [];
  let at = 0;
  let after: string | undefined;
  let started = false;
  const source: Source = {
    head: undefined,
    async next() {
      for (;;) {
        if (at === rows.length) {
          if (started && after === undefined) break;
          if (started) await breath();
          const limit = started ? PAGE_ROWS : PAGE_FIRST;
          const found = await ctx.store.list(segments, prefix, { ...page, limit, after });
          [rows, at, after, started] = [found.rows, 0, found.next, true];
          if (rows.length === 0) break;
        }
        const row = rows[at++]!;
        if (beyond(row)) break;
        if (!within(row)) continue;
        source.head = row;
        return true;
      }
      rows = [];
      at = 0;
      after = undefined;
      started = true;
      source.head = undefined;
      return false;
    },
  };
  return source;
}

const MOMENT_MAX = 999_999_999_999_999;

/** A row being told: its next event, and its events unless they had to make room. */
interface OpenRow {
  readonly row: Segment;
  events: Events | undefined;
  index: number;
  time: number;
}

/** Characters of rows that may be unpacked at once. */
const UNPACKED_MAX = 32 * 1024 * 1024;

function openRows(ctx: Context, reading: Reading, { from, to }: Bounds) {
  const { backward = false, after } = reading;
  const step = backward ? -1 : 1;
  const place = ({ row, index, time }: OpenRow): Place => ({ time, segment: row.id, index });
  const rows: Heap<OpenRow> = heap((a, b) => comparePlaces(place(a), place(b)) * step < 0);
  const { load, letGo, rest } = texts(ctx, reading, rows);
  /** Whether there is an event at its index. */
  const settle = (open: OpenRow, { times }: Events): boolean => {
    const time = times[open.index];
    if (time === undefined || (backward ? time < from : time >= to)) {
      letGo(open);
      return false;
    }
    open.time = time;
    return true;
  };
  return {
    rest,
    isEmpty: () => rows.top() === undefined,
    /** Whether a row that is still unread may hold an event before the next one. */
    mustWaitFor(row: Segment): boolean {
      const next = rows.top();
      return next === undefined || (backward ? row.last >= next.time : row.first <= next.time);
    },
    async add(row: Segment): Promise<void> {
      const open: OpenRow = { row, events: undefined, index: 0, time: 0 };
      const events = await load(open);
      open.index = begin(events, row, { from, to, backward, after });
      if (settle(open, events)) rows.push(open);
    },
    /** To be waited for before the next event is taken. */
    loading(): Promise<Events> | undefined {
      const next = rows.top();
      return next && !next.events ? load(next) : undefined;
    },
    take(): StoredEvent | undefined {
      const open = rows.pop();
      if (!open) return undefined;
      const { events } = open;
      if (!events) throw new Error(`${open.row.id} is not loaded`);
      const event = eventAt(open, events, reading);
      open.index += step;
      if (settle(open, events)) rows.push(open);
      return event;
    },
  };
}

/** What open rows hold, as far as there is room. */
function texts(ctx: Context, { group, room = { readings: 1, unpacked: 0 } }: Reading, rows: Heap<OpenRow>) {
  let unpacked = 0;
  const count = (characters: number) => {
    unpacked += characters;
    room.unpacked += characters;
  };
  const letGo = (open: OpenRow): void => {
    if (open.events) count(-open.row.bytes);
    open.events = undefined;
  };
  const makeRoom = (except: OpenRow): void => {
    for (const open of rows.items().toReversed()) {
      if (unpacked <= UNPACKED_MAX / 2) return;
      if (open !== except && open !== rows.top()) letGo(open);
    }
  };
  return {
    letGo,
    async load(open: OpenRow): Promise<Events> {
      const { row } = open;
      count(row.bytes);
      if (unpacked > UNPACKED_MAX) makeRoom(open);
      const key = row.key === undefined ? undefined : await keyFor(ctx, group, row.key);
      open.events = eventsIn(row, await bytesOf(ctx.store, row), key);
      return open.events;
    },
    /** Before others have their turn. */
    rest(): void {
      if (room.unpacked > ROOM_MAX) rows.items().forEach(letGo);
    },
  };
}

function eventAt({ row, index, time }: OpenRow, events: Events, { transformed }: Reading): StoredEvent {
  const made = transformed ? events.transformed?.[index] : undefined;
  const event = { time, segment: row.id, index, message: made || events.messages[index]!, from: row };
  return made === 0 ? { ...event, untransformed: true } : event;
}

/** The index of the first event to tell; one past the end where there is none. */
function begin(
  { times }: Events,
  row: Segment,
  { from, to, backward, after }: Bounds & { backward: boolean; after: Place | undefined },
): number {
  const wanted = (index: number) => {
    const time = times[index]!;
    if (time < from || time >= to) return false;
    if (!after) return true;
    const order = comparePlaces({ time, segment: row.id, index }, after);
    return backward ? order < 0 : order > 0;
  };
  if (!backward) return lowest(times.length, wanted);
  const skipped = lowest(times.length, (index) => wanted(times.length - 1 - index));
  return times.length - 1 - skipped;
}

/** The least index below `length` that is wanted; wanted ones begin somewhere and are looked for in order. */
function lowest(length: number, wanted: (index: number) => boolean): number {
  for (let index = 0; index < length; index++) if (wanted(index)) return index;
  return length;
}
