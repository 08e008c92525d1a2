/** What tests of batch jobs begin with: buckets, a role, and words for jobs. */
import assert from 'node:assert/strict';
import type { CreateJobRequest, JobManifest } from '@aws-sdk/client-s3-control';
import { testCloud } from './cloud.ts';

const document = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });

/** Buckets `source` and `other`, and a role `batch` that may do all in them. */
export async function jobCloud() {
  const cloud = await testCloud();
  const { s3, iam, s3control: control } = cloud.root;
  const AccountId = cloud.managementAccount;
  for (const Bucket of ['source', 'other']) await s3.createBucket({ Bucket });
  const trust = {
    Effect: 'Allow',
    Principal: { Service: 'batchoperations.s3.amazonaws.com' },
    Action: 'sts:AssumeRole',
  };
  const { Role } = await iam.createRole({ RoleName: 'batch', AssumeRolePolicyDocument: document(trust) });
  const allow = (Action: string[], Resource: string[]) =>
    Action.length === 0
      ? iam.deleteRolePolicy({ RoleName: 'batch', PolicyName: 'p' })
      : iam.putRolePolicy({
          RoleName: 'batch',
          PolicyName: 'p',
          PolicyDocument: document({ Effect: 'Allow', Action, Resource }),
        });
  await allow(['s3:*', 'kms:*'], ['*']);
  const request = (more: Partial<CreateJobRequest>): CreateJobRequest => ({
    AccountId,
    Priority: 1,
    RoleArn: Role!.Arn!,
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
  const textOf = async (Key: string) => (await s3.getObject({ Bucket: 'other', Key })).Body!.transformToString();
  return {
    cloud,
    s3,
    iam,
    control,
    AccountId,
    allow,
    request,
    put: (Key: string, more: object = {}) => s3.putObject({ Bucket: 'source', Key, Body: Key, ...more }),
    async manifestOf(keys: readonly string[], versions?: readonly string[]): Promise<JobManifest> {
      const lines = keys.map((key, i) =>
        ['source', encodeURIComponent(key), ...(versions ? [versions[i]] : [])].join(','),
      );
      const { ETag } = await s3.putObject({ Bucket: 'other', Key: 'manifest.csv', Body: `${lines.join('\n')}\n` });
      return {
        Spec: {
          Format: 'S3BatchOperations_CSV_20180820',
          Fields: versions ? ['Bucket', 'Key', 'VersionId'] : ['Bucket', 'Key'],
        },
        Location: { ObjectArn: 'arn:aws:s3:::other/manifest.csv', ETag: ETag! },
      };
    },
    create: async (more: Partial<CreateJobRequest>) => (await control.createJob(request(more))).JobId!,
    describe: async (JobId: string) => (await control.describeJob({ AccountId, JobId })).Job!,
    /** Lines of the report. */
    async report(JobId: string) {
      const manifest = JSON.parse(await textOf(`reports/job-${JobId}/manifest.json`)) as {
        Format: string;
        Results: { TaskExecutionStatus: string; Key: string }[];
      };
      const linesOf = async (status: string) => {
        const files = manifest.Results.filter((file) => file.TaskExecutionStatus === status);
        const texts = await Promise.all(files.map(({ Key }) => textOf(Key)));
        return texts.flatMap((text) => text.trimEnd().split('\n'));
      };
      return { manifest, succeeded: await linesOf('succeeded'), failed: await linesOf('failed') };
    },
    /** Runs a job to its end; it must not fail as a whole. */
    async run(more: Partial<CreateJobRequest>) {
      const { JobId } = await control.createJob(request(more));
      await cloud.settle();
      const { Job } = await control.describeJob({ AccountId, JobId });
      assert.equal(Job!.Status, 'Complete', JSON.stringify(Job!.FailureReasons));
      return Job!;
    },
  };
}
