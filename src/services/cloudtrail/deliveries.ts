/** Parcels on their way: into buckets, into log groups, and the notices of what has arrived. */
import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { logGroupName, writeLogEvents } from '../../core/logWriting.ts';
import { pauseOf, type Task, type TaskHandler } from '../../core/tasks.ts';
import { noteOutcome } from './deliveryStatuses.ts';
import { codeOf, folderOf, logRoleOf, logStreamName, onBehalfOf, putOptions } from './destinations.ts';
import { noteFile } from './digestChains.ts';
import { logEventsOf } from './logBatches.ts';
import { contentOf, forget, type Parcel, parcels } from './parcels.ts';
import { type Trail, trailArn, trailKey, trails } from './trailRows.ts';

/** AWS tries for 30 days. */
const GIVEN_UP_AFTER_MS = 30 * 86_400_000;
const LONGEST_PAUSE_MS = 300_000;

/** The trail as it is now, so that a bucket that was set right is used; else as it was. */
async function trailOf(ctx: Context, { trail }: Parcel): Promise<Trail> {
  return (await ctx.store.get(trails, trailKey(trail))) ?? trail;
}

const placeOf = ({ trail, account, region }: Parcel) => ({ trail: trailArn(trail), account, region });

export const fileDelivery: Pick<TaskHandler<string>, 'settle' | 'failed'> = {
  async settle({ body: id }, ctx) {
    const parcel = await ctx.store.get(parcels, [id]);
    if (!parcel) return undefined;
    const trail = await trailOf(ctx, parcel);
    const Key = folderOf(trail, parcel.account, parcel.kind) + parcel.name;
    await putFile(ctx, trail, Key, await contentOf(ctx, parcel));
    await forget(ctx, parcel);
    await noteOutcome(ctx, placeOf(parcel), 'files');
    if (trail.validation !== undefined) await noteFile(ctx, trail, parcel, Key);
    await notify(ctx, trail, parcel, Key);
    return undefined;
  },
  failed: (task, ctx, error) => postponed(task, ctx, error, 'files'),
};

export async function putFile(
  ctx: Context,
  trail: Trail,
  Key: string,
  bytes: Uint8Array,
  Metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  const headers = { ContentType: 'application/json', ContentEncoding: 'gzip', ContentLength: bytes.length };
  const input = { ...putOptions(trail), ...headers, Key, Body: bytes, ...(Metadata && { Metadata }) };
  await ctx.call('s3', 'PutObject', input, onBehalfOf(trail));
}

/** A topic that refuses does not hold up the file. */
async function notify(ctx: Context, trail: Trail, parcel: Parcel, key: string): Promise<void> {
  if (trail.topic === undefined) return;
  const Message = JSON.stringify({ s3Bucket: trail.bucket, s3ObjectKey: [key] });
  try {
    const region = parseArn(trail.topic)?.region;
    await ctx.call('sns', 'Publish', { TopicArn: trail.topic, Message }, onBehalfOf(trail), region);
    await noteOutcome(ctx, placeOf(parcel), 'notices');
  } catch (error) {
    await noteOutcome(ctx, placeOf(parcel), 'notices', codeOf(error));
  }
}

export const logDelivery: Pick<TaskHandler<string>, 'settle' | 'failed'> = {
  async settle({ body: id }, ctx) {
    const parcel = await ctx.store.get(parcels, [id]);
    if (!parcel) return undefined;
    const trail = await trailOf(ctx, parcel);
    const content = await contentOf(ctx, parcel);
    await forget(ctx, parcel);
    if (trail.logGroup === undefined || trail.logRole === undefined) return undefined;
    const logEvents = await logEventsOf(content);
    const role = await logRoleOf(ctx, trail, trail.logRole);
    const stream = {
      logGroupName: logGroupName(trail.logGroup),
      logStreamName: logStreamName(trail, parcel.account),
    };
    await writeLogEvents(ctx, { ...stream, logEvents }, role, trail.region);
    await noteOutcome(ctx, placeOf(parcel), 'logs');
    return undefined;
  },
  failed: (task, ctx, error) => postponed(task, ctx, error, 'logs'),
};

/** Again after a growing pause; after 30 days the parcel is given up. */
async function postponed(task: Task<string>, ctx: Context, error: unknown, kind: 'files' | 'logs') {
  const parcel = await ctx.store.get(parcels, [task.body]);
  if (!parcel) return undefined;
  await noteOutcome(ctx, placeOf(parcel), kind, codeOf(error));
  if (ctx.now.getTime() - task.given < GIVEN_UP_AFTER_MS) return Math.min(pauseOf(task.attempt), LONGEST_PAUSE_MS);
  await forget(ctx, parcel);
  return undefined;
}
