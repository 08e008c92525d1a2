import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataEventWishes } from '../../core/eventSelectors.ts';
import { testCloud } from '../../testing/cloud.ts';
import { receiveAll, subscribedQueue } from '../../testing/queues.ts';
import { refusal } from '../../testing/rejected.ts';

test('raw messages keep their attributes; a text for each protocol', async () => {
  const cloud = await testCloud();
  const { sns } = cloud.root;
  const { TopicArn } = await sns.createTopic({ Name: 'news' });
  const { QueueUrl } = await subscribedQueue(cloud, TopicArn!, 'raw', { attributes: { RawMessageDelivery: 'true' } });
  await sns.publish({
    TopicArn,
    Message: JSON.stringify({ default: 'for all', sqs: 'for queues' }),
    MessageStructure: 'json',
    MessageAttributes: {
      text: { DataType: 'String', StringValue: 'x' },
      bytes: { DataType: 'Binary', BinaryValue: Uint8Array.of(1, 2) },
    },
  });
  await cloud.settle();
  const [message] = await receiveAll(cloud, QueueUrl);
  assert.equal(message?.Body, 'for queues');
  assert.deepEqual(message.MessageAttributes?.bytes?.BinaryValue, Uint8Array.of(1, 2));
  assert.equal(message.MessageAttributes?.text?.StringValue, 'x');
  for (const Message of ['no JSON', '{}', '{"default":1}', '[]']) {
    await refusal(sns.publish({ TopicArn, Message, MessageStructure: 'json' }), 'InvalidParameter');
  }
});

test('what cannot be published is refused', async () => {
  const { root } = await testCloud();
  const { sns } = root;
  const { TopicArn } = await sns.createTopic({ Name: 'news' });
  const publish = (input: object) => sns.publish({ TopicArn, Message: 'x', ...input });
  assert.equal((await refusal(publish({ Message: '' }))).message, 'Invalid parameter: Empty message');
  assert.equal(
    (await refusal(publish({ Message: 'x'.repeat(262_145) }))).message,
    'Invalid parameter: Message too long',
  );
  assert.equal((await refusal(publish({ Subject: 'a\nb' }))).message, 'Invalid parameter: Subject');
  assert.equal((await refusal(publish({ Subject: 'x'.repeat(100) }))).message, 'Invalid parameter: Subject');
  await refusal(publish({ MessageDeduplicationId: 'x' }), 'InvalidParameter');
  await refusal(publish({ TargetArn: TopicArn }), 'InvalidParameter');
  await refusal(
    publish({ MessageAttributes: { a: { DataType: 'Number', StringValue: 'x' } } }),
    'InvalidParameterValue',
  );
  assert.equal((await refusal(publish({ TopicArn: `${TopicArn}s` }), 'NotFound')).message, 'Topic does not exist');
  assert.equal(
    (await refusal(publish({ TopicArn: 'news' }))).message,
    'Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1',
  );
  await sns.setTopicAttributes({ TopicArn, AttributeName: 'MaximumMessageSize', AttributeValue: '1048576' });
  await publish({ Message: 'x'.repeat(1_048_576) });
  await refusal(sns.subscribe({ TopicArn, Protocol: 'email', Endpoint: 'a@example.com' }), 'InvalidParameter');
});

test('PublishBatch: each entry by itself', async () => {
  const cloud = await testCloud();
  const { sns } = cloud.root;
  const { TopicArn } = await sns.createTopic({ Name: 'news' });
  const { QueueUrl } = await subscribedQueue(cloud, TopicArn!, 'inbox');
  const batch = (...PublishBatchRequestEntries: { Id: string; Message: string }[]) =>
    sns.publishBatch({ TopicArn, PublishBatchRequestEntries });
  const { Successful, Failed } = await batch({ Id: 'a', Message: 'x' }, { Id: 'b', Message: '' });
  assert.deepEqual([Successful?.map(({ Id }) => Id), Failed?.map(({ Id }) => Id)], [['a'], ['b']]);
  await cloud.settle();
  assert.equal((await receiveAll(cloud, QueueUrl)).length, 1);
  await refusal(batch(), 'EmptyBatchRequest');
  await refusal(batch({ Id: 'a', Message: 'x' }, { Id: 'a', Message: 'x' }), 'BatchEntryIdsNotDistinct');
  const long = 'x'.repeat(131_073);
  await refusal(batch({ Id: 'a', Message: long }, { Id: 'b', Message: long }), 'BatchRequestTooLong');
});

test('a FIFO topic: in order to queues of both kinds, and nothing twice', async () => {
  const cloud = await testCloud();
  const { sns } = cloud.root;
  const Attributes = { FifoTopic: 'true', ContentBasedDeduplication: 'true' };
  const { TopicArn } = await sns.createTopic({ Name: 'line.fifo', Attributes });
  const attributes = { RawMessageDelivery: 'true' };
  const line = await subscribedQueue(cloud, TopicArn!, 'line.fifo', { attributes });
  const plain = await subscribedQueue(cloud, TopicArn!, 'plain', { attributes });
  const sequences: string[] = [];
  for (let i = 0; i < 25; i++) {
    const { SequenceNumber } = await sns.publish({ TopicArn, Message: `${i}`, MessageGroupId: 'g' });
    sequences.push(SequenceNumber!);
  }
  assert.deepEqual(sequences, sequences.toSorted());
  await sns.publish({ TopicArn, Message: '3', MessageGroupId: 'g' });
  await cloud.settle();
  const wanted = Array.from({ length: 25 }, (_, i) => `${i}`);
  const inOrder = await receiveAll(cloud, line.QueueUrl);
  assert.deepEqual(
    inOrder.map(({ Body }) => Body),
    wanted,
  );
  assert.equal(inOrder[0]?.Attributes?.MessageGroupId, 'g');
  const any = (await receiveAll(cloud, plain.QueueUrl)).map(({ Body }) => Body);
  assert.deepEqual(any.toSorted(), wanted.toSorted());
  await refusal(sns.publish({ TopicArn, Message: 'x' }), 'InvalidParameter');
  await refusal(sns.subscribe({ TopicArn, Protocol: 'https', Endpoint: 'https://example.com/' }), 'InvalidParameter');
});

test('a topic with more subscribers than fit a page reaches them all, once', async () => {
  const cloud = await testCloud();
  const { sns } = cloud.root;
  const { TopicArn } = await sns.createTopic({ Name: 'crowd' });
  const queues: string[] = [];
  for (let i = 0; i < 130; i++) queues.push((await subscribedQueue(cloud, TopicArn!, `q${i}`)).QueueUrl);
  const counted = await sns.getTopicAttributes({ TopicArn });
  assert.equal(counted.Attributes?.SubscriptionsConfirmed, '130');
  const listed = await sns.listSubscriptionsByTopic({ TopicArn });
  assert.equal(listed.Subscriptions?.length, 100);
  const { NextToken } = listed;
  assert.equal((await sns.listSubscriptionsByTopic({ TopicArn, NextToken })).Subscriptions?.length, 30);
  await sns.publish({ TopicArn, Message: 'x' });
  await cloud.settle();
  for (const queue of queues) assert.equal((await receiveAll(cloud, queue)).length, 1);
});

test('what a queue refuses goes to the dead-letter queue of the subscription', async () => {
  const cloud = await testCloud();
  const { sns } = cloud.root;
  const { TopicArn } = await sns.createTopic({ Name: 'news' });
  const dead = await subscribedQueue(cloud, TopicArn!, 'dead');
  await sns.unsubscribe({ SubscriptionArn: dead.SubscriptionArn });
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.QueueArn });
  await subscribedQueue(cloud, TopicArn!, 'closed', { open: false, attributes: { RedrivePolicy } });
  const { MessageId } = await sns.publish({ TopicArn, Message: 'x' });
  await cloud.settle();
  const [message] = await receiveAll(cloud, dead.QueueUrl);
  assert.equal(JSON.parse(message!.Body!).MessageId, MessageId);
});

test('a topic with a key of KMS: the publisher must be allowed to use it', async () => {
  const cloud = await testCloud();
  const { sns } = cloud.root;
  const { TopicArn } = await sns.createTopic({ Name: 'secret', Attributes: { KmsMasterKeyId: 'alias/aws/sns' } });
  const { QueueUrl } = await subscribedQueue(cloud, TopicArn!, 'inbox');
  await sns.publish({ TopicArn, Message: 'x' });
  await cloud.settle();
  assert.equal(JSON.parse((await receiveAll(cloud, QueueUrl))[0]!.Body!).Message, 'x');
  const { KeyMetadata } = await cloud.root.kms.createKey({});
  const AttributeValue = KeyMetadata!.Arn!;
  await sns.setTopicAttributes({ TopicArn, AttributeName: 'KmsMasterKeyId', AttributeValue });
  const publisher = await cloud.user('publisher', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sns:Publish', Resource: TopicArn }],
  });
  await refusal(publisher.sns.publish({ TopicArn, Message: 'x' }), 'KMSAccessDenied');
});

test('publishes are data events: kept when somebody asked for them, without what was said', async () => {
  const cloud = await testCloud();
  const { sns } = cloud.root;
  const { TopicArn } = await sns.createTopic({ Name: 'news' });
  const published = async () => {
    await sns.publish({ TopicArn, Message: 'secret', Subject: 'secret too' });
    const entries = await cloud.deps.store.journal.read(0, 100);
    return entries.map(({ body }) => JSON.parse(body)).filter(({ eventName }) => eventName === 'Publish');
  };
  assert.deepEqual(await published(), []);
  const selectors = [[{ Field: 'resources.type', Equals: ['AWS::SNS::Topic'] }]];
  await cloud.deps.store.transaction(async (tx) => {
    for (const account of ['*', cloud.managementAccount]) await tx.insert(dataEventWishes, { account, selectors });
  });
  const [record] = await published();
  assert.equal(record.eventCategory, 'Data');
  assert.equal(record.requestParameters.topicArn, TopicArn);
  assert.match(record.responseElements.messageId, /^[0-9a-f-]{36}$/);
  assert.ok(!JSON.stringify(record).includes('secret'));
});

test('what the plane cannot tell its subscribers for days is told them afterwards', async () => {
  for (const FifoTopic of ['false', 'true']) {
    const cloud = await testCloud();
    const { sns } = cloud.root;
    const end = FifoTopic === 'true' ? '.fifo' : '';
    const fifo = end ? { FifoTopic, ContentBasedDeduplication: 'true' } : {};
    const { TopicArn } = await sns.createTopic({ Name: `news${end}`, Attributes: fifo });
    const { QueueUrl } = await subscribedQueue(cloud, TopicArn!, `mine${end}`);
    const { secrets } = cloud.deps;
    const away = () => {
      throw new Error('out of order');
    };
    Object.assign(cloud.deps, { secrets: { ...secrets, open: away }, log: () => undefined });
    await sns.publish({ TopicArn, Message: 'late', ...(end && { MessageGroupId: 'g' }) });
    for (let day = 0; day < 5; day++) {
      await cloud.settle();
      cloud.advance('P1D');
    }
    Object.assign(cloud.deps, { secrets });
    await cloud.settle();
    const [message] = await receiveAll(cloud, QueueUrl);
    assert.equal(JSON.parse(message?.Body ?? '{}').Message, 'late', end);
  }
});
