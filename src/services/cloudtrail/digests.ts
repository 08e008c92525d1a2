/**
 * Digest files, hour by hour: a task for each trail, which goes through the accounts and Regions that the trail covers
 * and owes itself again for the next hour. In each there is a digest of every hour, with log files or without, so that
 * the chain tells of a missing one.
 */
import type { Context } from '../../core/context.ts';
import { later, pauseOf, type Task, type TaskHandler, tasks } from '../../core/tasks.ts';
import { type Account, accounts } from '../../identity/organization.ts';
import { defaultRegions, optInRegions, regionStatus } from '../../identity/regions.ts';
import { COLLECTOR, collectorPositions } from './collectorPositions.ts';
import { putFile } from './deliveries.ts';
import { noteOutcome } from './deliveryStatuses.ts';
import { codeOf, folderOf } from './destinations.ts';
import { deliveredFiles, digestChains, forgetChains, streamOf } from './digestChains.ts';
import { ALGORITHM, digestName, signedDigest } from './digestFiles.ts';
import { parcels } from './parcels.ts';
import { makeSigners, signerIn } from './publicKeys.ts';
import { type Trail, trailArn, trailKey, trails } from './trailRows.ts';

const KIND = 'cloudtrail.digest';
const HOUR_MS = 3_600_000;
/** Older hours that were missed (the plane was down, its clock was moved) share one digest. */
const HOURS_MAX = 24;
const ACCOUNTS_A_STEP = 4;
const FILES_MAX = 10_000;

interface Hour {
  /** As it was when its first digest was owed: it may be gone. */
  readonly trail: Trail;
  /** Milliseconds. */
  readonly from: number;
  /** Where to go on among the accounts of an organization. */
  readonly after?: string;
}

/** From now on there are digests. A chain that has not ended goes on. */
export async function beginDigests(ctx: Context, trail: Trail): Promise<void> {
  const id = trailArn(trail);
  if (await ctx.store.get(tasks, [KIND, id])) return;
  await owe(ctx, { trail, from: ctx.now.getTime() });
}

const owe = (ctx: Context, hour: Hour, due = hour.from + HOUR_MS) =>
  later<Hour>(ctx, { kind: KIND, id: trailArn(hour.trail), body: hour, due });

export const digestDelivery: Pick<TaskHandler<Hour>, 'settle' | 'failed'> = {
  async settle(task, ctx) {
    const { body } = task;
    const trail = await ctx.store.get(trails, trailKey(body.trail));
    if (trail?.validation === undefined && (trail || body.trail.validation === undefined)) {
      await forgetChains(ctx, trailArn(body.trail));
      return undefined;
    }
    const hour = { ...body, trail: trail ?? { ...body.trail, logging: false } };
    const end = endOf(body.from, ctx.now.getTime());
    if (await isEarly(ctx, hour.trail, end, task)) return 0;
    if (await makeSigners(ctx, hour.trail.multiRegion ? [...defaultRegions] : [hour.trail.region])) {
      await owe(ctx, hour, ctx.now.getTime());
      return undefined;
    }
    const after = await step(ctx, hour, end);
    if (after !== undefined) await owe(ctx, { ...hour, after }, ctx.now.getTime());
    else if (hour.trail.logging || hour.trail.draining) await owe(ctx, { trail: hour.trail, from: end });
    else await forgetChains(ctx, trailArn(hour.trail));
    return undefined;
  },
  async failed(task, ctx, error) {
    const { trail } = task.body;
    await noteOutcome(ctx, { ...ctx, trail: trailArn(trail), account: trail.account }, 'digests', codeOf(error));
    return Math.min(pauseOf(task.attempt), 300_000);
  },
};

function endOf(from: number, now: number): number {
  const hours = Math.floor((now - from) / HOUR_MS);
  return hours <= HOURS_MAX ? from + HOUR_MS : from + (hours - HOURS_MAX + 1) * HOUR_MS;
}

const PATIENCE = 8;

/** Whether files of that time are still on their way: a digest waits a moment for them. */
async function isEarly(ctx: Context, trail: Trail, end: number, task: Task<Hour>): Promise<boolean> {
  if (task.attempt >= PATIENCE) return false;
  // Hints: both change all the time, and the digests need not be made again for that.
  const { rows } = await ctx.store.list(collectorPositions, COLLECTOR, { limit: 1, unchecked: true });
  if (rows[0] && rows[0].due <= Math.min(end, ctx.now.getTime())) return true;
  const page = { limit: 1, index: 'trail', unchecked: true } as const;
  return (await ctx.store.list(parcels, [trailArn(trail)], page)).rows.length > 0;
}

/** The digests of some accounts; where to go on. */
async function step(ctx: Context, hour: Hour, end: number): Promise<string | undefined> {
  const { trail } = hour;
  if (trail.organization === undefined) {
    const account = await ctx.store.get(accounts, [trail.account]);
    if (account) await digestAccount(ctx, hour, end, account);
    return undefined;
  }
  const page = { limit: ACCOUNTS_A_STEP, after: hour.after, index: 'organization' };
  const { rows, next } = await ctx.store.list(accounts, [trail.organization], page);
  for (const account of rows) await digestAccount(ctx, hour, end, account);
  return next;
}

async function digestAccount(ctx: Context, { trail, from }: Hour, end: number, account: Account): Promise<void> {
  for (const region of regionsOf(trail, account, ctx.now)) {
    await digest(ctx, trail, { account: account.id, region }, from, end);
  }
}

/** Where the trail has a copy in that account. */
function regionsOf(trail: Trail, account: Account, now: Date): readonly string[] {
  if (!trail.multiRegion) return [trail.region];
  const chosen = [...optInRegions].filter((region) => regionStatus(account, region, now) === 'ENABLED');
  return [...new Set([trail.region, ...defaultRegions, ...chosen])];
}

async function digest(
  ctx: Context,
  trail: Trail,
  place: { account: string; region: string },
  start: number,
  end: number,
): Promise<void> {
  const { account, region } = place;
  const stream = { trail: trailArn(trail), account, region };
  const key = folderOf(trail, account, 'CloudTrail-Digest') + digestName(trail, account, region, end);
  const files = await filesOf(ctx, stream, end);
  const previous = await ctx.store.get(digestChains, [stream.trail, account, region]);
  const signer = await signerIn(ctx, region);
  const { bucket } = trail;
  const facts = { account, start, end, bucket, key, fingerprint: signer.fingerprint, previous, files };
  const { data, hash, signature } = await signedDigest(facts, signer.key);
  await putFile(ctx, trail, key, data, { signature, 'signature-algorithm': ALGORITHM });
  await ctx.store.replace(digestChains, { ...stream, bucket, key, hash, signature });
  for (const file of files) await ctx.store.remove(deliveredFiles, [file.bucket, file.key]);
  await noteOutcome(ctx, stream, 'digests');
}

/** Those delivered until then that are in no digest yet. */
async function filesOf(ctx: Context, stream: { trail: string; account: string; region: string }, end: number) {
  const page = { limit: FILES_MAX, index: 'stream' };
  const { rows } = await ctx.store.list(deliveredFiles, [streamOf(stream)], page);
  return rows.filter(({ delivered }) => delivered <= end);
}
