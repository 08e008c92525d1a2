/** Batch jobs at work. Light: what a job needs is loaded when one runs. */
import { type Again, pauseOf, type Task, type TaskHandler } from '../../core/tasks.ts';
import type { JobTask } from './jobRows.ts';

/** A job is prepared, or its report written. */
export const JOB = 's3control.job';
/** One lane of a job does what is next. */
export const JOB_LANE = 's3control.jobLane';
/** A job that nobody confirmed, or that is over for long, goes. */
export const JOB_EXPIRY = 's3control.jobExpiry';

const PRINCIPAL = 'batchoperations.s3.amazonaws.com';

export interface LaneTask extends JobTask {
  readonly lane: number;
}

/** What an operation refused, by its AWS error; what is wrong inside the plane is tried again. */
const isRefusal = (error: unknown): error is Error =>
  error instanceof Error && !['Error', 'TypeError', 'RangeError', 'StoreBusy'].includes(error.name);

const orAgain = (task: Task, error: unknown, then: (error: Error) => Promise<Again>): Promise<Again> =>
  isRefusal(error) ? then(error) : Promise.resolve(pauseOf(task.attempt));

export const jobTasks: readonly TaskHandler[] = [
  {
    kind: JOB,
    principal: PRINCIPAL,
    settle: async ({ body }, ctx) => (await import('./jobRuns.ts')).advanceJob(ctx, body),
    failed: (task, ctx, error) =>
      orAgain(task, error, async (refusal) => (await import('./jobRuns.ts')).failJob(ctx, task.body, refusal)),
  } satisfies TaskHandler<JobTask>,
  {
    kind: JOB_LANE,
    principal: PRINCIPAL,
    settle: async ({ body }, ctx) => (await import('./jobLanes.ts')).advanceLane(ctx, body),
    failed: (task, ctx, error) =>
      orAgain(task, error, async (refusal) => (await import('./jobLanes.ts')).passOver(ctx, task.body, refusal)),
  } satisfies TaskHandler<LaneTask>,
  {
    kind: JOB_EXPIRY,
    principal: PRINCIPAL,
    settle: async ({ body }, ctx) => (await import('./jobRuns.ts')).expireJob(ctx, body),
  } satisfies TaskHandler<JobTask>,
];
