/** What tests of batch jobs begin with: buckets, a role, and words for jobs. */
import assert from 'node:assert/strict';
import type { S3 } from '@aws-sdk/client-s3';
import type { CreateJobRequest, JobManifest } from '@aws-sdk/client-s3-control';
import { testCloud } from './cloud.ts';

const document = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });

/** Buckets `source` and `other`, and a role `batch` that may do all in them. */
export async function jobCloud() {
  const cloud = await testCloud();
  const { s3, iam, s3control: control } = cloud.root;
  const AccountId = cloud.managementAccount;
  for (const Bucket of ['source', 'other']) await s3.createBucket({ Bucket });
  const Principal = { Service: 'batchoperations.s3.amazonaws.com' };
  const AssumeRolePolicyDocument = document({ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' });
  const { Role } = await iam.createRole({ RoleName: 'batch', AssumeRolePolicyDocument });
  const named = { RoleName: 'batch', PolicyName: 'p' };
  const allow = (Action: string[], Resource: string[]) =>
    Action.length === 0
      ? iam.deleteRolePolicy(named)
      : iam.putRolePolicy({ ...named, PolicyDocument: document({ Effect: 'Allow', Action, Resource }) });
  await allow(['s3:*', 'kms:*'], ['*']);
  const request = requestFor(AccountId, Role!.Arn!);
  const describe = async (JobId: string) => (await control.describeJob({ AccountId, JobId })).Job!;
  return {
    cloud,
    s3,
    iam,
    control,
    AccountId,
    allow,
    request,
    describe,
    put: (Key: string, more: object = {}) => s3.putObject({ Bucket: 'source', Key, Body: Key, ...more }),
    manifestOf: (keys: readonly string[], versions?: readonly string[]) => manifestOf(s3, keys, versions),
    create: async (more: Partial<CreateJobRequest>) => (await control.createJob(request(more))).JobId!,
    report: (JobId: string) => reportOf(s3, JobId),
    /** Runs a job to its end; it must not fail as a whole. */
    async run(more: Partial<CreateJobRequest>) {
      const { JobId } = await control.createJob(request(more));
      await cloud.settle();
      const job = await describe(JobId!);
      assert.equal(job.Status, 'Complete', JSON.stringify(job.FailureReasons));
      return job;
    },
  };
}

const requestFor =
  (AccountId: string, RoleArn: string) =>
  (more: Partial<CreateJobRequest>): CreateJobRequest => ({
    AccountId,
    Priority: 1,
    RoleArn,
    Report: {
      Enabled: true,
      Bucket: 'arn:aws:s3:::other',
      Format: 'Report_CSV_20180820',
      Prefix: 'reports',
      ReportScope: 'AllTasks',
    },
    Operation: {},
    ...more,
  });

async function manifestOf(s3: S3, keys: readonly string[], versions?: readonly string[]): Promise<JobManifest> {
  const lines = keys.map((key, i) => ['source', encodeURIComponent(key), ...(versions ? [versions[i]] : [])].join(','));
  const { ETag } = await s3.putObject({ Bucket: 'other', Key: 'manifest.csv', Body: `${lines.join('\n')}\n` });
  return {
    Spec: {
      Format: 'S3BatchOperations_CSV_20180820',
      Fields: versions ? ['Bucket', 'Key', 'VersionId'] : ['Bucket', 'Key'],
    },
    Location: { ObjectArn: 'arn:aws:s3:::other/manifest.csv', ETag: ETag! },
  };
}

interface ReportManifest {
  readonly Format: string;
  readonly Results: readonly { readonly TaskExecutionStatus: string; readonly Key: string }[];
}

/** The report's manifest and lines. */
async function reportOf(s3: S3, JobId: string) {
  const textOf = async (Key: string) => (await s3.getObject({ Bucket: 'other', Key })).Body!.transformToString();
  const manifest = JSON.parse(await textOf(`reports/job-${JobId}/manifest.json`)) as ReportManifest;
  const linesOf = async (status: string) => {
    const files = manifest.Results.filter((file) => file.TaskExecutionStatus === status);
    const texts = await Promise.all(files.map(({ Key }) => textOf(Key)));
    return texts.flatMap((text) => text.trimEnd().split('\n'));
  };
  return { manifest, succeeded: await linesOf('succeeded'), failed: await linesOf('failed') };
}
