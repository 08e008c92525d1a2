/** kill -9 right after an object was read: that the key was used for it is known to the plane that starts next. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IAM } from '@aws-sdk/client-iam';
import { S3 } from '@aws-sdk/client-s3';
import { folder, startedPlane } from './processes.ts';

const key = { accessKeyId: 'AKIAKILLKILLKILLKILL', secretAccessKey: 'kill' };
const Bucket = 'kept';

test('The last use of a key that only reads objects survives a kill', async (t) => {
  const data = folder(t);
  const first = await startedPlane(t, data, { key });
  const iam = new IAM(first.config);
  const s3 = new S3({ ...first.config, forcePathStyle: true });
  await s3.createBucket({ Bucket });
  await s3.putObject({ Bucket, Key: 'k', Body: 'x' });
  await iam.createUser({ UserName: 'reader' });
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }],
  });
  await iam.putUserPolicy({ UserName: 'reader', PolicyName: 'p', PolicyDocument });
  const { AccessKey } = await iam.createAccessKey({ UserName: 'reader' });
  const credentials = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  const reader = new S3({ ...first.config, credentials, forcePathStyle: true });
  await (await reader.getObject({ Bucket, Key: 'k' })).Body?.transformToString();
  await first.kill();
  const second = await startedPlane(t, data, { key });
  const asked = { AccessKeyId: credentials.accessKeyId };
  const { AccessKeyLastUsed } = await new IAM(second.config).getAccessKeyLastUsed(asked);
  assert.equal(AccessKeyLastUsed?.ServiceName, 's3');
});
