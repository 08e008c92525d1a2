/**
 * Log events as they are stored: a batch of PutLogEvents is one row, compressed when that pays, sealed under the group's
 * data key when it has one.
 *
 * A row is found by the time of its events. What a search from a moment on must look at begins at most one span of a
 * row earlier, so rows are kept apart by how long a time they span: most span seconds, and a few that span hours do not
 * make every search look hours back.
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Context } from '../../core/context.ts';
import { openUnder, sealUnder } from '../../core/dataKeys.ts';
import { eventBytes } from '../../core/logWriting.ts';
import { type Transaction, table } from '../../store/store.ts';

export interface Segment {
  /** Ids of group and stream, and the stream's name. */
  readonly group: string;
  readonly stream: string;
  readonly streamName: string;
  /** 35 digits: when it came in, then dice. */
  readonly id: string;
  /** Index into `SPANS_MS`. */
  readonly level: number;
  /** Milliseconds: the times of its first and its last event, and when it came in. */
  readonly first: number;
  readonly last: number;
  readonly ingested: number;
  /** How many, and how much AWS counts them for. */
  readonly events: number;
  readonly bytes: number;
  readonly packed: boolean;
  /** Of indexed fields: which values it may hold; see fieldIndexes.ts. */
  readonly indexes?: Readonly<Record<string, string>> | undefined;
  /** Name of the data key that sealed the body. */
  readonly key?: string | undefined;
  /** JSON of `Batch`, of a short row that is neither packed nor sealed. All others' lies beside the rows. */
  readonly body?: string | undefined;
}

/** Times as differences from the one before, the first from `first`. */
interface Batch {
  readonly t: readonly number[];
  readonly m: readonly string[];
  readonly x?: Transformed | undefined;
}

/** What a transformer made of each message: JSON, or 0 where it failed. */
export type Transformed = readonly (string | 0)[];

export interface Events {
  readonly times: readonly number[];
  readonly messages: readonly string[];
  readonly transformed?: Transformed | undefined;
}

/** The longest time that a row of each level spans. */
export const SPANS_MS = [60_000, 3_600_000, 86_400_000] as const;

/** A time as a key part, in time's order; and in the opposite order. */
export const moment = (milliseconds: number) => String(Math.max(0, milliseconds)).padStart(15, '0');
export const momentBack = (milliseconds: number) => moment(END_OF_TIME - Math.max(0, milliseconds));
const END_OF_TIME = 999_999_999_999_999;

export const segments = table<Segment>('logs_segment', {
  key: (s) => [s.group, s.stream, String(s.level), moment(s.first), s.id],
  indexes: {
    streamBack: (s) => [[s.group, s.stream, String(s.level), momentBack(s.last)]],
    time: (s) => [[s.group, String(s.level), moment(s.first)]],
    back: (s) => [[s.group, String(s.level), momentBack(s.last)]],
    arrived: (s) => [[s.group, moment(s.ingested)]],
  },
});

interface Origin {
  readonly group: string;
  readonly stream: string;
  readonly streamName: string;
  readonly key?: { readonly name: string; readonly plain: Buffer } | undefined;
  readonly indexes?: Segment['indexes'];
}

/** A row of events that are in time's order, at least one, and the bytes beside it. */
export function segmentOf(ctx: Pick<Context, 'now' | 'random'>, origin: Origin, events: Events) {
  const { times, messages, transformed: x } = events;
  const { group, stream, streamName, key, indexes } = origin;
  const first = times[0]!;
  const last = times.at(-1)!;
  const ingested = ctx.now.getTime();
  const id = `${moment(ingested)}${dice(ctx)}`;
  const t = times.map((time, i) => time - (times[i - 1] ?? first));
  const body = JSON.stringify({ t, m: messages, x } satisfies Batch);
  const packed = body.length < PACKED_FROM ? undefined : packedIfItPays(body);
  const bytes = key ? sealUnder(key.plain, packed ?? Buffer.from(body), ctx.random(12), id) : packed;
  const level = SPANS_MS.findIndex((span) => last - first <= span);
  const row: Segment = {
    group,
    stream,
    streamName,
    id,
    level: level < 0 ? SPANS_MS.length - 1 : level,
    first,
    last,
    ingested,
    events: messages.length,
    bytes: messages.reduce((sum, message) => sum + eventBytes(message), 0),
    packed: packed !== undefined,
    ...(key && { key: key.name }),
    ...(indexes && { indexes }),
    ...(!bytes && body.length < PACKED_FROM && { body }),
  };
  return { row, bytes: bytes ?? (row.body === undefined ? Buffer.from(body) : undefined) };
}

const dice = ({ random }: Pick<Context, 'random'>) =>
  (Buffer.from(random(8)).readBigUInt64BE() % 10n ** 20n).toString().padStart(20, '0');

/** Shorter ones gain nothing, and stay in their rows. */
const PACKED_FROM = 512;

function packedIfItPays(text: string): Buffer | undefined {
  const bytes = zstdCompressSync(text);
  return bytes.length < text.length * 0.9 ? bytes : undefined;
}

/** Where a row's bytes lie. */
const bytesId = ({ group, id }: Segment) => `logs/${group}/${id}`;

export async function keepSegment(tx: Transaction, { row, bytes }: ReturnType<typeof segmentOf>): Promise<void> {
  await tx.insert(segments, row);
  if (bytes) tx.putBytes(bytesId(row), bytes);
}

export async function dropSegment(tx: Transaction, row: Segment): Promise<void> {
  await tx.remove(segments, segments.key(row));
  if (row.body === undefined) tx.dropBytes(bytesId(row));
}

/** What lies beside the row, if anything does. */
export const bytesOf = async (tx: Transaction, row: Segment): Promise<Uint8Array | undefined> =>
  row.body === undefined ? tx.bytes(bytesId(row)) : undefined;

/** The events of a row. `bytes`: what lies beside it; `key`: the plain data key of a row that is sealed. */
export function eventsIn(row: Segment, bytes: Uint8Array | undefined, key: Buffer | undefined): Events {
  const { t, m, x } = JSON.parse(row.body ?? textOf(row, bytes, key)) as Batch;
  let time = row.first;
  return { times: t.map((step) => (time += step)), messages: m, transformed: x };
}

function textOf(row: Segment, bytes: Uint8Array | undefined, key: Buffer | undefined): string {
  if (bytes === undefined || (row.key !== undefined && key === undefined)) throw new Error(`${row.id} is not whole`);
  const plain = key ? openUnder(key, bytes, row.id) : Buffer.from(bytes);
  return (row.packed ? zstdDecompressSync(plain) : plain).toString();
}
