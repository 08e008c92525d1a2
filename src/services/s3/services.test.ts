/** S3 as other services of the plane use it, from inside write sets; and a disk that is full. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servicePrincipal } from '../../core/context.ts';
import type { ServiceRole } from '../../core/worker.ts';
import { errand } from '../../gateway/errand.ts';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import type { ObjectBody } from './bodies.ts';

const Bucket = 'delivered-to';

async function delivering() {
  const cloud = await testCloud();
  const { s3 } = cloud.root;
  const account = cloud.managementAccount;
  await s3.createBucket({ Bucket });
  const as: ServiceRole = { principal: 'cloudtrail.amazonaws.com', account, region: 'eu-west-1' };
  const source = { arn: `arn:aws:cloudtrail:us-east-1:${account}:trail/t`, account };
  const by = servicePrincipal('cloudtrail.amazonaws.com', source);
  const allow = () =>
    s3.putBucketPolicy({
      Bucket,
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Principal: { Service: 'cloudtrail.amazonaws.com' },
          Action: ['s3:PutObject', 's3:GetObject'],
          Resource: `arn:aws:s3:::${Bucket}/*`,
          Condition: { StringEquals: { 'aws:SourceArn': source.arn } },
        },
      }),
    });
  return { cloud, s3, as, by, allow };
}

for (const size of [10, 100_000]) {
  test(`a service puts and gets ${size} bytes inside its write set, when the bucket's policy lets it in`, async () => {
    const { cloud, s3, as, by, allow } = await delivering();
    const Body = Buffer.alloc(size, 'log');
    const input = { Bucket, Key: 'AWSLogs/file.gz', Body, ContentType: 'application/json', ContentEncoding: 'gzip' };
    const deliver = () => errand(cloud.deps, as, (ctx) => ctx.call('s3', 'PutObject', input, by));
    await rejected(deliver(), 'AccessDenied', /s3:PutObject on resource/);
    await allow();
    await deliver();
    const seen = await errand(cloud.deps, as, async (ctx) => {
      const { Body: body } = await ctx.call<{ Body: ObjectBody }>('s3', 'GetObject', { Bucket, Key: input.Key }, by);
      return body.transformToByteArray();
    });
    assert.deepEqual(Buffer.from(seen), Body);
    const got = await s3.getObject({ Bucket, Key: input.Key });
    assert.deepEqual([got.ContentEncoding, got.ContentLength], ['gzip', size]);
  });
}

test('a record of an object tells bucket, key and what they are, where a trail wants it', async () => {
  const { cloud, s3 } = await delivering();
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } });
  await cloud.deps.store.journal.catchUp();
  const entries = await cloud.deps.store.journal.read(0, 100);
  const record = JSON.parse(entries.at(-1)!.body);
  assert.equal(record.eventName, 'PutBucketVersioning');
  assert.deepEqual(
    [record.requestParameters.bucketName, record.requestParameters.bucket, record.managementEvent],
    [Bucket, undefined, true],
  );
  const owner = { accountId: cloud.managementAccount };
  assert.deepEqual(record.resources, [{ ...owner, type: 'AWS::S3::Bucket', ARN: `arn:aws:s3:::${Bucket}` }]);
  await s3.putObject({ Bucket, Key: 'k', Body: 'x' });
  const since = await cloud.deps.store.journal.read(entries.at(-1)!.sequence, 100);
  assert.deepEqual(
    since.map(({ kind }) => kind),
    ['use'],
  );
});

test('a store of bytes that is away is told as an error, not as an answer cut short', async () => {
  const { cloud, s3 } = await delivering();
  await s3.putObject({ Bucket, Key: 'k', Body: Buffer.alloc(100_000) });
  const { blobs } = cloud.deps;
  const away = () => ({
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(Object.assign(new Error('away'), { code: 'ECONNREFUSED' })),
    }),
  });
  const logged: unknown[] = [];
  Object.assign(cloud.deps, { blobs: { ...blobs, read: away }, log: (error: unknown) => logged.push(error) });
  await assert.rejects(
    s3.getObject({ Bucket, Key: 'k' }),
    (error: { $metadata: { httpStatusCode: number } }) => error.$metadata.httpStatusCode === 500,
  );
  assert.match(String(logged[0]), /away/);
  Object.assign(cloud.deps, { blobs });
  assert.equal((await s3.getObject({ Bucket, Key: 'k' })).ContentLength, 100_000);
});
