/**
 * Jobs behind IAM's last-accessed reports. A job is the question; its report is drawn up, from what the journal tells
 * by then, whenever somebody reads it, so a job is complete as soon as it exists. A job answers to whoever asked for
 * it.
 */
import { InvalidInputException, NoSuchEntityException } from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Use } from '../../identity/lastUsed.ts';
import { type Key, table } from '../../store/store.ts';

export interface AccessJob {
  readonly id: string;
  readonly account: string;
  /** Unique id of the user, role or account that asked. */
  readonly owner: string;
  readonly created: string;
  readonly subject:
    | { readonly kind: 'service'; readonly arn: string; readonly isByAction: boolean }
    | { readonly kind: 'organization'; readonly entityPath: string; readonly policy: string | undefined };
}

/** Index `account`: [account, created]. */
const accessJobs = table<AccessJob>('iam_access_job', {
  key: (job) => [job.account, job.id],
  indexes: { account: (job): readonly Key[] => [[job.account, job.created]] },
});

const KEPT_MILLISECONDS = 24 * 3600 * 1000;
const JOBS_MAX = 1000;
/** IAM tells of the last 400 days. */
const TRACKED_MILLISECONDS = 400 * 24 * 3600 * 1000;

export async function newJob(ctx: Context, subject: AccessJob['subject']): Promise<{ JobId: string }> {
  await forgetOldJobs(ctx);
  const job = { id: uuid(ctx), account: ctx.account, owner: ownerOf(ctx), created: ctx.now.toISOString(), subject };
  await ctx.store.insert(accessJobs, job);
  return { JobId: job.id };
}

/** Those of yesterday, and the oldest when there are too many. */
async function forgetOldJobs(ctx: Context): Promise<void> {
  const { rows } = await ctx.store.list(accessJobs, [ctx.account], { index: 'account', limit: 10 });
  const isFull = !(await ctx.store.fits(accessJobs, [ctx.account], JOBS_MAX));
  const oldest = new Date(ctx.now.getTime() - KEPT_MILLISECONDS).toISOString();
  for (const job of rows) {
    if (isFull || job.created < oldest) await ctx.store.remove(accessJobs, [job.account, job.id]);
  }
}

type Subject<K> = Extract<AccessJob['subject'], { readonly kind: K }>;

export async function findJob<K extends AccessJob['subject']['kind']>(ctx: Context, id: string, kind: K) {
  if (!/^[0-9a-f-]{36}$/.test(id)) fail(InvalidInputException, `Invalid JobId: ${id}`);
  const job = await ctx.store.get(accessJobs, [ctx.account, id]);
  if (!job || job.owner !== ownerOf(ctx) || job.subject.kind !== kind) {
    return fail(NoSuchEntityException, `The job with id ${id} cannot be found.`);
  }
  return { ...job, subject: job.subject as Subject<K> };
}

const ownerOf = (ctx: Context) => ctx.caller.userId.split(':')[0]!;

/** Complete from the start. */
export const jobView = (job: { readonly created: string }) => ({
  JobStatus: 'COMPLETED' as const,
  JobCreationDate: new Date(job.created),
  JobCompletionDate: new Date(job.created),
});

export const isTracked = (ctx: Context, use: Use) => ctx.now.getTime() - Date.parse(use.time) <= TRACKED_MILLISECONDS;

/** The later of two uses. */
export const later = <U extends Use>(a: U | undefined, b: U): U => (a && a.time >= b.time ? a : b);
