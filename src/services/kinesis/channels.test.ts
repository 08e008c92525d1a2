import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { CreateChannelInput } from '@aws-sdk/client-kinesis';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { put, StreamName } from './fixtures.ts';

const BUCKET = 'delivered';
const TRUST = { 'aws:SourceArn': 'arn:aws:kinesis:us-east-1:111122223333:channel/*' };

async function roleFor(cloud: Cloud, Action: string[], condition: object = { ArnLike: TRUST }) {
  const { iam } = cloud.root;
  const Principal = { Service: 'kinesis.amazonaws.com' };
  const document = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement });
  const { Role } = await iam.createRole({
    RoleName: 'carrier',
    AssumeRolePolicyDocument: document({ Effect: 'Allow', Principal, Action: 'sts:AssumeRole', Condition: condition }),
  });
  const PolicyDocument = document({ Effect: 'Allow', Action, Resource: '*' });
  await iam.putRolePolicy({ RoleName: 'carrier', PolicyName: 'may', PolicyDocument });
  return Role!.Arn!;
}

const WRITES = ['s3:ListBucket', 's3:PutObject', 'logs:*', 'kms:Decrypt'];

async function setUp(Action = WRITES, condition?: object) {
  const cloud = await testCloud();
  const { kinesis, s3 } = cloud.root;
  await s3.createBucket({ Bucket: BUCKET });
  await kinesis.createStream({ StreamName, StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
  await cloud.advance('PT1M');
  const StreamARN = `arn:aws:kinesis:us-east-1:${cloud.managementAccount}:stream/${StreamName}`;
  const StorageConfiguration = {
    BucketARN: `arn:aws:s3:::${BUCKET}`,
    ExpectedBucketOwner: cloud.managementAccount,
    CompressionType: 'GZIP' as const,
  };
  const input = {
    ChannelName: 'c',
    ServiceExecutionRoleARN: await roleFor(cloud, Action, condition),
    StreamConfigurationList: [{ StreamARN, RecordConfiguration: { RecordFormatType: 'JSON' as const } }],
    S3DestinationConfiguration: { StorageConfiguration },
  } satisfies CreateChannelInput;
  const after = async (duration: string) => {
    await cloud.advance(duration);
    await cloud.settle();
  };
  const objects = async () => {
    const { Contents = [] } = await s3.listObjectsV2({ Bucket: BUCKET });
    return Promise.all(
      Contents.map(async ({ Key }) => {
        const { Body } = await s3.getObject({ Bucket: BUCKET, Key });
        return { key: Key!, bytes: Buffer.from(await Body!.transformToByteArray()) };
      }),
    );
  };
  return { cloud, kinesis, input, storage: StorageConfiguration, after, objects };
}

test('a channel delivers what comes after it is ACTIVE, once, and sets aside what has another format', async () => {
  const { kinesis, input, after, objects } = await setUp();
  await put(kinesis, '{"early":true}');
  const { ChannelDescription } = await kinesis.createChannel({ ...input, Tags: { a: 'b' } });
  const { ChannelARN, ChannelId } = ChannelDescription!;
  assert.equal(ChannelDescription!.ChannelStatus, 'CREATING');
  await after('PT10S');
  assert.equal((await kinesis.describeChannel({ ChannelARN })).ChannelDescription!.ChannelStatus, 'ACTIVE');
  await put(kinesis, '{"n":1}', { PartitionKey: 'a' });
  await put(kinesis, 'no JSON', { PartitionKey: 'b' });
  await put(kinesis, '{"n":2}', { PartitionKey: 'c' });
  await after('PT5M');
  const [letters, delivered, ...none] = await objects();
  assert.equal(none.length, 0);
  assert.deepEqual(gunzipSync(delivered!.bytes).toString().trim().split('\n').toSorted(), ['{"n":1}', '{"n":2}']);
  const stem = `kinesis-channel/c/${ChannelId}/2030/01/01/00/c-${ChannelId}-2030-01-01-00-06-`;
  assert.ok(delivered!.key.startsWith(stem) && delivered!.key.endsWith('.gz'), delivered!.key);
  assert.match(letters!.key, /^error\//);
  const letter = JSON.parse(letters!.bytes.toString());
  assert.deepEqual([letter.partitionKey, letter.errorCode], ['b', 'FormatMismatch']);
  await after('PT5M');
  assert.equal((await objects()).length, 2);
  const { ChannelSummaries } = await kinesis.listChannels({});
  assert.deepEqual(
    ChannelSummaries!.map((one) => [one.ChannelName, one.ChannelDestinationType]),
    [['c', 'S3']],
  );
  assert.deepEqual((await kinesis.listTagsForResource({ ResourceARN: ChannelARN })).Tags, [{ Key: 'a', Value: 'b' }]);
  await assert.rejects(kinesis.deleteStream({ StreamName }), {
    name: 'ResourceInUseException',
    message: /has channels/,
  });
  await kinesis.deleteChannel({ ChannelARN });
  await after('PT1M');
  await assert.rejects(kinesis.describeChannel({ ChannelARN }), { name: 'ResourceNotFoundException' });
  await kinesis.deleteStream({ StreamName });
});

test('a channel whose role does not trust it, or whose bucket is another’s, has failed', async () => {
  const refused = await setUp(WRITES, { StringEquals: { 'aws:SourceAccount': '999999999999' } });
  const first = await refused.kinesis.createChannel(refused.input);
  await refused.after('PT10S');
  const { ChannelARN } = first.ChannelDescription!;
  const { ChannelDescription } = await refused.kinesis.describeChannel({ ChannelARN });
  assert.equal(ChannelDescription!.ChannelStatus, 'FAILED');
  assert.match(ChannelDescription!.ChannelStatusReason!, /AccessDenied/);
  const { kinesis, input, storage, after } = await setUp();
  const StorageConfiguration = { ...storage, ExpectedBucketOwner: '999999999999' };
  const second = await kinesis.createChannel({ ...input, S3DestinationConfiguration: { StorageConfiguration } });
  await after('PT10S');
  const told = await kinesis.describeChannel({ ChannelARN: second.ChannelDescription!.ChannelARN });
  assert.equal(told.ChannelDescription!.ChannelStatus, 'FAILED');
});

test('a delivery that is denied is told to the log and made when it is allowed again', async () => {
  const { cloud, kinesis, input, after, objects } = await setUp();
  const LoggingConfiguration = { CloudWatchLogs: { Enabled: true } };
  const { ChannelDescription } = await kinesis.createChannel({ ...input, LoggingConfiguration });
  await after('PT10S');
  const { iam, logs } = cloud.root;
  const policy = (Action: string[]) =>
    iam.putRolePolicy({
      RoleName: 'carrier',
      PolicyName: 'may',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource: '*' } }),
    });
  await policy(['logs:*']);
  await put(kinesis, '{"n":1}');
  await after('PT5M');
  assert.equal((await objects()).length, 0);
  const { LogGroupName: logGroupName } = ChannelDescription!.LoggingConfiguration!.CloudWatchLogs!;
  const { events = [] } = await logs.filterLogEvents({ logGroupName });
  assert.match(events[0]!.message!, /AccessDenied/);
  await policy(WRITES);
  await after('PT5M');
  assert.equal((await objects()).length, 1);
});

test('CreateChannel and UpdateChannel refuse what cannot be', async () => {
  const { cloud, kinesis, input, storage, after } = await setUp();
  const s3 = (more: object) => ({
    ...input,
    S3DestinationConfiguration: { StorageConfiguration: { ...storage, ...more } },
  });
  const format = (RecordFormatType: 'GSR_JSON') => ({
    ...input,
    StreamConfigurationList: [{ ...input.StreamConfigurationList[0]!, RecordConfiguration: { RecordFormatType } }],
  });
  const refused: [object, RegExp][] = [
    [s3({ OutputKeyTemplate: '/data/!{channel-name}!{extension}' }), /must not start with a forward slash/],
    [s3({ OutputKeyTemplate: 'data//!{channel-name}!{extension}' }), /consecutive slashes/],
    [s3({ OutputKeyTemplate: 'data/../!{channel-name}!{extension}' }), /path traversal/],
    [s3({ OutputKeyTemplate: '!{channel-name}!{extension}/!{yyyy}' }), /at the end/],
    [s3({ OutputKeyTemplate: 'data/!{partition-id}!{extension}' }), /not a supported variable/],
    [s3({ OutputKeyTemplate: 'data/!{channel-name}' }), /must include an extension placeholder/],
    [s3({ OutputKeyTemplate: 'data/!{channel-name}/!{yyyy!{extension}' }), /not closed/],
    [format('GSR_JSON'), /GSR_JSON is not supported/],
    [
      { ...input, EncryptionConfiguration: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' } },
      /alias aws\/kinesis/,
    ],
  ];
  for (const [wrong, message] of refused) {
    await assert.rejects(kinesis.createChannel(wrong as never), { name: 'InvalidArgumentException', message });
  }
  const { ChannelDescription } = await kinesis.createChannel(input);
  await assert.rejects(kinesis.createChannel(input), { name: 'ResourceInUseException' });
  await assert.rejects(kinesis.createChannel({ ...input, ChannelName: 'd' }), { name: 'LimitExceededException' });
  await after('PT10S');
  const { ChannelARN } = ChannelDescription!;
  const update = (DataFreshnessInSeconds: number) =>
    kinesis.updateChannel({ ChannelARN, S3DestinationConfiguration: { DataFreshnessInSeconds } });
  await assert.rejects(update(200), { name: 'InvalidArgumentException' });
  const updated = (await update(900)).ChannelDescription!;
  assert.deepEqual(
    [updated.ChannelStatus, updated.S3DestinationConfiguration!.DataFreshnessInSeconds],
    ['UPDATING', 900],
  );
  const maker = await cloud.user('maker', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'kinesis:*', Resource: '*' }],
  });
  await assert.rejects(maker.kinesis.createChannel({ ...input, ChannelName: 'e' }), { message: /iam:PassRole/ });
});

test('a channel reads records under a KMS key with the permission of its role', async () => {
  const { cloud, kinesis, input, after, objects } = await setUp();
  const { KeyMetadata } = await cloud.root.kms.createKey({});
  const KeyId = KeyMetadata!.Arn!;
  await kinesis.startStreamEncryption({ StreamName, EncryptionType: 'KMS', KeyId });
  await after('PT10S');
  await kinesis.createChannel(input);
  await after('PT10S');
  await put(kinesis, '{"n":1}');
  const Deny = { Effect: 'Deny', Action: 'kms:Decrypt', Resource: KeyId };
  const denied = { RoleName: 'carrier', PolicyName: 'never' };
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: Deny });
  await cloud.root.iam.putRolePolicy({ ...denied, PolicyDocument });
  await after('PT5M');
  assert.equal((await objects()).length, 0);
  await cloud.root.iam.deleteRolePolicy(denied);
  await after('PT5M');
  assert.equal((await objects()).length, 1);
});
