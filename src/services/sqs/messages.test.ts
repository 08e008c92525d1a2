import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

test('SendMessage and ReceiveMessage: a message comes with its digests, is hidden, and comes again', async () => {
  const cloud = await testCloud();
  const { sqs } = cloud.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work' });
  assert.equal(QueueUrl, `http://cloud.test/${cloud.managementAccount}/work`);
  const sent = await sqs.sendMessage({
    QueueUrl,
    MessageBody: 'This is a test message',
    MessageAttributes: {
      number: { DataType: 'Number.int', StringValue: '23' },
      bytes: { DataType: 'Binary', BinaryValue: Uint8Array.of(1, 2, 3) },
    },
    MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1-5759e988' } },
  });
  assert.equal(sent.MD5OfMessageBody, 'fafb00f5732ab283681e124bf8747ed1');
  const ask = { QueueUrl, MessageSystemAttributeNames: ['All' as const], MessageAttributeNames: ['All'] };
  const [message] = (await sqs.receiveMessage(ask)).Messages ?? [];
  assert.equal(message?.Body, 'This is a test message');
  assert.equal(message.MessageId, sent.MessageId);
  assert.equal(message.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
  assert.deepEqual(message.MessageAttributes?.bytes?.BinaryValue, Uint8Array.of(1, 2, 3));
  assert.deepEqual(message.Attributes, {
    SenderId: cloud.managementAccount,
    SentTimestamp: String(cloud.now().getTime()),
    ApproximateReceiveCount: '1',
    ApproximateFirstReceiveTimestamp: String(cloud.now().getTime()),
    AWSTraceHeader: 'Root=1-5759e988',
  });
  assert.equal((await sqs.receiveMessage(ask)).Messages, undefined);
  cloud.advance('PT30S');
  const again = (await sqs.receiveMessage(ask)).Messages?.[0];
  assert.equal(again?.Attributes?.ApproximateReceiveCount, '2');
  await sqs.deleteMessage({ QueueUrl, ReceiptHandle: again.ReceiptHandle });
  cloud.advance('PT31S');
  assert.equal((await sqs.receiveMessage(ask)).Messages, undefined);
});

test('ReceiveMessage waits, and is woken at once by what is sent', async () => {
  const cloud = await testCloud();
  const { sqs } = cloud.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work' });
  const waiting = [1, 2, 3].map(() => sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 }));
  await new Promise(setImmediate);
  for (const MessageBody of ['a', 'b', 'c']) await sqs.sendMessage({ QueueUrl, MessageBody });
  const got = (await Promise.all(waiting)).map(({ Messages }) => Messages?.[0]?.Body);
  assert.deepEqual(got.toSorted(), ['a', 'b', 'c']);
});
