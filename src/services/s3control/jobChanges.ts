/** Batch jobs confirmed, cancelled and given another priority. */
import {
  JobStatusException,
  type UpdateJobPriorityRequest,
  type UpdateJobPriorityResult,
  type UpdateJobStatusRequest,
  type UpdateJobStatusResult,
} from '@aws-sdk/client-s3-control';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { findJob, type Job, jobArn, jobs } from './jobRows.ts';
import { invalidRequest, type JobAsked, jobConditions, loadJob } from './jobs.ts';
import { OVER, takeTurns, toStatus } from './jobTurns.ts';

export const UpdateJobStatus: Operation<Present<UpdateJobStatusRequest> & JobAsked, UpdateJobStatusResult, Job> = {
  load: loadJob,
  access: (_input, _ctx, job) => ({
    resource: jobArn(job),
    resourceTags: job.tags,
    conditions: {
      ...jobConditions(job),
      's3:JobSuspendedCause': job.status === 'Suspended' ? 'AwaitingConfirmation' : undefined,
    },
  }),
  async run(input, ctx, job) {
    const { RequestedJobStatus: asked, StatusUpdateReason: statusReason } = input;
    if (asked !== 'Ready' && asked !== 'Cancelled') throw invalidRequest('The requested job status is not valid.');
    if (asked === 'Ready' ? job.status !== 'Suspended' : OVER.has(job.status) || job.status === 'Completing') {
      fail(JobStatusException, `A job that is ${job.status} cannot become ${asked}.`);
    }
    await toStatus(ctx, job, asked, { statusReason });
    await takeTurns(ctx, job.account, job.region);
    const { status } = (await findJob(ctx, job))!;
    return {
      JobId: job.id,
      Status: asked === 'Ready' ? 'Ready' : status,
      ...(statusReason !== undefined && { StatusUpdateReason: statusReason }),
    };
  },
};

export const UpdateJobPriority: Operation<Present<UpdateJobPriorityRequest> & JobAsked, UpdateJobPriorityResult, Job> =
  {
    load: loadJob,
    access: (input, _ctx, job) => ({
      resource: jobArn(job),
      resourceTags: job.tags,
      conditions: { ...jobConditions(job), 's3:RequestJobPriority': String(input.Priority) },
    }),
    async run(input, ctx, job) {
      if (OVER.has(job.status)) fail(JobStatusException, `The priority of a job that is ${job.status} stays as it is.`);
      await ctx.store.replace(jobs, { ...job, priority: input.Priority });
      await takeTurns(ctx, job.account, job.region);
      return { JobId: job.id, Priority: input.Priority };
    },
  };
