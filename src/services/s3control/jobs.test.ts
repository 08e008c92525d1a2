/** Batch jobs, from the manifest to the report. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobManifest } from '@aws-sdk/client-s3-control';
import { jobCloud } from '../../testing/batchJobs.ts';

const tagging = { S3PutObjectTagging: { TagSet: [{ Key: 'class', Value: 'blue' }] } };

test('A job tags what its manifest names, and reports each object', async () => {
  const { cloud, s3, put, manifestOf, create, describe, report } = await jobCloud();
  const keys = Array.from({ length: 250 }, (_, i) => `some folder/key ${i} é,"`);
  for (const key of keys) await put(key);
  const Manifest = await manifestOf([...keys, 'missing']);
  const JobId = await create({ Operation: tagging, Manifest, Priority: 7, Description: 'blue' });
  assert.equal((await describe(JobId)).Status, 'New');
  cloud.advance('PT1S');
  await cloud.settle();
  const job = await describe(JobId);
  assert.equal(job.Status, 'Complete', JSON.stringify(job.FailureReasons));
  assert.deepEqual([job.Priority, job.Description, job.Operation, job.Manifest], [7, 'blue', tagging, Manifest]);
  const { Timers: _, ...counts } = job.ProgressSummary!;
  assert.deepEqual(counts, { TotalNumberOfTasks: 251, NumberOfTasksSucceeded: 250, NumberOfTasksFailed: 1 });
  for (const Key of [keys[0]!, keys[249]!]) {
    assert.deepEqual((await s3.getObjectTagging({ Bucket: 'source', Key })).TagSet, [{ Key: 'class', Value: 'blue' }]);
  }
  const { succeeded, failed, manifest } = await report(JobId);
  assert.equal(manifest.Format, 'Report_CSV_20180820');
  assert.equal(succeeded.length, 250);
  assert.ok(succeeded.includes('source,some%20folder/key%200%20%C3%A9%2C%22,,succeeded,,200,Successful'));
  assert.equal(failed.length, 1);
  assert.match(failed[0]!, /^source,missing,,failed,NoSuchKey,404,/);
});

test('A job does what its role may do, and no more', async () => {
  const { cloud, s3, put, manifestOf, create, describe, report, allow } = await jobCloud();
  for (const key of ['a', 'b']) await put(key);
  const Manifest = await manifestOf(['a', 'b']);
  await allow(
    ['s3:GetObject', 's3:PutObject', 's3:PutObjectTagging'],
    ['arn:aws:s3:::source/a', 'arn:aws:s3:::other/*'],
  );
  const JobId = await create({ Operation: tagging, Manifest });
  await cloud.settle();
  assert.equal((await describe(JobId)).Status, 'Complete');
  const { succeeded, failed } = await report(JobId);
  assert.equal(succeeded.length, 1);
  assert.match(failed.join(), /^source,b,,failed,AccessDenied,403,/);
  assert.deepEqual((await s3.getObjectTagging({ Bucket: 'source', Key: 'b' })).TagSet, []);
  await allow([], []);
  const refused = await create({ Operation: tagging, Manifest });
  await cloud.settle();
  const { Status, FailureReasons } = await describe(refused);
  assert.deepEqual([Status, FailureReasons?.[0]?.FailureCode], ['Failed', 'AccessDenied']);
});

test('A role is used only where the caller may pass it and it trusts Batch Operations', async () => {
  const { cloud, iam, put, manifestOf, create, request, describe } = await jobCloud();
  await put('a');
  const Manifest = await manifestOf(['a']);
  const Statement = [{ Effect: 'Allow', Action: 's3:CreateJob', Resource: '*' }];
  const alice = await cloud.user('alice', { Version: '2012-10-17', Statement });
  await assert.rejects(alice.s3control.createJob(request({ Operation: tagging, Manifest })), {
    name: 'AccessDenied',
    message: /iam:PassRole/,
  });
  const bound = { StringEquals: { 's3:RequestJobOperation': 'S3DeleteObjectTagging' } };
  const both = [
    { Effect: 'Allow', Action: ['s3:CreateJob'], Resource: '*', Condition: bound },
    { Effect: 'Allow', Action: ['iam:PassRole'], Resource: '*' },
  ];
  const bob = await cloud.user('bob', { Version: '2012-10-17', Statement: both });
  await assert.rejects(bob.s3control.createJob(request({ Operation: tagging, Manifest })), { name: 'AccessDenied' });
  await bob.s3control.createJob(request({ Operation: { S3DeleteObjectTagging: {} }, Manifest }));
  const trust = { Effect: 'Allow', Principal: { Service: 's3.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] });
  await iam.updateAssumeRolePolicy({ RoleName: 'batch', PolicyDocument });
  const JobId = await create({ Operation: tagging, Manifest });
  await cloud.settle();
  assert.equal((await describe(JobId)).Status, 'Failed');
});

test('A job waits to be confirmed, may be cancelled, and fails when nobody confirms it', async () => {
  const { cloud, control, AccountId, s3, put, manifestOf, create, describe } = await jobCloud();
  await put('a');
  const Manifest = await manifestOf(['a']);
  const waiting = async () => {
    const JobId = await create({ Operation: tagging, Manifest, ConfirmationRequired: true });
    await cloud.settle();
    const job = await describe(JobId);
    assert.deepEqual([job.Status, job.SuspendedCause], ['Suspended', 'AwaitingConfirmation']);
    assert.equal(job.ProgressSummary?.TotalNumberOfTasks, 1);
    return JobId;
  };
  const [confirmed, cancelled, forgotten] = [await waiting(), await waiting(), await waiting()];
  const set = (JobId: string, RequestedJobStatus: 'Ready' | 'Cancelled') =>
    control.updateJobStatus({ AccountId, JobId, RequestedJobStatus, StatusUpdateReason: 'because' });
  assert.deepEqual((await s3.getObjectTagging({ Bucket: 'source', Key: 'a' })).TagSet, []);
  assert.equal((await set(cancelled, 'Cancelled')).Status, 'Cancelled');
  assert.equal((await set(confirmed, 'Ready')).Status, 'Ready');
  await cloud.settle();
  assert.deepEqual(
    [(await describe(confirmed)).Status, (await describe(confirmed)).StatusUpdateReason],
    ['Complete', 'because'],
  );
  await assert.rejects(set(confirmed, 'Cancelled'), { name: 'JobStatusException' });
  await assert.rejects(set(cancelled, 'Ready'), { name: 'JobStatusException' });
  cloud.advance('P31D');
  await cloud.settle();
  assert.equal((await describe(forgotten)).Status, 'Failed');
  cloud.advance('P91D');
  await cloud.settle();
  await assert.rejects(describe(confirmed), { name: 'NoSuchJob' });
  assert.deepEqual((await control.listJobs({ AccountId })).Jobs, []);
});

test('More important jobs go first; the others wait or pause, and end all the same', async () => {
  const { cloud, control, AccountId, put, manifestOf, create, describe } = await jobCloud();
  await put('a');
  const Manifest = await manifestOf(['a']);
  const jobs: string[] = [];
  for (let i = 0; i < 6; i++) {
    jobs.push(await create({ Operation: tagging, Manifest, Priority: i, ConfirmationRequired: true }));
  }
  await cloud.settle();
  for (const JobId of jobs) await control.updateJobStatus({ AccountId, JobId, RequestedJobStatus: 'Ready' });
  const states = async () => Promise.all(jobs.map(async (job) => (await describe(job)).Status));
  assert.deepEqual(await states(), ['Paused', 'Paused', 'Active', 'Active', 'Active', 'Active']);
  await control.updateJobPriority({ AccountId, JobId: jobs[0]!, Priority: 100 });
  assert.deepEqual(await states(), ['Active', 'Paused', 'Paused', 'Active', 'Active', 'Active']);
  await cloud.settle();
  assert.deepEqual(new Set(await states()), new Set(['Complete']));
  const listed = await control.listJobs({ AccountId, JobStatuses: ['Complete'], MaxResults: 4 });
  assert.equal(listed.Jobs?.length, 4);
  const rest = await control.listJobs({ AccountId, JobStatuses: ['Complete'], NextToken: listed.NextToken! });
  assert.equal(rest.Jobs?.length, 2);
  await assert.rejects(control.updateJobPriority({ AccountId, JobId: jobs[0]!, Priority: 1 }), {
    name: 'JobStatusException',
  });
});

test('The same request makes one job; tags of jobs are kept and asked for', async () => {
  const { cloud, control, AccountId, put, manifestOf, create, request } = await jobCloud();
  await put('a');
  const Manifest = await manifestOf(['a']);
  const asked = { Operation: tagging, Manifest, ClientRequestToken: 'once', Tags: [{ Key: 'team', Value: 'audit' }] };
  const JobId = await create(asked);
  assert.equal(await create(asked), JobId);
  await assert.rejects(create({ ...asked, Priority: 99 }), { name: 'IdempotencyException' });
  assert.deepEqual((await control.getJobTagging({ AccountId, JobId })).Tags, asked.Tags);
  const Condition = { StringEquals: { 'aws:ResourceTag/team': 'audit' } };
  const Statement = [{ Effect: 'Allow', Action: 's3:*', Resource: '*', Condition }];
  const alice = await cloud.user('alice', { Version: '2012-10-17', Statement });
  await alice.s3control.describeJob({ AccountId, JobId });
  await control.putJobTagging({ AccountId, JobId, Tags: [{ Key: 'team', Value: 'other' }] });
  await assert.rejects(alice.s3control.describeJob({ AccountId, JobId }), { name: 'AccessDenied' });
  await control.deleteJobTagging({ AccountId, JobId });
  assert.deepEqual((await control.getJobTagging({ AccountId, JobId })).Tags ?? [], []);
  const Tags = [{ Key: 'aws:x', Value: '' }];
  await assert.rejects(control.putJobTagging({ AccountId, JobId, Tags }), { name: 'InvalidTag' });
  await assert.rejects(control.describeJob({ AccountId, JobId: 'nothing' }), {
    name: 'NoSuchJob',
    message: 'The specified job does not exist',
  });
  const lambda = { LambdaInvoke: { FunctionArn: 'f' } };
  await assert.rejects(control.createJob(request({ Operation: lambda, Manifest })), { name: 'NotImplemented' });
  await assert.rejects(control.createJob(request({ Operation: { ...tagging, S3DeleteObjectTagging: {} }, Manifest })), {
    name: 'InvalidRequest',
  });
});

test('A manifest that is not what was named, or not as its fields say, fails the job', async () => {
  const { cloud, s3, put, manifestOf, create, describe } = await jobCloud();
  await put('a');
  const good = await manifestOf(['a']);
  const at = (more: object): JobManifest => ({ ...good, Location: { ...good.Location!, ...more } });
  const reading = async (text: string) => {
    const Key = `bad-${text.length}.csv`;
    const { ETag } = await s3.putObject({ Bucket: 'other', Key, Body: text });
    return at({ ObjectArn: `arn:aws:s3:::other/${Key}`, ETag });
  };
  const faults: [JobManifest, string][] = [
    [at({ ETag: 'x' }), 'ManifestETagMismatch'],
    [at({ ObjectArn: 'arn:aws:s3:::other/missing' }), 'NoSuchKey'],
    [await reading('source,a,b,c\n'), 'InvalidManifest'],
    [await reading('source,%zz\n'), 'InvalidManifest'],
    [await reading('source,"a\n'), 'InvalidManifest'],
    [await reading('\n'), 'InvalidManifest'],
  ];
  for (const [Manifest, code] of faults) {
    const JobId = await create({ Operation: tagging, Manifest });
    await cloud.settle();
    const { Status, FailureReasons } = await describe(JobId);
    assert.deepEqual([Status, FailureReasons?.[0]?.FailureCode], ['Failed', code]);
  }
});
