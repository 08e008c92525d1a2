/** All that waits for the same destination, as far as one call takes it. */
import type { Context } from '../../../core/context.ts';
import { eventBytes } from '../../../core/logWriting.ts';
import { type Task, tasks } from '../../../core/tasks.ts';
import type { VendedRecord } from '../../../core/vendedLogs.ts';

const TASKS_MAX = 500;
/** A batch of PutLogEvents, or of PutRecordBatch, has room for so much. */
const BYTES_MAX = 900_000;
const RECORDS_MAX = 500;

interface Records {
  readonly records: readonly VendedRecord[];
}

/** The task's records, and those of the tasks behind it in its lane that are due. */
export async function gathered(ctx: Context, task: Task<Records>) {
  const { rows } = await ctx.store.list(tasks, [task.lane!], { index: 'lane', limit: TASKS_MAX });
  const records = [...task.body.records];
  const others: Task[] = [];
  let bytes = sizeOf(records);
  for (const other of rows) {
    if (other.id === task.id) continue;
    const more = (other.body as Records).records;
    bytes += sizeOf(more);
    const full = bytes > BYTES_MAX || records.length + more.length > RECORDS_MAX;
    if (other.due > ctx.now.getTime() || full) break;
    records.push(...more);
    others.push(other);
  }
  return { records, others };
}

const sizeOf = (records: readonly VendedRecord[]) => records.reduce((sum, { text }) => sum + eventBytes(text), 0);
