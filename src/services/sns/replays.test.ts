import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { receiveAll, subscribedQueue } from '../../testing/queues.ts';
import { refusal } from '../../testing/rejected.ts';

const ArchivePolicy = '{"MessageRetentionPeriod":"30"}';

async function archiving(cloud: Cloud, attributes: Record<string, string> = {}) {
  const { TopicArn } = await cloud.root.sns.createTopic({
    Name: 'news.fifo',
    Attributes: { FifoTopic: 'true', ContentBasedDeduplication: 'true', ArchivePolicy, ...attributes },
  });
  return TopicArn!;
}

async function publish(cloud: Cloud, TopicArn: string, ...messages: string[]) {
  for (const Message of messages) {
    const MessageAttributes = { kind: { DataType: 'String', StringValue: Message.slice(0, 1) } };
    await cloud.root.sns.publish({ TopicArn, Message, MessageGroupId: 'all', MessageAttributes });
    cloud.advance('PT1M');
  }
  await cloud.settle();
}

const policy = (StartingPoint: Date, EndingPoint?: Date) =>
  JSON.stringify({
    PointType: 'Timestamp',
    StartingPoint: StartingPoint.toISOString(),
    ...(EndingPoint && { EndingPoint: EndingPoint.toISOString() }),
  });

async function seen(cloud: Cloud, queue: string): Promise<string[]> {
  const found = (await receiveAll(cloud, queue)).map(({ Body }) => JSON.parse(Body!));
  return found.map(({ Message, Replayed }) => (Replayed === true ? `${Message} again` : Message));
}

const replayOf = async ({ root: { sns } }: Cloud, SubscriptionArn: string, AttributeValue: string) =>
  sns.setSubscriptionAttributes({ SubscriptionArn, AttributeName: 'ReplayPolicy', AttributeValue });

const statusOf = async ({ root: { sns } }: Cloud, SubscriptionArn: string) =>
  (await sns.getSubscriptionAttributes({ SubscriptionArn })).Attributes?.ReplayStatus;

test('an archive policy is read back, begins an archive, and holds the topic', async () => {
  const cloud = await testCloud();
  const { sns } = cloud.root;
  const begun = cloud.now();
  const TopicArn = await archiving(cloud, { ArchivePolicy: '{"MessageRetentionPeriod": 30}' });
  const attributes = async () => (await sns.getTopicAttributes({ TopicArn })).Attributes;
  assert.equal((await attributes())?.ArchivePolicy, ArchivePolicy);
  assert.equal((await attributes())?.BeginningArchiveTime, begun.toISOString());
  const gone = await refusal(sns.deleteTopic({ TopicArn }), 'InvalidState');
  assert.equal(gone.message, 'Invalid state: Cannot delete a topic with an ArchivePolicy');
  cloud.advance('P40D');
  const later = new Date(cloud.now().getTime() - 30 * 86_400_000);
  assert.equal((await attributes())?.BeginningArchiveTime, later.toISOString());
  const set = (AttributeValue: string) =>
    sns.setTopicAttributes({ TopicArn, AttributeName: 'ArchivePolicy', AttributeValue });
  for (const bad of ['', 'x', '[]', '{"MessageRetentionPeriod":"0"}', '{"MessageRetentionPeriod":"366"}', '{"a":1}']) {
    await refusal(set(bad), 'InvalidParameter');
  }
  await set('{}');
  assert.equal((await attributes())?.BeginningArchiveTime, undefined);
  await sns.deleteTopic({ TopicArn });
  await refusal(sns.createTopic({ Name: 'plain', Attributes: { ArchivePolicy } }), 'InvalidParameter');
});

test('a replay goes from its starting point to now, says so, and messages come on as they are', async () => {
  const cloud = await testCloud();
  const TopicArn = await archiving(cloud);
  await publish(cloud, TopicArn, 'a', 'b');
  const from = cloud.now();
  await publish(cloud, TopicArn, 'c', 'd');
  const queue = await subscribedQueue(cloud, TopicArn, 'late.fifo', { attributes: { ReplayPolicy: policy(from) } });
  assert.equal(await statusOf(cloud, queue.SubscriptionArn), 'Pending');
  await publish(cloud, TopicArn, 'e');
  assert.equal(await statusOf(cloud, queue.SubscriptionArn), 'Completed');
  await publish(cloud, TopicArn, 'f');
  assert.deepEqual(await seen(cloud, queue.QueueUrl), ['c again', 'd again', 'e again', 'f']);
});

test('with an ending point a replay stops and pauses, until another goes on from there', async () => {
  const cloud = await testCloud();
  const TopicArn = await archiving(cloud);
  const queue = await subscribedQueue(cloud, TopicArn, 'queue.fifo');
  const from = cloud.now();
  await publish(cloud, TopicArn, 'a', 'b');
  const end = cloud.now();
  await publish(cloud, TopicArn, 'c');
  assert.deepEqual(await seen(cloud, queue.QueueUrl), ['a', 'b', 'c']);
  cloud.advance('PT10M');
  await replayOf(cloud, queue.SubscriptionArn, policy(from, end));
  await cloud.settle();
  assert.equal(await statusOf(cloud, queue.SubscriptionArn), 'Completed');
  assert.deepEqual(await seen(cloud, queue.QueueUrl), ['a again', 'b again']);
  await publish(cloud, TopicArn, 'd');
  assert.deepEqual(await seen(cloud, queue.QueueUrl), []);
  await replayOf(cloud, queue.SubscriptionArn, policy(end));
  await publish(cloud, TopicArn, 'e');
  assert.deepEqual(await seen(cloud, queue.QueueUrl), ['c again', 'd again', 'e again']);
  await publish(cloud, TopicArn, 'f');
  assert.deepEqual(await seen(cloud, queue.QueueUrl), ['f']);
});

test('an ending point that is yet to come: what is published goes on as it is until then', async () => {
  const cloud = await testCloud();
  const TopicArn = await archiving(cloud);
  const from = cloud.now();
  await publish(cloud, TopicArn, 'a');
  const end = new Date(cloud.now().getTime() + 90_000);
  const attributes = { ReplayPolicy: policy(from, end) };
  const queue = await subscribedQueue(cloud, TopicArn, 'queue.fifo', { attributes });
  await cloud.settle();
  await publish(cloud, TopicArn, 'b', 'c', 'd');
  await cloud.settle();
  assert.deepEqual(await seen(cloud, queue.QueueUrl), ['a again', 'b', 'c']);
  assert.equal(await statusOf(cloud, queue.SubscriptionArn), 'Completed');
  await replayOf(cloud, queue.SubscriptionArn, policy(end));
  await cloud.settle();
  assert.deepEqual(await seen(cloud, queue.QueueUrl), ['d again']);
});

test('a filter policy chooses among what is replayed; order and completeness hold for a long archive', async () => {
  const cloud = await testCloud();
  const TopicArn = await archiving(cloud);
  const from = cloud.now();
  const many = Array.from({ length: 45 }, (_, at) => `${at % 3 === 0 ? 'x' : 'y'}${at}`);
  await publish(cloud, TopicArn, ...many);
  const attributes = { FilterPolicy: '{"kind":["x"]}', ReplayPolicy: policy(from), RawMessageDelivery: 'true' };
  const queue = await subscribedQueue(cloud, TopicArn, 'some.fifo', { attributes });
  await cloud.settle();
  const found = await receiveAll(cloud, queue.QueueUrl);
  assert.deepEqual(
    found.map(({ Body }) => Body),
    many.filter((text) => text.startsWith('x')),
  );
  assert.equal(found[0]?.MessageAttributes?.Replayed?.StringValue, 'true');
});

test('what is past its retention is not replayed, and a cleared archive fails the replay', async () => {
  const cloud = await testCloud();
  const TopicArn = await archiving(cloud, { ArchivePolicy: '{"MessageRetentionPeriod":"1"}' });
  const from = cloud.now();
  await publish(cloud, TopicArn, 'old');
  cloud.advance('P1D');
  const queue = await subscribedQueue(cloud, TopicArn, 'queue.fifo');
  const early = await refusal(replayOf(cloud, queue.SubscriptionArn, policy(from)), 'InvalidParameter');
  assert.match(early.message, /BeginningArchiveTime/);
  await publish(cloud, TopicArn, 'new');
  const since = new Date(cloud.now().getTime() - 86_000_000);
  cloud.advance('PT5M');
  await replayOf(cloud, queue.SubscriptionArn, policy(since));
  await cloud.settle();
  assert.deepEqual(await seen(cloud, queue.QueueUrl), ['new', 'new again']);
  await replayOf(cloud, queue.SubscriptionArn, policy(since));
  const Attributes = { TopicArn, AttributeName: 'ArchivePolicy', AttributeValue: '{}' };
  await cloud.root.sns.setTopicAttributes(Attributes);
  await cloud.settle();
  assert.equal(await statusOf(cloud, queue.SubscriptionArn), 'Failed');
  await refusal(replayOf(cloud, queue.SubscriptionArn, policy(since)), 'InvalidParameter');
});

test('when the clock goes back, messages are archived and replayed in the order in which they came', async () => {
  const cloud = await testCloud();
  const TopicArn = await archiving(cloud);
  const from = cloud.now();
  await publish(cloud, TopicArn, 'a', 'b', 'c');
  cloud.turnBack('PT2M');
  await publish(cloud, TopicArn, 'd', 'e');
  cloud.advance('PT10M');
  const queue = await subscribedQueue(cloud, TopicArn, 'queue.fifo', { attributes: { ReplayPolicy: policy(from) } });
  await cloud.settle();
  assert.deepEqual(
    await seen(cloud, queue.QueueUrl),
    [...'abcde'].map((text) => `${text} again`),
  );
});

test('an archive under a key of KMS is replayed when the key lets SNS in, and fails when it does not', async () => {
  const cloud = await testCloud();
  const { KeyMetadata } = await cloud.root.kms.createKey({});
  const KeyId = KeyMetadata!.KeyId!;
  const TopicArn = await archiving(cloud, { KmsMasterKeyId: KeyId });
  const from = cloud.now();
  await publish(cloud, TopicArn, 'a');
  const queue = await subscribedQueue(cloud, TopicArn, 'queue.fifo', { attributes: { ReplayPolicy: policy(from) } });
  await cloud.settle();
  assert.equal(await statusOf(cloud, queue.SubscriptionArn), 'Failed');
  const allow = (Principal: object, Action: string) => ({ Effect: 'Allow', Principal, Action, Resource: '*' });
  const Statement = [
    allow({ AWS: `arn:aws:iam::${cloud.managementAccount}:root` }, 'kms:*'),
    allow({ Service: 'sns.amazonaws.com' }, 'kms:Decrypt'),
  ];
  await cloud.root.kms.putKeyPolicy({ KeyId, Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
  await replayOf(cloud, queue.SubscriptionArn, policy(from));
  await cloud.settle();
  assert.deepEqual(await seen(cloud, queue.QueueUrl), ['a again']);
});

test('replay policies that make no sense are refused', async () => {
  const cloud = await testCloud();
  const { sns } = cloud.root;
  const TopicArn = await archiving(cloud);
  const { SubscriptionArn } = await subscribedQueue(cloud, TopicArn, 'queue.fifo');
  const now = cloud.now();
  const tomorrow = new Date(now.getTime() + 86_400_000);
  for (const bad of ['x', '{}', '{"PointType":"Offset"}', '{"PointType":"Timestamp","StartingPoint":"today"}']) {
    await refusal(replayOf(cloud, SubscriptionArn, bad), 'InvalidParameter');
  }
  for (const bad of [policy(tomorrow), policy(now, now)]) {
    await refusal(replayOf(cloud, SubscriptionArn, bad), 'InvalidParameter');
  }
  const plain = await sns.createTopic({ Name: 'plain' });
  const other = await subscribedQueue(cloud, plain.TopicArn!, 'other');
  await refusal(replayOf(cloud, other.SubscriptionArn, policy(now)), 'InvalidParameter');
});
