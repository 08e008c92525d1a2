/**
 * Batch jobs as rows. What a job is about lies in chunks, of some objects each, beside the rows; each of a job's
 * lanes goes through every eighth chunk, and is the only one to write how far it has come.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops.html
 */
import type {
  JobFailure,
  JobManifest,
  JobManifestGenerator,
  JobOperation,
  JobReport,
  JobStatus,
  S3GeneratedManifestDescriptor,
} from '@aws-sdk/client-s3-control';
import type { Context } from '../../core/context.ts';
import type { Tag } from '../../core/operation.ts';
import { table } from '../../store/store.ts';

/** What a request asked for, as it is told again. */
export interface JobRequest {
  readonly Operation: JobOperation;
  readonly Report: JobReport;
  readonly Manifest?: JobManifest | undefined;
  readonly ManifestGenerator?: JobManifestGenerator | undefined;
}

export interface Job {
  readonly account: string;
  readonly region: string;
  readonly id: string;
  /** The client's, and the request that came with it. */
  readonly token: string;
  readonly fingerprint: string;
  /** Milliseconds since 1970, as all times here. */
  readonly created: number;
  readonly status: JobStatus;
  readonly statusReason?: string | undefined;
  readonly priority: number;
  readonly role: string;
  readonly description?: string | undefined;
  readonly confirmation: boolean;
  /** A JobRequest as JSON. */
  readonly asked: string;
  readonly tags: readonly Tag[];
  readonly suspended?: number | undefined;
  readonly terminated?: number | undefined;
  readonly failures?: readonly JobFailure[] | undefined;
  /** Objects and chunks so far; complete once the job is prepared. */
  readonly total: number;
  readonly chunks: number;
  /** How far the listing of a bucket has come whose objects are to be chosen from. */
  readonly listed?: string | undefined;
  readonly manifestFiles?: readonly ReportFile[] | undefined;
  readonly generated?: S3GeneratedManifestDescriptor | undefined;
  readonly activeMs: number;
  readonly activeSince?: number | undefined;
  readonly reportFiles?: readonly ReportFile[] | undefined;
}

export interface ReportFile {
  readonly succeeded: boolean;
  readonly key: string;
  readonly size: number;
  readonly md5: string;
}

const ORDER_DIGITS = 15;
const LATEST = 10 ** ORDER_DIGITS - 1;
/** The greater, the earlier. */
const descending = (value: number) => String(LATEST - value).padStart(ORDER_DIGITS, '0');

const RUNNABLE: ReadonlySet<JobStatus> = new Set(['Ready', 'Active', 'Paused']);

export const jobs = table<Job>('s3_job', {
  key: ({ account, region, id }) => [account, region, id],
  indexes: {
    created: ({ account, region, id, created }) => [[account, region, descending(created), id]],
    token: ({ account, region, token }) => [[account, region, token]],
    /** Those that wait for their turn or have it, the most important one first. */
    turn: ({ account, region, id, status, priority, created }) =>
      RUNNABLE.has(status) ? [[account, region, descending(priority), String(created), id]] : [],
  },
});

/** How far one lane of a job has come. */
export interface JobLane {
  readonly job: string;
  readonly lane: number;
  readonly chunk: number;
  readonly at: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly over: boolean;
  /** An object of the chunk was refused: the others are done one by one. */
  readonly cautious?: true;
}

export const jobLanes = table<JobLane>('s3_job_lane', { key: ({ job, lane }) => [job, String(lane)] });

/** Lines of the report that is to be written. */
export interface JobResult {
  readonly job: string;
  readonly succeeded: boolean;
  readonly chunk: number;
  readonly at: number;
  readonly line: string;
}

const numbered = (value: number) => String(value).padStart(9, '0');

export const jobResults = table<JobResult>('s3_job_result', {
  key: ({ job, succeeded, chunk, at }) => [job, succeeded ? 'succeeded' : 'failed', numbered(chunk), numbered(at)],
});

/** An object that a job is about: bucket, key, version. */
export type Entry = readonly [bucket: string, key: string, version: string | null];

export const chunkId = (job: string, chunk: number) => `s3-job-${job}-${chunk}`;

export const LANES = 8;

export const jobArn = ({ account, region, id }: Pick<Job, 'account' | 'region' | 'id'>) =>
  `arn:aws:s3:${region}:${account}:job/${id}`;

const DATES: ReadonlySet<string> = new Set([
  'CreatedAfter',
  'CreatedBefore',
  'HttpExpiresDate',
  'ModifiedSinceConstraint',
  'ObjectLockRetainUntilDate',
  'RetainUntilDate',
  'UnModifiedSinceConstraint',
]);

const requests = new WeakMap<Job, JobRequest>();

/** Read once for each version of the row. */
export function requestOf(job: Job): JobRequest {
  let request = requests.get(job);
  if (!request) {
    const parsed = JSON.parse(job.asked, (key, value) => (DATES.has(key) ? new Date(value as string) : value));
    requests.set(job, (request = parsed as JobRequest));
  }
  return request;
}

export type JobTask = Pick<Job, 'account' | 'region' | 'id'>;

export const findJob = (
  { store }: Pick<Context, 'store'>,
  { account, region, id }: JobTask,
): Promise<Job | undefined> => store.get(jobs, [account, region, id]);

/** All lanes that have begun. */
export async function lanesOf({ store }: Pick<Context, 'store'>, job: Job): Promise<readonly JobLane[]> {
  return (await store.list(jobLanes, [job.id], { limit: LANES, unchecked: true })).rows;
}
