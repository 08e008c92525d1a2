/**
 * A job's objects, one after the other in each of its lanes. Each is a write set of its own: what was done to it, that it
 * is done, and its line for the report are durable together, or nothing of it is.
 */
import type { Context } from '../../core/context.ts';
import type { Again } from '../../core/tasks.ts';
import { csvLine } from './csv.ts';
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
  const { job, lane, entry } = place;
  if (!entry) return ended(ctx, job, lane);
  const { operation, input } = stepFor(requestOf(job).Operation, entry);
  await asJob(ctx, job, operation, input);
  return done(ctx, { job, lane, entry }, { code: '', status: 200, message: 'Successful' });
}

/** What is next was refused: that is its result. */
export async function passOver(ctx: Context, task: LaneTask, error: Error): Promise<Again> {
  const place = await placeOf(ctx, task);
  if (!place) return undefined;
  const { job, lane, entry } = place;
  if (!entry) return ended(ctx, job, lane);
  const status = error.name === 'AccessDenied' ? 403 : ((error as { status?: number }).status ?? 400);
  return done(ctx, { job, lane, entry }, { code: error.name, status, message: error.message });
}

interface Place {
  readonly job: Job;
  readonly lane: JobLane;
  /** Undefined behind the last one. */
  readonly entry: Entry | undefined;
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
  const entry = lane.chunk < job.chunks ? (await chunkOf(ctx, job, lane.chunk))[lane.at] : undefined;
  return { job, lane, entry };
}

interface Result {
  readonly code: string;
  readonly status: number;
  readonly message: string;
}

async function done(ctx: Context, place: Required<Place>, { code, status, message }: Result): Promise<Again> {
  const { job, lane } = place;
  const [bucket, key, version] = place.entry!;
  const succeeded = code === '';
  const { Report } = requestOf(job);
  if (Report.Enabled && (!succeeded || Report.ReportScope === 'AllTasks')) {
    const outcome = [succeeded ? 'succeeded' : 'failed', code, String(status), message];
    const line = csvLine([bucket, encodeURIComponent(key).replaceAll('%2F', '/'), version ?? '', ...outcome]);
    await ctx.store.insert(jobResults, { job: job.id, succeeded, chunk: lane.chunk, at: lane.at, line });
  }
  const last = lane.at + 1 >= (await chunkOf(ctx, job, lane.chunk)).length;
  const next: JobLane = {
    ...lane,
    ...(last ? { chunk: lane.chunk + LANES, at: 0 } : { at: lane.at + 1 }),
    ...(succeeded ? { succeeded: lane.succeeded + 1 } : { failed: lane.failed + 1 }),
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
