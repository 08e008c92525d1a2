/** What happens to objects reaches queues and topics, in S3's own words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event, QueueConfiguration } from '@aws-sdk/client-s3';
import { type Cloud, testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';
const QueueArn = 'arn:aws:sqs:us-east-1:111122223333:events';

async function withQueue(cloud?: Cloud) {
  const all = cloud ?? (await testCloud());
  const { s3, sqs } = all.root;
  await s3.createBucket({ Bucket });
  const Condition = {
    ArnLike: { 'aws:SourceArn': `arn:aws:s3:::${Bucket}` },
    StringEquals: { 'aws:SourceAccount': all.managementAccount },
  };
  const statement = {
    Effect: 'Allow',
    Principal: { Service: 's3.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: QueueArn,
    Condition,
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'events', Attributes: { Policy } });
  const received = async () => {
    await all.settle();
    const bodies: unknown[] = [];
    for (;;) {
      const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
      if (Messages.length === 0) return bodies as { Records?: Rec[]; Event?: string }[];
      for (const { Body, ReceiptHandle } of Messages) {
        bodies.push(JSON.parse(Body!));
        await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
      }
    }
  };
  return { cloud: all, s3, sqs, QueueUrl, received };
}

interface Rec {
  readonly eventName: string;
  readonly s3: {
    readonly object: {
      readonly key: string;
      readonly size?: number;
      readonly versionId?: string;
      readonly sequencer: string;
    };
  };
}

const wish = (more: Partial<QueueConfiguration> = {}): QueueConfiguration => ({
  Id: 'mine',
  QueueArn,
  Events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'] as Event[],
  ...more,
});

test('A queue is told of what is made and removed, after a test message', async () => {
  const { cloud, s3, received } = await withQueue();
  await s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: { QueueConfigurations: [wish()] } });
  const [tried] = await received();
  assert.deepEqual(
    { ...tried, RequestId: 'r', HostId: 'h' },
    {
      Service: 'Amazon S3',
      Event: 's3:TestEvent',
      Time: '2030-01-01T00:00:00.000Z',
      Bucket,
      RequestId: 'r',
      HostId: 'h',
    },
  );
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
  });
  const put = await alice.s3.putObject({ Bucket, Key: 'red flower/ä.jpg', Body: 'four' });
  const [first] = await received();
  const [record] = first!.Records as (Rec & Record<string, unknown>)[];
  const user = (await cloud.root.iam.getUser({ UserName: 'alice' })).User!;
  const { s3: told, ...around } = record!;
  assert.deepEqual(around, {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: 'us-east-1',
    eventTime: '2030-01-01T00:00:00.000Z',
    eventName: 'ObjectCreated:Put',
    userIdentity: { principalId: `AWS:${user.UserId}` },
    requestParameters: { sourceIPAddress: '127.0.0.1' },
    responseElements: {
      'x-amz-request-id': put.$metadata.requestId,
      'x-amz-id-2': put.$metadata.extendedRequestId,
    },
  });
  const { bucket, object, ...schema } = told as unknown as Record<string, Record<string, unknown>>;
  assert.deepEqual(schema, { s3SchemaVersion: '1.0', configurationId: 'mine' });
  assert.deepEqual([bucket?.name, bucket?.arn], [Bucket, `arn:aws:s3:::${Bucket}`]);
  const { sequencer, ...known } = object!;
  assert.match(String(sequencer), /^[0-9A-F]{18}$/);
  assert.deepEqual(known, { key: 'red+flower/%C3%A4.jpg', size: 4, eTag: put.ETag!.slice(1, -1) });
  await s3.deleteObject({ Bucket, Key: 'red flower/ä.jpg' });
  const [second] = await received();
  assert.equal(second!.Records![0]!.eventName, 'ObjectRemoved:Delete');
});

test('Filters and kinds of events choose', async () => {
  const { s3, received } = await withQueue();
  const FilterRules = [
    { Name: 'prefix' as const, Value: 'images/' },
    { Name: 'suffix' as const, Value: '.jpg' },
  ];
  const configuration = wish({ Events: ['s3:ObjectCreated:Put'], Filter: { Key: { FilterRules } } });
  await s3.putBucketNotificationConfiguration({
    Bucket,
    NotificationConfiguration: { QueueConfigurations: [configuration], EventBridgeConfiguration: {} },
  });
  const { $metadata: _, ...found } = await s3.getBucketNotificationConfiguration({ Bucket });
  assert.equal(found.QueueConfigurations?.[0]?.Filter?.Key?.FilterRules?.length, 2);
  assert.deepEqual(found.EventBridgeConfiguration, {});
  for (const Key of ['images/a.jpg', 'images/a.png', 'a.jpg']) await s3.putObject({ Bucket, Key, Body: 'x' });
  await s3.deleteObject({ Bucket, Key: 'images/a.jpg' });
  const keys = (await received()).flatMap(({ Records = [] }) => Records.map((record) => record.s3.object.key));
  assert.deepEqual(keys, ['images/a.jpg']);
});

test('Versions and delete markers are told apart', async () => {
  const { s3, received } = await withQueue();
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } });
  await s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: { QueueConfigurations: [wish()] } });
  const { VersionId } = await s3.putObject({ Bucket, Key: 'k', Body: 'x' });
  await s3.deleteObject({ Bucket, Key: 'k' });
  await s3.deleteObject({ Bucket, Key: 'k', VersionId: VersionId! });
  const records = (await received()).flatMap(({ Records = [] }) => Records);
  const sorted = records.map(({ eventName, s3: { object } }) => [eventName, object.versionId === VersionId]).sort();
  assert.deepEqual(sorted, [
    ['ObjectCreated:Put', true],
    ['ObjectRemoved:Delete', true],
    ['ObjectRemoved:DeleteMarkerCreated', false],
  ]);
});

test('A topic is told, and its subscribers by it', async () => {
  const { cloud, s3, QueueUrl } = await withQueue();
  const { sns, sqs } = cloud.root;
  const { TopicArn } = await sns.createTopic({ Name: 'news' });
  const statement = {
    Effect: 'Allow',
    Principal: { Service: 's3.amazonaws.com' },
    Action: 'sns:Publish',
    Resource: TopicArn,
  };
  const toQueue = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: QueueArn,
  };
  const document = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement });
  const TopicConfigurations = [{ TopicArn: TopicArn!, Events: ['s3:ObjectCreated:*' as Event] }];
  const put = () =>
    s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: { TopicConfigurations } });
  await sns.setTopicAttributes({
    TopicArn,
    AttributeName: 'Policy',
    AttributeValue: document({ ...statement, Effect: 'Deny' }),
  });
  await assert.rejects(put(), { name: 'InvalidArgument' });
  await sns.setTopicAttributes({ TopicArn, AttributeName: 'Policy', AttributeValue: document(statement) });
  await put();
  await sqs.setQueueAttributes({ QueueUrl: QueueUrl!, Attributes: { Policy: document(toQueue) } });
  await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: QueueArn, Attributes: { RawMessageDelivery: 'true' } });
  await s3.putObject({ Bucket, Key: 'k', Body: 'x' });
  await cloud.settle();
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
  const names = Messages.flatMap(({ Body }) => (JSON.parse(Body!) as { Records?: Rec[] }).Records ?? []);
  assert.deepEqual(
    names.map(({ eventName }) => eventName),
    ['ObjectCreated:Put'],
  );
});

test('EventBridge is told where the bucket says so', async () => {
  const { cloud, s3 } = await withQueue();
  await s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: { EventBridgeConfiguration: {} } });
  await s3.putObject({ Bucket, Key: 'k', Body: 'x' });
  const entries = await cloud.deps.store.journal.read(0, 1000);
  const events = entries
    .filter(({ kind }) => kind === 'event')
    .map(({ body }) => JSON.parse(body) as Record<string, never>);
  const [event] = events.filter(({ source }) => source === 'aws.s3');
  const { detail, ...around } = event as unknown as { detail: Record<string, unknown> };
  assert.deepEqual(
    { ...around, id: '' },
    {
      version: '0',
      id: '',
      'detail-type': 'Object Created',
      source: 'aws.s3',
      account: '111122223333',
      time: '2030-01-01T00:00:00Z',
      region: 'us-east-1',
      resources: [`arn:aws:s3:::${Bucket}`],
    },
  );
  assert.deepEqual(
    [detail.reason, detail.requester, detail['source-ip-address']],
    ['PutObject', '111122223333', '127.0.0.1'],
  );
});

test('Destinations that S3 cannot reach are refused, and what it does not tell', async () => {
  const { s3, sqs, QueueUrl } = await withQueue();
  const put = (NotificationConfiguration: object, more: object = {}) =>
    s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration, ...more });
  const faults: [object, string, string?][] = [
    [
      { QueueConfigurations: [wish({ QueueArn: `${QueueArn}-nowhere` })] },
      'InvalidArgument',
      'Unable to validate the following destination configurations',
    ],
    [{ QueueConfigurations: [wish({ QueueArn: 'events' })] }, 'InvalidArgument', 'The ARN could not be parsed'],
    [{ QueueConfigurations: [wish({ QueueArn: QueueArn.replace('us-east-1', 'eu-west-1') })] }, 'InvalidArgument'],
    [
      { QueueConfigurations: [wish({ Filter: { Key: { FilterRules: [{ Name: 'infix' as never, Value: 'x' }] } } })] },
      'InvalidArgument',
      'filter rule name must be either prefix or suffix',
    ],
    [
      { QueueConfigurations: [wish(), wish({ Id: 'other', Events: ['s3:ObjectCreated:Put'] })] },
      'InvalidArgument',
      'Configurations overlap. Configurations on the same bucket cannot share a common event type.',
    ],
    [{ QueueConfigurations: [wish({ Events: ['s3:Nonsense' as Event] })] }, 'MalformedXML'],
    [
      {
        LambdaFunctionConfigurations: [
          { LambdaFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:f', Events: ['s3:ObjectCreated:*'] },
        ],
      },
      'NotImplemented',
    ],
  ];
  for (const [configuration, name, message] of faults) {
    await assert.rejects(put(configuration), { name, ...(message && { message }) }, JSON.stringify(configuration));
  }
  await sqs.setQueueAttributes({ QueueUrl: QueueUrl!, Attributes: { Policy: '' } });
  await assert.rejects(put({ QueueConfigurations: [wish()] }), { name: 'InvalidArgument' });
  await put({ QueueConfigurations: [wish()] }, { SkipDestinationValidation: true });
  await put({});
  const { $metadata: _, ...found } = await s3.getBucketNotificationConfiguration({ Bucket });
  assert.deepEqual(found, {});
});

test('What a queue refuses for a while is told again', async () => {
  const { cloud, s3, sqs, QueueUrl, received } = await withQueue();
  await s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: { QueueConfigurations: [wish()] } });
  await received();
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['Policy'] });
  await sqs.setQueueAttributes({ QueueUrl: QueueUrl!, Attributes: { Policy: '' } });
  await s3.putObject({ Bucket, Key: 'k', Body: 'x' });
  assert.deepEqual(await received(), []);
  await sqs.setQueueAttributes({ QueueUrl: QueueUrl!, Attributes: { Policy: Attributes!.Policy! } });
  cloud.advance('PT1H');
  assert.equal((await received()).length, 1);
});
