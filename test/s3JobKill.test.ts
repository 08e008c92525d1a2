/** kill -9 while a batch job runs, on a real process: each object is done and reported once, none is forgotten. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IAM } from '@aws-sdk/client-iam';
import { S3 } from '@aws-sdk/client-s3';
import { S3Control, type S3ControlClientConfig } from '@aws-sdk/client-s3-control';
import { STS } from '@aws-sdk/client-sts';
import { folder, startedPlane } from './processes.ts';

const KILLS = 5;
const OBJECTS = 600;
const key = { accessKeyId: 'AKIAKILLKILLKILLKILL', secretAccessKey: 'kill' };
const TagSet = [{ Key: 'done', Value: 'yes' }];

test(`a batch job over ${OBJECTS} objects survives ${KILLS} kills`, async (t) => {
  const data = folder(t);
  const started = async () => {
    const plane = await startedPlane(t, data, { key });
    const s3 = new S3({ ...plane.config, forcePathStyle: true });
    return { plane, s3, control: controlAt(plane.config) };
  };
  let now = await started();
  const { Account: AccountId } = await new STS(now.plane.config).getCallerIdentity({});
  const JobId = await begun(now, AccountId!);
  const describe = async () => (await now.control.describeJob({ AccountId, JobId })).Job!;
  const seen: number[] = [];
  for (let i = 0; i < KILLS; i++) {
    await new Promise((resolve) => setTimeout(resolve, 30 + 40 * i));
    seen.push((await describe()).ProgressSummary!.NumberOfTasksSucceeded!);
    await now.plane.kill();
    now = await started();
  }
  t.diagnostic(`done at the kills: ${seen.join(', ')}`);
  let job = await describe();
  for (let i = 0; i < 600 && job.Status !== 'Complete' && job.Status !== 'Failed'; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    job = await describe();
  }
  const { Timers: _, ...counts } = job.ProgressSummary!;
  const expected = { TotalNumberOfTasks: OBJECTS, NumberOfTasksSucceeded: OBJECTS, NumberOfTasksFailed: 0 };
  assert.deepEqual([job.Status, counts], ['Complete', expected], JSON.stringify(job.FailureReasons));
  await reported(now.s3, JobId);
  assert.deepEqual((await now.s3.getObjectTagging({ Bucket: 'jobs', Key: `key-${OBJECTS - 1}` })).TagSet, TagSet);
  await now.plane.stop();
});

/** Clients put the account before the host name, which an address is not. */
const controlAt = (config: { readonly endpoint: string }) =>
  new S3Control({ ...config, endpointProvider: () => ({ url: new URL(config.endpoint) }) } as S3ControlClientConfig);

interface Clients {
  readonly plane: { readonly config: ConstructorParameters<typeof IAM>[0] };
  readonly s3: S3;
  readonly control: S3Control;
}

async function begun({ plane, s3, control }: Clients, AccountId: string): Promise<string> {
  const iam = new IAM(plane.config!);
  const document = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement });
  const Principal = { Service: 'batchoperations.s3.amazonaws.com' };
  const AssumeRolePolicyDocument = document({ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' });
  const { Role } = await iam.createRole({ RoleName: 'batch', AssumeRolePolicyDocument });
  const PolicyDocument = document({ Effect: 'Allow', Action: 's3:*', Resource: '*' });
  await iam.putRolePolicy({ RoleName: 'batch', PolicyName: 'p', PolicyDocument });
  await s3.createBucket({ Bucket: 'jobs' });
  const keys = Array.from({ length: OBJECTS }, (_, i) => `key-${i}`);
  for (let at = 0; at < OBJECTS; at += 50) {
    await Promise.all(keys.slice(at, at + 50).map((Key) => s3.putObject({ Bucket: 'jobs', Key, Body: Key })));
  }
  const Body = keys.map((each) => `jobs,${each}\n`).join('');
  const { ETag } = await s3.putObject({ Bucket: 'jobs', Key: 'manifest.csv', Body });
  const { JobId } = await control.createJob({
    AccountId,
    Priority: 1,
    RoleArn: Role!.Arn!,
    Operation: { S3PutObjectTagging: { TagSet } },
    Report: { Enabled: true, Bucket: 'arn:aws:s3:::jobs', Format: 'Report_CSV_20180820', ReportScope: 'AllTasks' },
    Manifest: {
      Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
      Location: { ObjectArn: 'arn:aws:s3:::jobs/manifest.csv', ETag: ETag! },
    },
  });
  return JobId!;
}

/** Each object has one line. */
async function reported(s3: S3, job: string): Promise<void> {
  const textOf = async (Key: string) => (await s3.getObject({ Bucket: 'jobs', Key })).Body!.transformToString();
  const { Results } = JSON.parse(await textOf(`job-${job}/manifest.json`)) as { Results: { Key: string }[] };
  const texts = await Promise.all(Results.map(({ Key }) => textOf(Key)));
  const lines = texts.flatMap((text) => text.trimEnd().split('\n'));
  assert.deepEqual([lines.length, new Set(lines).size], [OBJECTS, OBJECTS]);
  assert.ok(lines.every((line) => line.endsWith(',,succeeded,,200,Successful')));
}
