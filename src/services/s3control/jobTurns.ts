/**
 * Which jobs of an account and Region run: some at a time, the most important first. One that has to give way pauses
 * until it is its turn again. https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-managing-jobs.html
 */
import type { JobStatus } from '@aws-sdk/client-s3-control';
import type { Context } from '../../core/context.ts';
import { later, notAnyMore } from '../../core/tasks.ts';
import { type Job, type JobTask, jobs, LANES } from './jobRows.ts';
import { JOB, JOB_EXPIRY, JOB_LANE, type LaneTask } from './jobTasks.ts';

const ACTIVE_MAX = 4;
const DAY_MS = 86_400_000;
const CONFIRMED_WITHIN_MS = 30 * DAY_MS;
const KEPT_MS = 90 * DAY_MS;

export const OVER: ReadonlySet<JobStatus> = new Set(['Cancelled', 'Complete', 'Failed']);

/** Puts a job into a status, with all that follows from it. Returns the row. */
export async function toStatus(ctx: Context, job: Job, status: JobStatus, more: Partial<Job> = {}): Promise<Job> {
  const now = ctx.now.getTime();
  const spent = job.activeSince === undefined ? 0 : now - job.activeSince;
  const over = OVER.has(status);
  const { activeSince: _, ...rest } = job;
  const next: Job = {
    ...rest,
    status,
    activeMs: job.activeMs + spent,
    ...(status === 'Active' && { activeSince: now }),
    ...(status === 'Suspended' && { suspended: now }),
    ...(over && { terminated: now }),
    ...more,
  };
  await ctx.store.replace(jobs, next);
  const name: JobTask = { account: job.account, region: job.region, id: job.id };
  const expires = status === 'Suspended' ? CONFIRMED_WITHIN_MS : over ? KEPT_MS : undefined;
  if (expires !== undefined) await owe(ctx, JOB_EXPIRY, job.id, name, now + expires);
  else await notAnyMore(ctx.store, JOB_EXPIRY, job.id);
  if (status === 'New' || status === 'Completing') await owe(ctx, JOB, job.id, name);
  if (status === 'Active') await runLanes(ctx, name);
  return next;
}

async function owe(ctx: Context, kind: string, id: string, body: JobTask, due?: number): Promise<void> {
  await later(ctx, { kind, id, body, due, account: body.account, region: body.region });
}

async function runLanes(ctx: Context, name: JobTask): Promise<void> {
  for (let lane = 0; lane < LANES; lane++) {
    const body: LaneTask = { ...name, lane };
    await owe(ctx, JOB_LANE, `${name.id} ${lane}`, body);
  }
}

/** After a job came, went, or changed its priority. */
export async function takeTurns(ctx: Context, account: string, region: string): Promise<void> {
  const { rows } = await ctx.store.list(jobs, [account, region], { index: 'turn', limit: 1000 });
  for (const [place, job] of rows.entries()) {
    if (place < ACTIVE_MAX) {
      if (job.status !== 'Active') await toStatus(ctx, job, 'Active');
    } else if (job.status === 'Active') await toStatus(ctx, job, 'Paused');
  }
}
