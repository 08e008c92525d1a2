/** Tags of batch jobs. */
import {
  type DeleteJobTaggingRequest,
  type DeleteJobTaggingResult,
  type GetJobTaggingRequest,
  type GetJobTaggingResult,
  type PutJobTaggingRequest,
  type PutJobTaggingResult,
  type S3Tag,
  TooManyTagsException,
} from '@aws-sdk/client-s3-control';
import { CommonError, fail } from '../../core/errors.ts';
import type { Operation, Present, Tag } from '../../core/operation.ts';
import { requestTags } from '../../core/tags.ts';
import { type Job, jobArn, jobs } from './jobRows.ts';
import { type JobAsked, jobConditions, loadJob } from './jobs.ts';

const TAGS_MAX = 50;

/** Throws what is wrong with tags. */
export function requireJobTags(given: readonly S3Tag[]): readonly Tag[] {
  const tags = given.map(({ Key = '', Value = '' }) => ({ Key, Value }));
  if (tags.length > TAGS_MAX) fail(TooManyTagsException, `The number of tags exceeds the limit of ${TAGS_MAX} tags.`);
  const keys = tags.map(({ Key }) => Key);
  if (new Set(keys).size < keys.length) {
    throw new CommonError('InvalidTag', 'Cannot provide multiple Tags with the same key');
  }
  if (keys.some((key) => /^aws:/i.test(key))) {
    throw new CommonError('InvalidTag', 'System tags cannot be added/updated by requester');
  }
  return tags;
}

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
    await ctx.store.replace(jobs, { ...job, tags: requireJobTags(input.Tags) });
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
