import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { receiveAll, subscribedQueue } from '../../testing/queues.ts';

test('Publish reaches a queue that lets the topic in, and leaves no trace at one that does not', async () => {
  const cloud = await testCloud();
  const { sns } = cloud.root;
  const { TopicArn } = await sns.createTopic({ Name: 'news' });
  const { QueueUrl } = await subscribedQueue(cloud, TopicArn!, 'inbox');
  const closed = await subscribedQueue(cloud, TopicArn!, 'closed', { open: false });
  const { MessageId } = await sns.publish({ TopicArn, Message: 'hello', Subject: 'greeting' });
  await cloud.settle();
  const [message] = await receiveAll(cloud, QueueUrl);
  const body = JSON.parse(message!.Body!);
  assert.equal(body.Message, 'hello');
  assert.equal(body.MessageId, MessageId);
  assert.deepEqual(Object.keys(body), [
    'Type',
    'MessageId',
    'TopicArn',
    'Subject',
    'Message',
    'Timestamp',
    'SignatureVersion',
    'Signature',
    'SigningCertURL',
    'UnsubscribeURL',
  ]);
  assert.deepEqual(await receiveAll(cloud, closed.QueueUrl), []);
});
