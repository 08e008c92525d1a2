/** Writes an export's files, one after the other: each a task of its own, so that a crash costs one file at most. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Context, servicePrincipal } from '../../core/context.ts';
import { later, type TaskHandler } from '../../core/tasks.ts';
import { pacer } from './breath.ts';
import { maskerFor } from './dataProtection.ts';
import { EXPORT, type ExportStep, type ExportTask, exportTasks, isActive } from './exportRows.ts';
import { groupArn, type LogGroup, logGroups } from './groupRows.ts';
import { eventsOf, type StoredEvent } from './reading.ts';
import { type LogStream, streams } from './streamRows.ts';

const packed = promisify(gzip);

export const exportSettle: TaskHandler<ExportStep>['settle'] = async ({ body }, ctx) => {
  const task = await ctx.store.get(exportTasks, [ctx.account, ctx.region, body.id]);
  if (!task || !isActive(task)) return undefined;
  const group = (await ctx.store.list(logGroups, [task.group], { limit: 1, index: 'id' })).rows[0];
  const stream = group && (await streamAt(ctx, task, body));
  if (!group || !stream) {
    await ctx.store.replace(exportTasks, { ...task, status: 'COMPLETED', completed: ctx.now.getTime() });
    return undefined;
  }
  if (task.status === 'PENDING') await ctx.store.replace(exportTasks, { ...task, status: 'RUNNING' });
  const own = body.stream === stream.name && !body.done ? body : { id: body.id, stream: stream.name, part: 0 };
  const last = await writeFile(ctx, task, { group, stream, step: own });
  const next: ExportStep = last
    ? { ...own, after: { time: last.time, segment: last.segment, index: last.index }, part: own.part + 1 }
    : { id: body.id, stream: stream.name, done: true, part: 0 };
  await later(ctx, { kind: EXPORT, body: next });
  return undefined;
};

/** The stream that the step names, unless it is done; else the first one after it. */
async function streamAt(ctx: Context, { group, streamPrefix }: ExportTask, { stream, done }: ExportStep) {
  const { rows } = await ctx.store.list(streams, [group], { limit: 2, startsWith: streamPrefix, from: stream });
  return rows.find(({ name }) => !done || name !== stream);
}

const FILE_CHARACTERS = 1024 * 1024;
const FILE_EVENTS = 10_000;

interface Piece {
  readonly group: LogGroup;
  readonly stream: LogStream;
  readonly step: ExportStep;
}

/** Writes the next file of a stream; its last event, or undefined when there was nothing left to write. */
async function writeFile(ctx: Context, task: ExportTask, { group, stream, step }: Piece) {
  const reading = { group, streams: [stream.id], from: task.from, to: task.to + 1, after: step.after };
  const mask = await maskerFor(ctx, group, false);
  const events: StoredEvent[] = [];
  const pace = pacer();
  let text = '';
  for await (const chunk of eventsOf(ctx, reading)) {
    for (const event of chunk.events) {
      text += `${new Date(event.time).toISOString()} ${mask(event)}\n`;
      events.push(event);
      await pace();
    }
    if (text.length >= FILE_CHARACTERS || events.length >= FILE_EVENTS) break;
  }
  if (events.length === 0) return undefined;
  const folder = `${task.prefix}/${task.id}/${stream.name.replaceAll('/', '-')}`;
  const key = `${folder}/${String(step.part).padStart(6, '0')}.gz`;
  await putObject(ctx, task, group, key, await packed(text));
  return events.at(-1);
}

/** In the service's own name, against the bucket's policy. */
export const exporter = (group: LogGroup) =>
  servicePrincipal(`logs.${group.region}.amazonaws.com`, { arn: groupArn(group), account: group.account });

export const putObject = (
  ctx: Context,
  task: Pick<ExportTask, 'bucket'>,
  group: LogGroup,
  Key: string,
  Body: Uint8Array,
) => ctx.call('s3', 'PutObject', { Bucket: task.bucket, Key, Body, ACL: 'bucket-owner-full-control' }, exporter(group));

export const exportFailed: NonNullable<TaskHandler<ExportStep>['failed']> = async ({ body }, ctx, error) => {
  const task = await ctx.store.get(exportTasks, [ctx.account, ctx.region, body.id]);
  if (!task || !isActive(task)) return undefined;
  const { message } = error as Error;
  await ctx.store.replace(exportTasks, { ...task, status: 'FAILED', message, completed: ctx.now.getTime() });
  return undefined;
};
