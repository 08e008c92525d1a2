import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { refusal } from '../../testing/rejected.ts';

async function line(attributes: Record<string, string> = {}) {
  const cloud = await testCloud();
  const { sqs } = cloud.root;
  const Attributes = { FifoQueue: 'true', ContentBasedDeduplication: 'true', ...attributes };
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'line.fifo', Attributes });
  return {
    cloud,
    sqs,
    QueueUrl: QueueUrl!,
    send: (MessageBody: string, MessageGroupId = 'g', more: object = {}) =>
      sqs.sendMessage({ QueueUrl, MessageBody, MessageGroupId, ...more }),
    receive: async (MaxNumberOfMessages = 1, more: object = {}) =>
      (
        await sqs.receiveMessage({
          QueueUrl,
          MaxNumberOfMessages,
          MessageSystemAttributeNames: ['All'],
          ...more,
        })
      ).Messages ?? [],
    remove: (ReceiptHandle: string | undefined) => sqs.deleteMessage({ QueueUrl, ReceiptHandle }),
  };
}

const bodies = (messages: readonly { Body?: string | undefined }[]) => messages.map(({ Body }) => Body).join('');

test('messages of a group come in order, and none while one is in flight; other groups go on', async () => {
  const { cloud, send, receive, remove } = await line();
  for (const [body, group] of ['a1', 'b1', 'a2', 'a3', 'b2'].map((text) => [text, text[0]!])) await send(body!, group);
  const [first] = await receive();
  assert.equal(first?.Body, 'a1');
  assert.equal(first.Attributes?.MessageGroupId, 'a');
  const others = await receive(10);
  assert.equal(bodies(others), 'b1b2');
  assert.deepEqual(await receive(10), []);
  await remove(first.ReceiptHandle);
  const next = await receive(10);
  assert.equal(bodies(next), 'a2a3');
  await remove(next[0]?.ReceiptHandle);
  assert.deepEqual(await receive(10), []);
  cloud.advance('PT30S');
  assert.equal(bodies(await receive(10)), 'b1b2a3');
});

test('sequence numbers grow, also when the clock goes back', async () => {
  const { cloud, send, receive } = await line();
  const first = await send('1');
  const hour = 3_600_000;
  const { now } = cloud.deps;
  Object.assign(cloud.deps, { now: () => new Date(now().getTime() - hour) });
  const second = await send('2');
  Object.assign(cloud.deps, { now });
  assert.match(first.SequenceNumber!, /^\d{20}$/);
  assert.ok(second.SequenceNumber! > first.SequenceNumber!);
  assert.equal(bodies(await receive(10)), '12');
});

test('what was sent within five minutes is not sent again', async () => {
  const { cloud, send, receive } = await line();
  const first = await send('same');
  const again = await send('same', 'other');
  assert.equal(again.MessageId, first.MessageId);
  assert.equal(again.SequenceNumber, first.SequenceNumber);
  await send('same', 'g', { MessageDeduplicationId: 'explicit' });
  assert.equal((await receive(10)).length, 2);
  cloud.advance('PT5M');
  await cloud.settle();
  assert.notEqual((await send('same')).MessageId, first.MessageId);
});

test('deduplication within message groups, where the queue says so', async () => {
  const { send, receive } = await line({
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
  });
  for (const group of ['a', 'b', 'a']) await send('same', group);
  assert.equal((await receive(10)).length, 2);
});

test('a receive is repeated under its attempt id, as long as nothing has touched its messages', async () => {
  const { cloud, send, receive, remove } = await line();
  await send('1');
  await send('2');
  const first = await receive(10, { ReceiveRequestAttemptId: 'try' });
  cloud.advance('PT20S');
  const again = await receive(10, { ReceiveRequestAttemptId: 'try' });
  assert.deepEqual(
    again.map(({ ReceiptHandle }) => ReceiptHandle),
    first.map(({ ReceiptHandle }) => ReceiptHandle),
  );
  assert.equal(again[0]?.Attributes?.ApproximateReceiveCount, '1');
  cloud.advance('PT20S');
  assert.deepEqual(await receive(10), [], 'hidden anew by the second receive');
  await remove(again[0]?.ReceiptHandle);
  assert.deepEqual(await receive(10, { ReceiveRequestAttemptId: 'try' }), []);
});

test('a receipt handle is void once the message is visible again', async () => {
  const { cloud, send, receive, remove, sqs, QueueUrl } = await line();
  await send('1');
  const [first] = await receive();
  cloud.advance('PT30S');
  const { message } = await refusal(remove(first?.ReceiptHandle), 'InvalidParameterValue');
  assert.match(message, /Reason: The receipt handle has expired\.$/);
  const [second] = await receive();
  await refusal(remove(first?.ReceiptHandle), 'InvalidParameterValue');
  await sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle: second?.ReceiptHandle, VisibilityTimeout: 0 });
  assert.equal(bodies(await receive()), '1');
});

test('parameters that are not for a queue of this kind are refused', async () => {
  const { sqs, send, QueueUrl } = await line({ ContentBasedDeduplication: 'false' });
  await refusal(sqs.sendMessage({ QueueUrl, MessageBody: 'x', MessageDeduplicationId: 'd' }), 'MissingParameter');
  assert.equal(
    (await refusal(send('x'), 'InvalidParameterValue')).message,
    'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  );
  await refusal(send('x', 'g', { MessageDeduplicationId: 'd', DelaySeconds: 5 }), 'InvalidParameterValue');
  await refusal(send('x', 'ü', { MessageDeduplicationId: 'd' }), 'InvalidParameterValue');
  const plain = await sqs.createQueue({ QueueName: 'plain' });
  const unfit = { QueueUrl: plain.QueueUrl, MessageBody: 'x', MessageDeduplicationId: 'd' };
  await refusal(sqs.sendMessage(unfit), 'InvalidParameterValue');
  const limit = sqs.setQueueAttributes({ QueueUrl, Attributes: { FifoThroughputLimit: 'perMessageGroupId' } });
  await refusal(limit, 'InvalidAttributeValue');
});

test('a delay of the queue holds back whole groups', async () => {
  const { cloud, send, receive } = await line({ DelaySeconds: '10' });
  await send('1');
  cloud.advance('PT5S');
  await send('2');
  assert.deepEqual(await receive(10), []);
  cloud.advance('PT5S');
  const [first] = await receive(10);
  assert.equal(first?.Body, '1');
});
