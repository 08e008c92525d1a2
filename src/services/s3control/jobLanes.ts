/**
 * A job's objects, chunk by chunk in each of its lanes. What was done to an object, that it is done, and its line for the
 * report are durable together, or nothing of it is. Usually a chunk is one write set; where an object of it is refused,
 * the chunk is done again, object by object.
 */
import type { Context } from '../../core/context.ts';
import { csvLine } from '../../core/csv.ts';
import type { Again } from '../../core/tasks.ts';
import { asJob } from './jobCallers.ts';
import { chunkOf } from './jobManifests.ts';
import { stepFor } from './jobOperations.ts';
import {
  type Entry,
  findJob,
  type Job,
  type JobLane,
  jobLanes,
  jobResults,
  LANES,
  lanesOf,
  requestOf,
} from './jobRows.ts';
import type { LaneTask } from './jobTasks.ts';
import { takeTurns, toStatus } from './jobTurns.ts';

/** Does what is next. */
export async function advanceLane(ctx: Context, task: LaneTask): Promise<Again> {
  const place = await placeOf(ctx, task);
  if (!place) return undefined;
  const { job, lane, entries } = place;
  const { Operation } = requestOf(job);
  const alone = lane.cautious || Operation.S3PutObjectCopy !== undefined;
  const next = alone ? entries.slice(0, 1) : entries;
  for (const entry of next) {
    const { operation, input } = stepFor(Operation, entry);
    await asJob(ctx, job, operation, input);
  }
  return done(ctx, place, next, { code: '', status: 200, message: 'Successful' });
}

/** What is next was refused: that is its result, once it was tried alone. */
export async function passOver(ctx: Context, task: LaneTask, error: Error): Promise<Again> {
  const place = await placeOf(ctx, task);
  if (!place) return undefined;
  const { job, lane, entries } = place;
  if (!lane.cautious && entries.length > 1) {
    await ctx.store.replace(jobLanes, { ...lane, cautious: true });
    return 0;
  }
  const status = error.name === 'AccessDenied' ? 403 : ((error as { status?: number }).status ?? 400);
  return done(ctx, { job, lane, entries }, entries.slice(0, 1), { code: error.name, status, message: error.message });
}

interface Place {
  readonly job: Job;
  readonly lane: JobLane;
  /** What is left of the chunk; nothing behind the last one. */
  readonly entries: readonly Entry[];
}

/** Undefined where the job does not run any more. */
async function placeOf(ctx: Context, task: LaneTask): Promise<Place | undefined> {
  const job = await findJob(ctx, task);
  if (job?.status !== 'Active') return undefined;
  const begun: JobLane = {
    job: job.id,
    lane: task.lane,
    chunk: task.lane,
    at: 0,
    succeeded: 0,
    failed: 0,
    over: false,
  };
  const lane = (await ctx.store.get(jobLanes, [job.id, String(task.lane)])) ?? begun;
  const entries = lane.chunk < job.chunks ? (await chunkOf(ctx, job, lane.chunk)).slice(lane.at) : [];
  return { job, lane, entries };
}

interface Result {
  readonly code: string;
  readonly status: number;
  readonly message: string;
}

/** `entries`: those of the place that came out so. */
async function done(ctx: Context, place: Place, entries: readonly Entry[], result: Result): Promise<Again> {
  const { job, lane } = place;
  const succeeded = result.code === '';
  for (const [i, entry] of entries.entries()) await reported(ctx, job, { ...lane, at: lane.at + i }, entry, result);
  const last = entries.length === place.entries.length;
  const { cautious, ...rest } = lane;
  const next: JobLane = {
    ...rest,
    ...(last ? { chunk: lane.chunk + LANES, at: 0 } : { at: lane.at + entries.length, ...(cautious && { cautious }) }),
    ...(succeeded ? { succeeded: lane.succeeded + entries.length } : { failed: lane.failed + entries.length }),
  };
  await ctx.store.replace(jobLanes, next);
  if (!succeeded && (await failsTooOften(ctx, job))) {
    const failures = [{ FailureCode: 'JobFailureRateExceeded', FailureReason: TOO_OFTEN }];
    await toStatus(ctx, job, 'Completing', { failures });
    await takeTurns(ctx, job.account, job.region);
    return undefined;
  }
  return next.chunk < job.chunks ? 0 : ended(ctx, job, next);
}

async function reported(
  ctx: Context,
  job: Job,
  { chunk, at }: JobLane,
  [bucket, key, version]: Entry,
  { code, status, message }: Result,
): Promise<void> {
  const succeeded = code === '';
  const { Report } = requestOf(job);
  if (!Report.Enabled || (succeeded && Report.ReportScope !== 'AllTasks')) return;
  const outcome = [succeeded ? 'succeeded' : 'failed', code, String(status), message];
  const line = csvLine([bucket, encodeURIComponent(key).replaceAll('%2F', '/'), version ?? '', ...outcome]);
  await ctx.store.insert(jobResults, { job: job.id, succeeded, chunk, at, line });
}

const TOO_OFTEN = 'More than 50% of the operations failed after at least 1,000 were tried.';
const TRIED_MIN = 1000;

async function failsTooOften(ctx: Context, job: Job): Promise<boolean> {
  if (job.total < TRIED_MIN) return false;
  const lanes = await lanesOf(ctx, job);
  const failed = lanes.reduce((sum, lane) => sum + lane.failed, 0);
  const tried = lanes.reduce((sum, lane) => sum + lane.succeeded, failed);
  return tried >= TRIED_MIN && failed * 2 > tried;
}

/** The last lane to end ends the job's work: lanes that end at the same moment see each other. */
async function ended(ctx: Context, job: Job, lane: JobLane): Promise<Again> {
  await ctx.store.replace(jobLanes, { ...lane, over: true });
  for (let other = 0; other < LANES; other++) {
    if (!(await ctx.store.get(jobLanes, [job.id, String(other)]))?.over) return undefined;
  }
  await toStatus(ctx, job, 'Completing');
  await takeTurns(ctx, job.account, job.region);
  return undefined;
}
