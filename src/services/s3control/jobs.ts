/** Batch jobs: made, described and listed. */
import { createHash } from 'node:crypto';
import {
  type CreateJobRequest,
  type CreateJobResult,
  type DescribeJobRequest,
  type DescribeJobResult,
  IdempotencyException,
  type JobDescriptor,
  type JobProgressSummary,
  type ListJobsRequest,
  type ListJobsResult,
} from '@aws-sdk/client-s3-control';
import type { Context } from '../../core/context.ts';
import { CommonError, fail, notImplemented } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { requestTags } from '../../core/tags.ts';
import { passRole } from '../../identity/passRole.ts';
import { requireOwnAccount } from './accounts.ts';
import { operationNamed } from './jobOperations.ts';
import { findJob, type Job, type JobRequest, jobArn, jobs, lanesOf, requestOf } from './jobRows.ts';
import { toStatus } from './jobTurns.ts';
import { pagesOf } from './pages.ts';
import { requireTags, withTagging } from './tagRules.ts';

export interface JobAsked {
  readonly AccountId?: string | undefined;
  readonly JobId: string;
}

/** For operations' `load`. */
export async function loadJob(input: JobAsked, ctx: Context): Promise<Job | Missing> {
  requireOwnAccount(ctx, input.AccountId);
  const { account, region } = ctx;
  const name = { account, region, id: input.JobId };
  const noSuchJob = new CommonError('NoSuchJob', 'The specified job does not exist', 404);
  return (await findJob(ctx, name)) ?? new Missing(jobArn(name), noSuchJob);
}

/** What policies may ask of a job that is there. */
export const jobConditions = (job: Job) => ({
  's3:ExistingJobOperation': operationNamed(requestOf(job).Operation),
  's3:ExistingJobPriority': String(job.priority),
});

export const invalidRequest = (message: string) => new CommonError('InvalidRequest', message);

type Input = Present<CreateJobRequest> & {
  readonly AccountId?: string | undefined;
  readonly ClientRequestToken?: string | undefined;
};

export const CreateJob: Operation<Input, CreateJobResult> = {
  access(input, ctx) {
    requireOwnAccount(ctx, input.AccountId);
    const conditions = {
      's3:RequestJobOperation': operationNamed(input.Operation),
      's3:RequestJobPriority': String(input.Priority),
      ...requestTags(input.Tags),
    };
    const role = passRole(input.RoleArn, 'batchoperations.s3.amazonaws.com');
    return [...withTagging({ resource: '*', conditions }, input.Tags, 's3:PutJobTagging'), role];
  },
  async run(input, ctx) {
    const { account, region } = ctx;
    const token = input.ClientRequestToken ?? ''; // The model requires one; clients make it up.
    const { Operation, Report, Manifest, ManifestGenerator } = input;
    const asked = JSON.stringify({ Operation, Report, Manifest, ManifestGenerator } satisfies JobRequest);
    const fingerprint = hashed(JSON.stringify([asked, input.RoleArn, input.Priority, input.ConfirmationRequired]));
    const { rows } = await ctx.store.list(jobs, [account, region, token], {
      index: 'token',
      limit: 1,
    });
    if (rows[0]) return madeAlready(rows[0], fingerprint);
    requireRequest(input);
    const job: Job = {
      account,
      region,
      id: uuid(ctx),
      token,
      fingerprint,
      created: ctx.now.getTime(),
      status: 'New',
      priority: input.Priority,
      role: input.RoleArn,
      ...(input.Description !== undefined && { description: input.Description }),
      confirmation: input.ConfirmationRequired === true,
      asked,
      tags: requireTags(input.Tags),
      total: 0,
      chunks: 0,
      activeMs: 0,
    };
    await toStatus(ctx, job, 'New');
    return { JobId: job.id };
  },
};

const hashed = (text: string) => createHash('sha256').update(text).digest('base64url');

function madeAlready(job: Job, fingerprint: string): CreateJobResult {
  if (job.fingerprint === fingerprint) return { JobId: job.id };
  return fail(IdempotencyException, 'The client request token was used with another request.');
}

function requireRequest({ Operation, Manifest, ManifestGenerator, Report }: Input): void {
  operationNamed(Operation, 'checked');
  if ((Manifest === undefined) === (ManifestGenerator === undefined)) {
    throw invalidRequest('Exactly one of Manifest and ManifestGenerator must be specified.');
  }
  if (Report.Enabled && (!Report.Bucket || !Report.Format || !Report.ReportScope)) {
    throw invalidRequest('A report that is enabled needs Bucket, Format and ReportScope.');
  }
  if (Manifest) requireManifest(Manifest);
  const generator = ManifestGenerator?.S3JobManifestGenerator;
  if (ManifestGenerator && !generator) throw invalidRequest('The manifest generator is not valid.');
  if (generator?.EnableManifestOutput && !generator.ManifestOutputLocation) {
    throw invalidRequest('ManifestOutputLocation must be specified where EnableManifestOutput is true.');
  }
  if (generator?.ManifestOutputLocation?.ManifestEncryption?.SSEKMS) notImplemented('A manifest encrypted by KMS');
}

function requireManifest({ Spec, Location }: NonNullable<CreateJobRequest['Manifest']>): void {
  const { Format, Fields = [] } = Spec!;
  if (Format === 'S3BatchOperations_CSV_20180820') {
    const known = Fields.every((field) => ['Bucket', 'Ignore', 'Key', 'VersionId'].includes(field));
    if (!known || !Fields.includes('Bucket') || !Fields.includes('Key')) {
      throw invalidRequest('Fields of a CSV manifest must name Bucket and Key.');
    }
  } else if (Format !== 'S3InventoryReport_CSV_20161130')
    throw invalidRequest('The format of the manifest is not known.');
  if (!/^arn:aws:s3:::[a-z0-9.-]+\/.+$/.test(Location!.ObjectArn!)) {
    throw invalidRequest('The ObjectArn of the manifest is not valid.');
  }
}

async function progressOf(ctx: Context, job: Job): Promise<JobProgressSummary> {
  const lanes = await lanesOf(ctx, job);
  const sum = (of: 'succeeded' | 'failed') => lanes.reduce((total, lane) => total + lane[of], 0);
  const active = job.activeMs + (job.activeSince === undefined ? 0 : ctx.now.getTime() - job.activeSince);
  return {
    TotalNumberOfTasks: job.total,
    NumberOfTasksSucceeded: sum('succeeded'),
    NumberOfTasksFailed: sum('failed'),
    Timers: { ElapsedTimeInActiveSeconds: Math.floor(active / 1000) },
  };
}

export const DescribeJob: Operation<Present<DescribeJobRequest> & JobAsked, DescribeJobResult, Job> = {
  load: loadJob,
  access: (_input, _ctx, job) => ({ resource: jobArn(job), resourceTags: job.tags }),
  run: async (_input, ctx, job) => ({ Job: await described(ctx, job) }),
};

async function described(ctx: Context, job: Job): Promise<JobDescriptor> {
  const { suspended, terminated, failures, description, statusReason, generated } = job;
  return {
    JobId: job.id,
    JobArn: jobArn(job),
    ConfirmationRequired: job.confirmation,
    ...(description !== undefined && { Description: description }),
    Status: job.status,
    ...requestOf(job),
    Priority: job.priority,
    ProgressSummary: await progressOf(ctx, job),
    ...(statusReason !== undefined && { StatusUpdateReason: statusReason }),
    FailureReasons: [...(failures ?? [])],
    CreationTime: new Date(job.created),
    ...(terminated !== undefined && { TerminationDate: new Date(terminated) }),
    RoleArn: job.role,
    ...(suspended !== undefined && {
      SuspendedDate: new Date(suspended),
      SuspendedCause: 'AwaitingConfirmation',
    }),
    ...(generated && { GeneratedManifestDescriptor: generated }),
  };
}

const jobPages = pagesOf(() => invalidRequest('The continuation token provided is incorrect'));

export const ListJobs: Operation<
  Present<ListJobsRequest> & { readonly AccountId?: string | undefined },
  ListJobsResult
> = {
  access(input, ctx) {
    requireOwnAccount(ctx, input.AccountId);
    return { resource: '*' };
  },
  async run(input, ctx) {
    const { account, region } = ctx;
    const statuses = input.JobStatuses ?? [];
    const keep = statuses.length === 0 ? undefined : ({ status }: Job) => statuses.includes(status);
    const asked = { ...input, MaxResults: input.MaxResults || undefined };
    const { rows, page } = await jobPages.rows(ctx, jobs, [account, region], asked, { index: 'created', keep });
    return { ...page, Jobs: await Promise.all(rows.map((job) => listed(ctx, job))) };
  },
};

const listed = async (ctx: Context, job: Job) => ({
  JobId: job.id,
  ...(job.description !== undefined && { Description: job.description }),
  Operation: operationNamed(requestOf(job).Operation),
  Priority: job.priority,
  Status: job.status,
  CreationTime: new Date(job.created),
  ...(job.terminated !== undefined && { TerminationDate: new Date(job.terminated) }),
  ProgressSummary: await progressOf(ctx, job),
});
