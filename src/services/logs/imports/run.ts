/** Imports a segment of an event data store, then the next: each a write set, so a crash imports none twice. */
import type { Context } from '../../../core/context.ts';
import { AccessDenied } from '../../../core/errors.ts';
import { logBatches } from '../../../core/logWriting.ts';
import { tellSamples } from '../../../core/metrics.ts';
import { type Again, later, pauseOf, type Task } from '../../../core/tasks.ts';
import { groupOfId } from '../groupLookup.ts';
import { DAY_MS, type LogGroup } from '../groupRows.ts';
import { incoming, keepEvents } from '../keeping.ts';
import { type LogStream, streams } from '../streamRows.ts';
import { dataOf } from './lake.ts';
import { batches, IMPORT, type Import, imports, type Step } from './rows.ts';

const running = async (ctx: Context, { id }: Step): Promise<Import | undefined> => {
  const task = await ctx.store.get(imports, [ctx.account, ctx.region, id]);
  return task?.status === 'IN_PROGRESS' ? task : undefined;
};

class Gone extends Error {}

export async function importSome({ body }: Task<Step>, ctx: Context): Promise<Again> {
  const task = await running(ctx, body);
  if (!task) return undefined;
  const group = await groupOfId(ctx, task.group);
  const stream = group && (await ctx.store.get(streams, [group.id, task.id]));
  if (!group || !stream) throw new Gone('The log group or its stream is gone.');
  const { Batch, Events, Next } = await dataOf(ctx, task, { After: body.after });
  const bytes = await keepAll(ctx, group, stream, Events);
  if (Batch !== undefined) await ctx.store.replace(batches, { import: task.id, id: Batch, status: 'COMPLETED' });
  const status = Next === undefined ? 'COMPLETED' : 'IN_PROGRESS';
  await ctx.store.replace(imports, { ...task, status, bytes: task.bytes + bytes, updated: ctx.now.getTime() });
  if (Next !== undefined) await later<Step>(ctx, { kind: IMPORT, id: task.id, body: { id: task.id, after: Next } });
  return undefined;
}

/** What will not get better ends the import; all else is tried again for a day. */
export async function notImported({ body, attempt, given }: Task<Step>, ctx: Context, error: unknown): Promise<Again> {
  const task = await running(ctx, body);
  if (!task) return undefined;
  const lasting = error instanceof Gone || error instanceof AccessDenied || /^(Inactive)?EventData/.test(nameOf(error));
  if (!lasting && ctx.now.getTime() - given < DAY_MS) return pauseOf(attempt);
  const { message } = error as Error;
  await ctx.store.replace(imports, { ...task, status: 'FAILED', error: message, updated: ctx.now.getTime() });
  return undefined;
}

const nameOf = (error: unknown) => (error as Error).name;

/** Keeps events of any age; how many bytes their messages are. */
async function keepAll(
  ctx: Context,
  group: LogGroup,
  stream: LogStream,
  events: readonly (readonly [time: number, message: string])[],
): Promise<number> {
  const { account, region } = group;
  let bytes = 0;
  let newest = stream.lastEvent ?? 0;
  for (const batch of logBatches(events.map(([timestamp, message]) => ({ timestamp, message })))) {
    const times = batch.map(({ timestamp }) => timestamp);
    const messages = batch.map(({ message }) => message);
    const row = await keepEvents(ctx, group, stream, { times, messages });
    bytes += messages.reduce((sum, message) => sum + Buffer.byteLength(message), 0);
    newest = Math.max(newest, row.last);
    tellSamples(ctx, { account, region, samples: incoming(ctx, group, row) });
  }
  if (newest > 0) await ctx.store.replace(streams, { ...stream, lastEvent: newest });
  return bytes;
}
