/** Batch jobs before and after their work: prepared, their report written, over, forgotten. */
import { createHash } from 'node:crypto';
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Again } from '../../core/tasks.ts';
import { asJob } from './jobCallers.ts';
import { chosen, entriesIn, keepEntries, writeManifest, writeManifestFile } from './jobManifests.ts';
import {
  chunkId,
  findJob,
  type Job,
  type JobResult,
  type JobTask,
  jobLanes,
  jobResults,
  jobs,
  LANES,
  type ReportFile,
  requestOf,
} from './jobRows.ts';
import { OVER, takeTurns, toStatus } from './jobTurns.ts';

/** The next step of a job that is prepared, or that completes. */
export async function advanceJob(ctx: Context, task: JobTask): Promise<Again> {
  const job = await findJob(ctx, task);
  if (job?.status === 'New') {
    await ctx.store.replace(jobs, { ...job, status: 'Preparing' });
    return 0;
  }
  if (job?.status === 'Preparing') return prepare(ctx, job);
  if (job?.status === 'Completing') return writeReport(ctx, job);
  return undefined;
}

/** What it needs was refused: the job has failed. */
export async function failJob(ctx: Context, task: JobTask, error: Error): Promise<Again> {
  const job = await findJob(ctx, task);
  if (!job || OVER.has(job.status)) return undefined;
  const failures = [...(job.failures ?? []), { FailureCode: error.name, FailureReason: error.message.slice(0, 256) }];
  await toStatus(ctx, job, 'Failed', { failures });
  await takeTurns(ctx, job.account, job.region);
  return undefined;
}

async function prepare(ctx: Context, job: Job): Promise<Again> {
  const { Manifest, ManifestGenerator } = requestOf(job);
  const generator = ManifestGenerator?.S3JobManifestGenerator;
  if (Manifest) return prepared(ctx, { ...job, ...keepEntries(ctx, job, await entriesIn(ctx, job, Manifest)) });
  const { entries, next } = await chosen(ctx, job, generator!);
  let now: Job = { ...job, ...keepEntries(ctx, job, entries), listed: next };
  if (generator!.EnableManifestOutput && entries.length > 0) {
    const file = await writeManifestFile(ctx, job, generator!, entries);
    now = { ...now, manifestFiles: [...(job.manifestFiles ?? []), file] };
  }
  if (next !== undefined) {
    await ctx.store.replace(jobs, now);
    return 0;
  }
  if (!generator!.EnableManifestOutput) return prepared(ctx, now);
  return prepared(ctx, { ...now, generated: await writeManifest(ctx, now, generator!) });
}

async function prepared(ctx: Context, { listed: _, ...job }: Job): Promise<Again> {
  if (job.total === 0) throw new CommonError('InvalidManifest', 'The manifest names no objects.');
  await toStatus(ctx, job, job.confirmation ? 'Suspended' : 'Ready');
  await takeTurns(ctx, job.account, job.region);
  return undefined;
}

const LINES_A_FILE = 5000;

/** A file with the next lines, or, when there are none, the manifest that names the files. */
async function writeReport(ctx: Context, job: Job): Promise<Again> {
  const { rows } = await ctx.store.list(jobResults, [job.id], { limit: LINES_A_FILE, unchecked: true });
  const first = rows[0];
  if (first) {
    const lines = rows.filter(({ succeeded }) => succeeded === first.succeeded);
    const file = await writeLines(ctx, job, lines, first.succeeded);
    for (const { succeeded, chunk, at } of lines) await ctx.store.remove(jobResults, keyOf(job, succeeded, chunk, at));
    await ctx.store.replace(jobs, { ...job, reportFiles: [...(job.reportFiles ?? []), file] });
    return 0;
  }
  if (job.reportFiles) await writeReportManifest(ctx, job, job.reportFiles);
  await toStatus(ctx, job, job.failures ? 'Failed' : 'Complete');
  await dropChunks(ctx, job);
  return undefined;
}

const keyOf = (job: Job, succeeded: boolean, chunk: number, at: number) =>
  jobResults.key({ job: job.id, succeeded, chunk, at, line: '' });

function reportOf(job: Job) {
  const { Bucket = '', Prefix, ExpectedBucketOwner } = requestOf(job).Report;
  return {
    bucket: {
      Bucket: Bucket.replace('arn:aws:s3:::', ''),
      ...(ExpectedBucketOwner !== undefined && { ExpectedBucketOwner }),
    },
    folder: `${Prefix === undefined ? '' : `${Prefix}/`}job-${job.id}`,
  };
}

const md5Of = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

async function writeLines(
  ctx: Context,
  job: Job,
  results: readonly JobResult[],
  succeeded: boolean,
): Promise<ReportFile> {
  const { bucket, folder } = reportOf(job);
  const Key = `${folder}/results/${uuid(ctx)}.csv`;
  const Body = Buffer.from(`${results.map(({ line }) => line).join('\n')}\n`);
  await asJob(ctx, job, 'PutObject', { ...bucket, Key, Body });
  return { succeeded, key: Key, size: Body.length, md5: md5Of(Body) };
}

async function writeReportManifest(ctx: Context, job: Job, files: readonly ReportFile[]): Promise<void> {
  const { bucket, folder } = reportOf(job);
  const manifest = {
    Format: 'Report_CSV_20180820',
    ReportCreationDate: ctx.now.toISOString(),
    Results: files.map(({ succeeded, key, md5 }) => ({
      TaskExecutionStatus: succeeded ? 'succeeded' : 'failed',
      Bucket: bucket.Bucket,
      MD5Checksum: md5,
      Key: key,
    })),
    ReportSchema: 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage',
  };
  const Body = Buffer.from(JSON.stringify(manifest));
  for (const [Key, bytes] of [
    [`${folder}/manifest.json`, Body],
    [`${folder}/manifest.json.md5`, Buffer.from(md5Of(Body))],
  ] as const) {
    await asJob(ctx, job, 'PutObject', { ...bucket, Key, Body: bytes });
  }
}

async function dropChunks(ctx: Context, job: Job): Promise<void> {
  for (let chunk = 0; chunk < job.chunks; chunk++) ctx.store.dropBytes(chunkId(job.id, chunk));
}

/** A job that nobody confirmed fails; one that is over is forgotten. */
export async function expireJob(ctx: Context, task: JobTask): Promise<Again> {
  const job = await findJob(ctx, task);
  if (!job) return undefined;
  if (job.status === 'Suspended') {
    const FailureReason = 'The job was not confirmed within 30 days.';
    await toStatus(ctx, job, 'Failed', { failures: [{ FailureCode: 'ConfirmationExpired', FailureReason }] });
    await dropChunks(ctx, job);
    return undefined;
  }
  if (!OVER.has(job.status)) return undefined;
  const { rows } = await ctx.store.list(jobResults, [job.id], { limit: LINES_A_FILE, unchecked: true });
  for (const { succeeded, chunk, at } of rows) await ctx.store.remove(jobResults, keyOf(job, succeeded, chunk, at));
  if (rows.length === LINES_A_FILE) return 0;
  await dropChunks(ctx, job);
  for (let lane = 0; lane < LANES; lane++) await ctx.store.remove(jobLanes, [job.id, String(lane)]);
  await ctx.store.remove(jobs, [job.account, job.region, job.id]);
  return undefined;
}
