import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { receiveAll } from '../../testing/queues.ts';
import { rejected } from '../../testing/rejected.ts';

async function streaming(service = 'sns.amazonaws.com') {
  const cloud = await testCloud();
  const { firehose, iam, s3, sns } = cloud.root;
  const role = async (RoleName: string, principal: string, Action: string) => {
    const trust = { Effect: 'Allow', Principal: { Service: principal }, Action: 'sts:AssumeRole' };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] });
    const { Role } = await iam.createRole({ RoleName, AssumeRolePolicyDocument });
    const allowed = { Effect: 'Allow', Action, Resource: '*' };
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [allowed] });
    await iam.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument });
    return Role!.Arn!;
  };
  await s3.createBucket({ Bucket: 'messages' });
  const stream = async (DeliveryStreamName: string) => {
    const { DeliveryStreamARN } = await firehose.createDeliveryStream({
      DeliveryStreamName,
      S3DestinationConfiguration: {
        RoleARN: await role(`to-${DeliveryStreamName}`, 'firehose.amazonaws.com', 's3:PutObject'),
        BucketARN: 'arn:aws:s3:::messages',
      },
    });
    return DeliveryStreamARN!;
  };
  const Endpoint = await stream('messages');
  cloud.advance('PT1M');
  const SubscriptionRoleArn = await role('subscriber', service, 'firehose:PutRecord');
  const { TopicArn } = await sns.createTopic({ Name: 'news' });
  return {
    cloud,
    sns,
    stream,
    TopicArn: TopicArn!,
    Endpoint,
    SubscriptionRoleArn,
    async subscribe(Attributes: Record<string, string> = { SubscriptionRoleArn }, endpoint = Endpoint) {
      const asked = { TopicArn, Protocol: 'firehose', Endpoint: endpoint, Attributes };
      return (await sns.subscribe(asked)).SubscriptionArn!;
    },
    async delivered() {
      await cloud.settle();
      cloud.advance('PT5M');
      await cloud.settle();
      const { Contents = [] } = await s3.listObjectsV2({ Bucket: 'messages' });
      const bodies = Contents.map(async ({ Key }) => (await s3.getObject({ Bucket: 'messages', Key })).Body);
      const texts = await Promise.all((await Promise.all(bodies)).map((body) => body!.transformToString()));
      return texts.join('');
    },
  };
}

test('A delivery stream gets messages as lines of JSON', async () => {
  const { sns, subscribe, delivered, TopicArn, SubscriptionRoleArn } = await streaming();
  const subscription = await subscribe();
  assert.match(subscription, /^arn:aws:sns:us-east-1:\d{12}:news:[0-9a-f-]{36}$/);
  const { Attributes } = await sns.getSubscriptionAttributes({ SubscriptionArn: subscription });
  assert.equal(Attributes?.SubscriptionRoleArn, SubscriptionRoleArn);
  assert.equal(Attributes?.PendingConfirmation, 'false');
  const MessageAttributes = { kind: { DataType: 'String', StringValue: 'x' } };
  const { MessageId } = await sns.publish({ TopicArn, Subject: 'Hello', Message: 'first', MessageAttributes });
  await sns.publish({ TopicArn, Message: 'second' });
  const lines = (await delivered()).trimEnd().split('\n');
  const [first, second] = lines.map((line) => JSON.parse(line)).sort((a, b) => (a.Message < b.Message ? -1 : 1));
  const { UnsubscribeURL, ...rest } = first;
  assert.deepEqual(rest, {
    ...{ Type: 'Notification', MessageId, TopicArn, Subject: 'Hello', Message: 'first' },
    Timestamp: '2030-01-01T00:01:00.000Z',
    MessageAttributes: { kind: { Type: 'String', Value: 'x' } },
  });
  assert.match(UnsubscribeURL, new RegExp(`Action=Unsubscribe&SubscriptionArn=${subscription}`));
  assert.equal(second.Message, 'second');
});

test('Raw messages are delivered as they were published, and filters hold', async () => {
  const { sns, subscribe, delivered, TopicArn, SubscriptionRoleArn } = await streaming();
  const FilterPolicy = '{"kind":["good"]}';
  await subscribe({ SubscriptionRoleArn, RawMessageDelivery: 'true', FilterPolicy, FilterPolicyScope: 'MessageBody' });
  await sns.publish({ TopicArn, Message: '{"kind":"good"}' });
  await sns.publish({ TopicArn, Message: '{"kind":"bad"}' });
  assert.equal(await delivered(), '{"kind":"good"}');
});

test('What the role may not deliver goes to the dead-letter queue', async () => {
  const { cloud, sns, subscribe, delivered, TopicArn, SubscriptionRoleArn } = await streaming('ec2.amazonaws.com');
  const { sqs } = cloud.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'dead' });
  const queueArn = `arn:aws:sqs:us-east-1:${cloud.managementAccount}:dead`;
  const statement = { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage' };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, Resource: queueArn }] });
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
  await subscribe({ SubscriptionRoleArn, RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn }) });
  await sns.publish({ TopicArn, Message: 'lost' });
  assert.equal(await delivered(), '');
  const [message] = await receiveAll(cloud, QueueUrl!);
  assert.equal(JSON.parse(message!.Body!).Message, 'lost');
});

test('A stream that is too slow gets the message later', async () => {
  const { cloud, sns, subscribe, delivered, TopicArn } = await streaming();
  await subscribe();
  const { firehose } = cloud.root;
  const Records = Array.from({ length: 4 }, () => ({ Data: Buffer.alloc(1_000_000, ' ') }));
  await firehose.putRecordBatch({ DeliveryStreamName: 'messages', Records });
  await firehose.putRecordBatch({ DeliveryStreamName: 'messages', Records: Records.slice(3) });
  const fill = { DeliveryStreamName: 'messages', Record: { Data: Buffer.alloc(242_880, ' ') } };
  await firehose.putRecord(fill);
  await sns.publish({ TopicArn, Message: 'late' });
  await cloud.settle();
  cloud.advance('PT30S');
  assert.equal(JSON.parse((await delivered()).trim()).Message, 'late');
});

test('Subscribe to a delivery stream wants a role that the caller may pass', async () => {
  const { cloud, sns, stream, subscribe, TopicArn, Endpoint, SubscriptionRoleArn } = await streaming();
  await rejected(subscribe({}), 'InvalidParameter', /SubscriptionRoleArn/);
  await rejected(subscribe({ SubscriptionRoleArn }, 'arn:aws:s3:::b'), 'InvalidParameter', /Firehose endpoint ARN/);
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sns:*', Resource: '*' }],
  });
  const asked = { TopicArn, Protocol: 'firehose', Endpoint, Attributes: { SubscriptionRoleArn } };
  await rejected(alice.sns.subscribe(asked), 'AccessDenied', /iam:PassRole/);
  for (const name of ['a', 'b', 'c', 'd', 'e']) await subscribe({ SubscriptionRoleArn }, await stream(name));
  await rejected(subscribe(), 'SubscriptionLimitExceeded', /5 delivery streams/);
  const { TopicArn: fifo } = await sns.createTopic({ Name: 'f.fifo', Attributes: { FifoTopic: 'true' } });
  await rejected(sns.subscribe({ ...asked, TopicArn: fifo }), 'InvalidParameter', /not supported for FIFO/);
});
