/**
 * When a queue is delivered: when its oldest record has waited for the buffer interval, or when its records are as
 * many as the buffer takes. The first is a task, given with the first record. The second is found by a follower of what
 * comes in, which has that task done at once: those who put records need not wait for each other to count them.
 */
import { eventOf } from '../../core/events.ts';
import { METRICS_PLACE, type Samples } from '../../core/metrics.ts';
import { type Giver, later, type TaskHandler, tasks } from '../../core/tasks.ts';
import { type Follower, type Transaction, table } from '../../store/store.ts';
import { parcels, type Queue } from './parcels.ts';
import { findStream, SERVICE, type Stream } from './streamRows.ts';

const DELIVER = 'firehose.deliver';

export interface Due {
  readonly stream: string;
  readonly queue: Queue;
}

export const NAMESPACE = 'AWS/Firehose';

/** Whether a stream backs up all that comes. */
export const backsUp = ({ destination }: Stream): boolean =>
  destination.kind === 's3'
    ? destination.settings.S3BackupMode === 'Enabled'
    : destination.settings.S3BackupMode === 'AllData';

export const queuesOf = (stream: Stream): readonly Queue[] => (backsUp(stream) ? ['main', 'backup'] : ['main']);

const MEBIBYTE = 1024 * 1024;
/** However much a stream asks for: it is in memory at once. */
const BUFFER_MEBIBYTES_MAX = 32;
/** Of what comes packed and is unpacked. */
const PACKED_MEBIBYTES_MAX = 2;

export function bufferOf({ destination }: Stream, queue: Queue): { readonly bytes: number; readonly ms: number } {
  const { settings, backup } = destination;
  const { SizeInMBs = 5, IntervalInSeconds = 300 } = (queue === 'main' ? settings : backup)?.BufferingHints ?? {};
  const most = queue === 'main' && unpacks(settings) ? PACKED_MEBIBYTES_MAX : BUFFER_MEBIBYTES_MAX;
  return { bytes: Math.min(SizeInMBs, most) * MEBIBYTE, ms: IntervalInSeconds * 1000 };
}

const unpacks = ({ ProcessingConfiguration: { Enabled, Processors = [] } = {} }: Stream['destination']['settings']) =>
  Enabled === true && Processors.some(({ Type }) => Type === 'Decompression');

const taskId = ({ stream, queue }: Due) => `${stream} ${queue}`;

/** Delivers a queue at that time (milliseconds), whatever was planned before. */
export function deliverAt(ctx: Giver, stream: Stream, queue: Queue, due: number): Promise<void> {
  const body: Due = { stream: stream.id, queue };
  const { account, region } = stream;
  return later(ctx, { kind: DELIVER, id: taskId(body), body, due, account, region });
}

const taskOf = (tx: Transaction, stream: Stream, queue: Queue) =>
  tx.get(tasks, [DELIVER, taskId({ stream: stream.id, queue })]);

/** For the first record of a queue, which came at that time (milliseconds); all others find it planned. */
export async function planDelivery(ctx: Giver, stream: Stream, queue: Queue, at = ctx.now.getTime()): Promise<void> {
  if (await taskOf(ctx.store, stream, queue)) return;
  await deliverAt(ctx, stream, queue, at + bufferOf(stream, queue).ms);
}

/** After a stream has changed: what waits is looked at anew, by what the stream says now. */
export async function replan(ctx: Giver, stream: Stream): Promise<void> {
  for (const queue of ['main', 'backup'] as const) {
    if (await taskOf(ctx.store, stream, queue)) await deliverAt(ctx, stream, queue, ctx.now.getTime());
  }
}

/** How much came into a queue and how much was taken out of it: each row has one writer. */
interface Level extends Due {
  readonly way: 'in' | 'out';
  readonly bytes: number;
}

const levels = table<Level>('firehose_level', { key: ({ stream, queue, way }) => [stream, queue, way] });

async function move(tx: Transaction, { stream, queue }: Due, way: Level['way'], bytes: number): Promise<number> {
  const before = await tx.get(levels, [stream, queue, way]);
  const row: Level = { stream, queue, way, bytes: (before?.bytes ?? 0) + bytes };
  await tx.replace(levels, row);
  return row.bytes;
}

export const takenOut = (tx: Transaction, due: Due, bytes: number) => move(tx, due, 'out', bytes);

/** How much a queue holds, as far as it is counted by now. */
export async function levelOf(tx: Transaction, { stream, queue }: Due): Promise<number> {
  const { rows } = await tx.list(levels, [stream, queue], { limit: 2, unchecked: true });
  return rows.reduce((sum, { way, bytes }) => sum + (way === 'in' ? bytes : -bytes), 0);
}

export async function forgetLevels(tx: Transaction, stream: string): Promise<void> {
  for (const queue of ['main', 'backup'] as const) {
    for (const way of ['in', 'out'] as const) await tx.remove(levels, [stream, queue, way]);
  }
}

/** What a stream's own telling to CloudWatch says of how much came in. */
const COMING_IN = new Set(['IncomingBytes', 'DataReadFromKinesisStream.Bytes']);
const MARK = `"${NAMESPACE}"`;

interface Arrived {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  bytes: number;
}

export const bufferLevels: Follower = {
  name: 'firehose-buffers',
  async follow(entries, tx) {
    const arrived = new Map<string, Arrived>();
    for (const entry of entries) {
      if (entry.kind !== METRICS_PLACE.kind || !entry.body.includes(MARK)) continue;
      for (const each of arrivalsIn(eventOf<Samples>(entry))) {
        const key = `${each.account} ${each.region} ${each.name}`;
        const known = arrived.get(key);
        if (known) known.bytes += each.bytes;
        else arrived.set(key, each);
      }
    }
    const now = new Date(entries.at(-1)?.time ?? 0);
    for (const each of arrived.values()) await rise(tx, each, now);
  },
};

function arrivalsIn({ account, region, samples }: Samples): Arrived[] {
  return samples.flatMap(({ namespace, name, dimensions, values = [] }) => {
    const stream =
      dimensions.length === 1 && dimensions[0]![0] === 'DeliveryStreamName' ? dimensions[0]![1] : undefined;
    if (namespace !== NAMESPACE || !COMING_IN.has(name) || stream === undefined) return [];
    return [{ account, region, name: stream, bytes: values[0] ?? 0 }];
  });
}

async function rise(tx: Transaction, { bytes, ...name }: Arrived, now: Date): Promise<void> {
  const stream = await findStream(tx, name, now);
  if (!stream) return;
  for (const queue of queuesOf(stream)) {
    const due: Due = { stream: stream.id, queue };
    const level = (await move(tx, due, 'in', bytes)) - ((await tx.get(levels, [due.stream, queue, 'out']))?.bytes ?? 0);
    const task = level < bufferOf(stream, queue).bytes ? undefined : await taskOf(tx, stream, queue);
    // One that failed comes again in its own time.
    if (!task || task.attempt > 0 || task.due <= now.getTime()) continue;
    const { account, region } = stream;
    await deliverAt({ store: tx, now, account, region, random: NO_DICE }, stream, queue, now.getTime());
  }
}

/** A task with an id of its own needs none. */
const NO_DICE = (bytes: number) => new Uint8Array(bytes);

/** Whether there is nothing at all in the queue: whoever puts something in meanwhile is not overlooked. */
export async function isEmpty(tx: Transaction, { stream, queue }: Due): Promise<boolean> {
  return (await tx.list(parcels, [stream, queue], { limit: 1 })).rows.length === 0;
}

export const deliverQueue: TaskHandler<Due> = {
  kind: DELIVER,
  principal: SERVICE,
  settle: async (task, ctx) => (await import('./delivering.ts')).deliver(task, ctx),
  failed: async (task, ctx, error) => (await import('./delivering.ts')).afterFailure(task, ctx, error),
};
