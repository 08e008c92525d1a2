/** Server access logs: AWS's format, delivered in the name of S3's log delivery. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalUserOf } from '../../identity/canonicalUsers.ts';
import { testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';

async function logged(logging: object = {}, allowed = true) {
  const cloud = await testCloud();
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket });
  await s3.createBucket({ Bucket: 'logs-bucket' });
  const Condition = {
    ArnLike: { 'aws:SourceArn': `arn:aws:s3:::${Bucket}` },
    StringEquals: { 'aws:SourceAccount': cloud.managementAccount },
  };
  const Statement = {
    Effect: 'Allow',
    Principal: { Service: 'logging.s3.amazonaws.com' },
    Action: 's3:PutObject',
    Resource: 'arn:aws:s3:::logs-bucket/*',
    Condition,
  };
  const permit = () =>
    s3.putBucketPolicy({ Bucket: 'logs-bucket', Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
  if (allowed) await permit();
  const LoggingEnabled = { TargetBucket: 'logs-bucket', TargetPrefix: 'access/', ...logging };
  await s3.putBucketLogging({ Bucket, BucketLoggingStatus: { LoggingEnabled } });
  const files = async () => {
    await cloud.settle();
    const { Contents = [] } = await s3.listObjectsV2({ Bucket: 'logs-bucket' });
    const read = async (Key: string) => (await s3.getObject({ Bucket: 'logs-bucket', Key })).Body!.transformToString();
    return Promise.all(Contents.map(async ({ Key }) => ({ key: Key!, text: await read(Key!) })));
  };
  return { cloud, s3, files, permit };
}

test('Requests to a bucket become lines in the target bucket', async () => {
  const { cloud, s3, files } = await logged();
  await s3.putObject({ Bucket, Key: 'a b', Body: 'four' });
  await s3.getBucketVersioning({ Bucket });
  await assert.rejects(s3.getObject({ Bucket, Key: 'nothing' }));
  await assert.rejects(cloud.unsigned.s3.getObject({ Bucket, Key: 'a b' }));
  assert.deepEqual(await files(), []);
  cloud.advance('PT6M');
  const [file, ...more] = await files();
  assert.equal(more.length, 0);
  assert.match(file!.key, /^access\/2030-01-01-00-06-00-[A-Z0-9]{16}$/);
  // Lines of one moment are in no order.
  const order = ['PUT', 'VERSIONING', 'nothing', ''];
  const rank = (line: string) => order.findIndex((word) => line.includes(word));
  const lines = file!.text
    .trimEnd()
    .split('\n')
    .sort((a, b) => rank(a) - rank(b));
  const owner = canonicalUserOf(cloud.managementAccount);
  const seen = lines.map((line) => line.replace(/"[^"]*"/g, '"…"').split(' '));
  assert.deepEqual(
    seen.map((fields) => [fields[7], fields[8], fields[10], fields[11]]),
    [
      ['REST.PUT.OBJECT', 'a%2520b', '200', '-'],
      ['REST.GET.VERSIONING', '-', '200', '-'],
      ['REST.GET.OBJECT', 'nothing', '404', 'NoSuchKey'],
      ['REST.GET.OBJECT', 'a%2520b', '403', 'AccessDenied'],
    ],
  );
  assert.deepEqual(seen[0]!.slice(0, 6), [owner, Bucket, '[01/Jan/2030:00:00:00', '+0000]', '127.0.0.1', owner]);
  assert.equal(seen[3]![5], '-');
  assert.equal(seen[0]!.length, 27);
  assert.match(lines[0]!, /"PUT \/a-bucket\/a%20b\?x-id=PutObject HTTP\/1\.1"/);
  cloud.advance('PT1H');
  assert.equal((await files()).length, 1);
});

test('Logs can be kept in folders by day', async () => {
  const format = { TargetObjectKeyFormat: { PartitionedPrefix: { PartitionDateSource: 'EventTime' } } };
  const { cloud, s3, files } = await logged(format);
  await s3.putObject({ Bucket, Key: 'k', Body: 'x' });
  cloud.advance('PT6M');
  const [file] = await files();
  assert.match(
    file!.key,
    /^access\/111122223333\/us-east-1\/a-bucket\/2030\/01\/01\/2030-01-01-00-00-00-[A-Z0-9]{16}$/,
  );
});

test('What the target bucket refuses waits until it lets S3 in', async () => {
  const { cloud, s3, files, permit } = await logged({}, false);
  await s3.putObject({ Bucket, Key: 'k', Body: 'x' });
  cloud.advance('PT6M');
  assert.deepEqual(await files(), []);
  await permit();
  cloud.advance('P1D');
  assert.equal((await files()).length, 1);
});

test('Lines that nobody may deliver are given up after a day', async () => {
  const { cloud, s3, files, permit } = await logged({}, false);
  await s3.putObject({ Bucket, Key: 'early', Body: 'x' });
  cloud.advance('PT30H');
  assert.deepEqual(await files(), []);
  await s3.putObject({ Bucket, Key: 'late', Body: 'x' });
  await permit();
  cloud.advance('PT2H');
  const text = (await files()).map((file) => file.text).join('');
  assert.match(text, / late /);
  assert.doesNotMatch(text, / early /);
});

test('What was logged of a bucket is not delivered for the next account that has one of its name', async () => {
  const { cloud, s3 } = await logged();
  await s3.putObject({ Bucket, Key: 'mine', Body: 'x' });
  await s3.deleteObject({ Bucket, Key: 'mine' });
  await s3.deleteBucket({ Bucket });
  const other = (await cloud.memberAccount('other')).root.s3;
  await other.createBucket({ Bucket });
  await other.createBucket({ Bucket: 'their-logs' });
  const Statement = {
    Effect: 'Allow',
    Principal: { Service: 'logging.s3.amazonaws.com' },
    Action: 's3:PutObject',
    Resource: 'arn:aws:s3:::their-logs/*',
  };
  await other.putBucketPolicy({ Bucket: 'their-logs', Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
  const LoggingEnabled = { TargetBucket: 'their-logs', TargetPrefix: '' };
  await other.putBucketLogging({ Bucket, BucketLoggingStatus: { LoggingEnabled } });
  cloud.advance('PT6M');
  await cloud.settle();
  assert.equal((await other.listObjectsV2({ Bucket: 'their-logs' })).KeyCount, 0);
});
