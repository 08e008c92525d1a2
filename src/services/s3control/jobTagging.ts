/** Tags of batch jobs. */
import type {
  DeleteJobTaggingRequest,
  DeleteJobTaggingResult,
  GetJobTaggingRequest,
  GetJobTaggingResult,
  PutJobTaggingRequest,
  PutJobTaggingResult,
} from '@aws-sdk/client-s3-control';
import type { Operation, Present } from '../../core/operation.ts';
import { requestTags } from '../../core/tags.ts';
import { type Job, jobArn, jobs } from './jobRows.ts';
import { type JobAsked, jobConditions, loadJob } from './jobs.ts';
import { requireTags } from './tagRules.ts';

const onJob = (job: Job) => ({ resource: jobArn(job), resourceTags: job.tags, conditions: jobConditions(job) });

export const GetJobTagging: Operation<Present<GetJobTaggingRequest> & JobAsked, GetJobTaggingResult, Job> = {
  load: loadJob,
  access: (_input, _ctx, job) => ({ resource: jobArn(job), resourceTags: job.tags }),
  run: async (_input, _ctx, job) => ({ Tags: [...job.tags] }),
};

export const PutJobTagging: Operation<Present<PutJobTaggingRequest> & JobAsked, PutJobTaggingResult, Job> = {
  load: loadJob,
  access(input, _ctx, job) {
    const own = onJob(job);
    return { ...own, conditions: { ...own.conditions, ...requestTags(input.Tags) } };
  },
  async run(input, ctx, job) {
    await ctx.store.replace(jobs, { ...job, tags: requireTags(input.Tags) });
    return {};
  },
};

export const DeleteJobTagging: Operation<Present<DeleteJobTaggingRequest> & JobAsked, DeleteJobTaggingResult, Job> = {
  load: loadJob,
  access: (_input, _ctx, job) => onJob(job),
  async run(_input, ctx, job) {
    await ctx.store.replace(jobs, { ...job, tags: [] });
    return {};
  },
};
