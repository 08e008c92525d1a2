/**
 * A stream of Kinesis as the source of a delivery stream: how far each of its shards is read. A task reads on, every
 * second while records come; what it read, and how far, is one write set, so that no record is left out or comes twice.
 */
import { type Giver, later, type TaskHandler } from '../../core/tasks.ts';
import { type Transaction, table } from '../../store/store.ts';
import { SERVICE, type Stream } from './streamRows.ts';

export interface Cursor {
  /** Id of the delivery stream. */
  readonly stream: string;
  readonly shard: string;
  /** Sequence number of the last record that was read. */
  readonly after?: string | undefined;
  /** The shard is closed, and all of it is read. */
  readonly ended?: true | undefined;
}

export const cursors = table<Cursor>('firehose_cursor', { key: ({ stream, shard }) => [stream, shard] });

const READ = 'firehose.read';

export interface Reading {
  readonly stream: string;
  /** How often nothing was found. */
  readonly idle: number;
  /** Milliseconds: when its shards were listed; 0 when they are to be listed now. */
  readonly listed: number;
  /** The shard to begin with, where one turn was not enough for all. */
  readonly from?: string | undefined;
}

export const readAt = (
  ctx: Giver,
  { id, account, region }: Stream,
  due: number,
  state: Omit<Reading, 'stream'> = { idle: 0, listed: 0 },
): Promise<void> => later<Reading>(ctx, { kind: READ, id, body: { stream: id, ...state }, due, account, region });

export const readSource: TaskHandler<Reading> = {
  kind: READ,
  principal: SERVICE,
  settle: async (task, ctx) => (await import('./sourceReading.ts')).readOn(task, ctx),
  failed: async (task, ctx, error) => (await import('./sourceReading.ts')).afterFailedRead(task, ctx, error),
};

const SHARDS_MAX = 10_000;

export const cursorsOf = async (tx: Transaction, stream: string): Promise<readonly Cursor[]> =>
  (await tx.list(cursors, [stream], { limit: SHARDS_MAX })).rows;

export async function forgetCursors(tx: Transaction, stream: string): Promise<void> {
  for (const cursor of await cursorsOf(tx, stream)) await tx.remove(cursors, cursors.key(cursor));
}
