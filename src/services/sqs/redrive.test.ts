import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clients } from '../../testing/cloud.ts';
import { testCloud } from '../../testing/cloud.ts';
import { refusal } from '../../testing/rejected.ts';

async function pair(suffix = '') {
  const cloud = await testCloud();
  const { sqs } = cloud.root;
  const arn = (name: string) => `arn:aws:sqs:us-east-1:${cloud.managementAccount}:${name}${suffix}`;
  const kind: Record<string, string> = suffix === '' ? {} : { FifoQueue: 'true', ContentBasedDeduplication: 'true' };
  const make = async (name: string, Attributes: Record<string, string> = {}) =>
    (await sqs.createQueue({ QueueName: name + suffix, Attributes: { ...kind, ...Attributes } })).QueueUrl!;
  const failed = await make('failed');
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn('failed'), maxReceiveCount: 2 });
  const work = await make('work', { RedrivePolicy, VisibilityTimeout: '0' });
  return { cloud, sqs, arn, make, failed, work };
}

const receive = async ({ sqs }: Pick<Clients, 'sqs'>, QueueUrl: string, n = 10) =>
  (await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: n, MessageSystemAttributeNames: ['All'] })).Messages ?? [];

async function countIn({ sqs }: Pick<Clients, 'sqs'>, QueueUrl: string) {
  const AttributeNames = ['ApproximateNumberOfMessages' as const];
  return Number((await sqs.getQueueAttributes({ QueueUrl, AttributeNames })).Attributes?.ApproximateNumberOfMessages);
}

test('what was received too often goes to the dead-letter queue, with its id and its time', async () => {
  const { cloud, sqs, arn, failed, work } = await pair();
  const { MessageId } = await sqs.sendMessage({ QueueUrl: work, MessageBody: 'poison' });
  const sent = String(cloud.now().getTime());
  cloud.advance('PT1M');
  assert.equal((await receive(cloud.root, work)).length, 1);
  assert.equal((await receive(cloud.root, work)).length, 1);
  assert.equal((await receive(cloud.root, work)).length, 0);
  const [dead] = await receive(cloud.root, failed);
  assert.equal(dead?.MessageId, MessageId);
  assert.equal(dead?.Attributes?.DeadLetterQueueSourceArn, arn('work'));
  assert.equal(dead?.Attributes?.SentTimestamp, sent);
  assert.equal(dead?.Attributes?.ApproximateReceiveCount, '1');
  assert.deepEqual((await sqs.listDeadLetterSourceQueues({ QueueUrl: failed })).queueUrls, [work]);
});

test('a group goes on when its head has failed', async () => {
  const { cloud, sqs, work, failed } = await pair('.fifo');
  for (const MessageBody of ['poison', 'fine'])
    await sqs.sendMessage({ QueueUrl: work, MessageBody, MessageGroupId: 'g' });
  for (let i = 0; i < 2; i++) assert.equal((await receive(cloud.root, work, 1))[0]?.Body, 'poison');
  assert.equal((await receive(cloud.root, work, 1))[0]?.Body, 'fine');
  assert.equal((await receive(cloud.root, failed))[0]?.Body, 'poison');
});

test('redrive policies are judged', async () => {
  const { sqs, arn, work, failed, make } = await pair();
  await make('strict', { RedriveAllowPolicy: '{"redrivePermission":"denyAll"}' });
  const listed = JSON.stringify({ redrivePermission: 'byQueue', sourceQueueArns: [arn('work')] });
  await make('choosy', { RedriveAllowPolicy: listed });
  const set = (QueueUrl: string, name: string, value: unknown) =>
    sqs.setQueueAttributes({
      QueueUrl,
      Attributes: { [name]: typeof value === 'string' ? value : JSON.stringify(value) },
    });
  const to = (name: string) => ({ deadLetterTargetArn: arn(name), maxReceiveCount: '3' });
  for (const policy of [
    'nonsense',
    {},
    to('nowhere'),
    to('strict'),
    { ...to('failed'), maxReceiveCount: 0 },
    { ...to('failed'), maxReceiveCount: 1001 },
    { ...to('failed'), more: 1 },
    { deadLetterTargetArn: `${arn('line')}.fifo`, maxReceiveCount: 1 },
  ]) {
    await refusal(set(work, 'RedrivePolicy', policy), 'InvalidParameterValue');
  }
  await set(work, 'RedrivePolicy', to('choosy'));
  await refusal(set(failed, 'RedrivePolicy', to('choosy')), 'InvalidParameterValue');
  for (const policy of ['x', { redrivePermission: 'some' }, { redrivePermission: 'byQueue' }]) {
    await refusal(set(failed, 'RedriveAllowPolicy', policy), 'InvalidParameterValue');
  }
});

test('a move task moves messages back where they failed, at its rate', async () => {
  const { cloud, sqs, arn, failed, work } = await pair();
  for (let i = 0; i < 12; i++) await sqs.sendMessage({ QueueUrl: work, MessageBody: `${i}` });
  for (let i = 0; i < 6; i++) await receive(cloud.root, work);
  assert.equal(await countIn(cloud.root, failed), 12);
  await sqs.setQueueAttributes({ QueueUrl: work, Attributes: { RedrivePolicy: '' } });
  const start = () => sqs.startMessageMoveTask({ SourceArn: arn('failed'), MaxNumberOfMessagesPerSecond: 5 });
  await refusal(start(), 'InvalidParameterValue');
  const policy = JSON.stringify({ deadLetterTargetArn: arn('failed'), maxReceiveCount: 100 });
  await sqs.setQueueAttributes({ QueueUrl: work, Attributes: { RedrivePolicy: policy } });
  const { TaskHandle } = await start();
  await refusal(start(), 'InvalidParameterValue');
  await cloud.settle();
  assert.equal(await countIn(cloud.root, failed), 7);
  cloud.advance('PT1S');
  await cloud.settle();
  const running = (await sqs.listMessageMoveTasks({ SourceArn: arn('failed') })).Results?.[0];
  assert.deepEqual(
    [running?.Status, running?.ApproximateNumberOfMessagesMoved, running?.ApproximateNumberOfMessagesToMove],
    ['RUNNING', 10, 12],
  );
  const cancelled = await sqs.cancelMessageMoveTask({ TaskHandle });
  assert.equal(cancelled.ApproximateNumberOfMessagesMoved, 10);
  await refusal(sqs.cancelMessageMoveTask({ TaskHandle }), 'UnsupportedOperation');
  await sqs.startMessageMoveTask({ SourceArn: arn('failed'), DestinationArn: arn('work') });
  cloud.advance('PT1S');
  await cloud.settle();
  const tasks = (await sqs.listMessageMoveTasks({ SourceArn: arn('failed'), MaxResults: 10 })).Results ?? [];
  assert.deepEqual(
    tasks.map(({ Status, TaskHandle: handle }) => [Status, handle]),
    [
      ['COMPLETED', undefined],
      ['CANCELLED', undefined],
    ],
  );
  assert.equal(await countIn(cloud.root, work), 12);
});

test('retention: what is older is gone, and its room with it', async () => {
  const { cloud, sqs, work } = await pair();
  await sqs.setQueueAttributes({ QueueUrl: work, Attributes: { MessageRetentionPeriod: '120' } });
  await sqs.sendMessage({ QueueUrl: work, MessageBody: 'old' });
  cloud.advance('PT1M');
  await sqs.sendMessage({ QueueUrl: work, MessageBody: 'new' });
  cloud.advance('PT1M');
  assert.deepEqual(
    (await receive(cloud.root, work)).map(({ Body }) => Body),
    ['new'],
  );
  cloud.advance('PT1M');
  await cloud.settle();
  assert.equal(await countIn(cloud.root, work), 0);
});
