import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';

const ACCOUNT = '111122223333';

const bucketPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'logs.us-east-1.amazonaws.com' },
      Action: 's3:GetBucketAcl',
      Resource: 'arn:aws:s3:::exports',
      Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
    },
    {
      Effect: 'Allow',
      Principal: { Service: 'logs.us-east-1.amazonaws.com' },
      Action: 's3:PutObject',
      Resource: 'arn:aws:s3:::exports/*',
      Condition: {
        StringEquals: { 's3:x-amz-acl': 'bucket-owner-full-control', 'aws:SourceAccount': ACCOUNT },
        ArnLike: { 'aws:SourceArn': `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:*` },
      },
    },
  ],
});

test('An export writes each stream’s events to the bucket, when its policy lets the service in', async () => {
  const cloud = await testCloud();
  const { logs, s3 } = cloud.root;
  const now = cloud.now().getTime();
  await logs.createLogGroup({ logGroupName: 'app' });
  for (const logStreamName of ['a/1', 'b']) {
    await logs.createLogStream({ logGroupName: 'app', logStreamName });
    const logEvents = [0, 1, 2].map((i) => ({ timestamp: now + i, message: `${logStreamName} ${i}` }));
    await logs.putLogEvents({ logGroupName: 'app', logStreamName, logEvents });
  }
  await s3.createBucket({ Bucket: 'exports' });
  const task = { logGroupName: 'app', from: now, to: now + 1, destination: 'exports', destinationPrefix: 'p' };
  const advice = 'Please check if CloudWatch Logs has been granted permission to perform this operation.';
  const failed = `GetBucketAcl call on the given bucket failed. ${advice}`;
  await rejected(logs.createExportTask(task), 'InvalidParameterException', failed);
  await s3.putBucketPolicy({ Bucket: 'exports', Policy: bucketPolicy });
  const { taskId } = await logs.createExportTask(task);
  await rejected(logs.createExportTask(task), 'LimitExceededException', 'Resource limit exceeded.');
  await cloud.settle();
  const { exportTasks } = await logs.describeExportTasks({ taskId });
  assert.deepEqual(exportTasks![0]!.status, { code: 'COMPLETED', message: 'Completed successfully' });
  const { Contents } = await s3.listObjectsV2({ Bucket: 'exports' });
  assert.deepEqual(
    Contents!.map(({ Key }) => Key).toSorted(),
    [`p/${taskId}/a-1/000000.gz`, `p/${taskId}/b/000000.gz`, 'p/aws-logs-write-test'].toSorted(),
  );
  const { Body } = await s3.getObject({ Bucket: 'exports', Key: `p/${taskId}/a-1/000000.gz` });
  const text = gunzipSync(await Body!.transformToByteArray()).toString();
  assert.equal(text, '2030-01-01T00:00:00.000Z a/1 0\n2030-01-01T00:00:00.001Z a/1 1\n');
  const done = 'The specified export task has already finished.';
  await rejected(logs.cancelExportTask({ taskId }), 'InvalidOperationException', done);
  const second = await logs.createExportTask(task);
  await logs.cancelExportTask({ taskId: second.taskId });
  await cloud.settle();
  const cancelled = await logs.describeExportTasks({ statusCode: 'CANCELLED' });
  assert.deepEqual(
    cancelled.exportTasks!.map((each) => each.taskId),
    [second.taskId],
  );
});
