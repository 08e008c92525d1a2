import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { refusal } from '../../testing/rejected.ts';
import { signed } from '../../testing/signed.ts';

const ALLOW_ALL = (Resource: string, Action: string, Principal: unknown = '*') =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal, Action, Resource }] });

test('CreateQueue: a new queue has the defaults that AWS documents', async () => {
  const cloud = await testCloud();
  const { sqs } = cloud.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'plain' });
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['All'] });
  const created = String(cloud.now().getTime() / 1000);
  const common = {
    ApproximateNumberOfMessages: '0',
    ApproximateNumberOfMessagesNotVisible: '0',
    ApproximateNumberOfMessagesDelayed: '0',
    CreatedTimestamp: created,
    LastModifiedTimestamp: created,
    VisibilityTimeout: '30',
    MaximumMessageSize: '1048576',
    MessageRetentionPeriod: '345600',
    DelaySeconds: '0',
    ReceiveMessageWaitTimeSeconds: '0',
    SqsManagedSseEnabled: 'true',
  };
  assert.deepEqual(
    { ...Attributes },
    { QueueArn: `arn:aws:sqs:us-east-1:${cloud.managementAccount}:plain`, ...common },
  );
  const fifo = await sqs.createQueue({ QueueName: 'line.fifo', Attributes: { FifoQueue: 'true' } });
  const more = await sqs.getQueueAttributes({ QueueUrl: fifo.QueueUrl, AttributeNames: ['All'] });
  assert.deepEqual(
    { ...more.Attributes },
    {
      QueueArn: `arn:aws:sqs:us-east-1:${cloud.managementAccount}:line.fifo`,
      ...common,
      FifoQueue: 'true',
      ContentBasedDeduplication: 'false',
      DeduplicationScope: 'queue',
      FifoThroughputLimit: 'perQueue',
    },
  );
});

test('SetQueueAttributes: what is set is read back the same, and what cannot be is refused', async () => {
  const { root, managementAccount } = await testCloud();
  const { sqs } = root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work' });
  const arn = `arn:aws:sqs:us-east-1:${managementAccount}:work`;
  const set = {
    VisibilityTimeout: '0',
    MaximumMessageSize: '1024',
    MessageRetentionPeriod: '1209600',
    DelaySeconds: '900',
    ReceiveMessageWaitTimeSeconds: '20',
    Policy: ALLOW_ALL(arn, 'sqs:SendMessage', { Service: 'sns.amazonaws.com' }),
    KmsMasterKeyId: 'alias/aws/sqs',
    RedriveAllowPolicy: `{ "redrivePermission" : "byQueue", "sourceQueueArns" : [ "${arn}2" ] }`,
  };
  await sqs.setQueueAttributes({ QueueUrl, Attributes: set });
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['All'] });
  for (const [name, value] of Object.entries(set)) assert.equal(Attributes?.[name as keyof typeof set], value);
  assert.equal(Attributes?.SqsManagedSseEnabled, 'false');
  assert.equal(Attributes?.KmsDataKeyReusePeriodSeconds, '300');
  const values: [string, string][] = [
    ['VisibilityTimeout', '43201'],
    ['VisibilityTimeout', '-1'],
    ['DelaySeconds', '901'],
    ['MaximumMessageSize', '1023'],
    ['MaximumMessageSize', '1048577'],
    ['MessageRetentionPeriod', '59'],
    ['ReceiveMessageWaitTimeSeconds', '21'],
    ['SqsManagedSseEnabled', 'yes'],
    ['Policy', '{'],
    ['Policy', ALLOW_ALL(arn, 's3:GetObject')],
    ['Policy', ALLOW_ALL(arn, 'sqs:*', { AWS: `arn:aws:iam::${managementAccount}:role/nobody` })],
  ];
  for (const [name, value] of values) {
    await refusal(sqs.setQueueAttributes({ QueueUrl, Attributes: { [name]: value } }), 'InvalidAttributeValue');
  }
  for (const name of ['Colour', 'QueueArn', 'FifoQueue', 'ContentBasedDeduplication']) {
    const setting = sqs.setQueueAttributes({ QueueUrl, Attributes: { [name]: 'true' } });
    await assert.rejects(setting, { name: 'InvalidAttributeName', message: `Unknown Attribute ${name}.` });
  }
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy: '', KmsMasterKeyId: '', RedriveAllowPolicy: '' } });
  const after = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['Policy', 'KmsMasterKeyId'] });
  assert.equal(after.Attributes, undefined);
});

test('CreateQueue is idempotent for the same attributes, and says which one differs', async () => {
  const cloud = await testCloud();
  const { sqs } = cloud.root;
  const asked = { QueueName: 'work', Attributes: { VisibilityTimeout: '10' } };
  const first = await sqs.createQueue(asked);
  assert.equal((await sqs.createQueue(asked)).QueueUrl, first.QueueUrl);
  assert.equal((await sqs.createQueue({ QueueName: 'work' })).QueueUrl, first.QueueUrl);
  await assert.rejects(sqs.createQueue({ QueueName: 'work', Attributes: { VisibilityTimeout: '11' } }), {
    name: 'QueueNameExists',
    message: 'A queue already exists with the same name and a different value for attribute VisibilityTimeout',
  });
  for (const QueueName of ['', 'a b', 'x'.repeat(81), 'line.fifo', 'ü']) {
    await refusal(sqs.createQueue({ QueueName }), 'InvalidParameterValue');
  }
  const line = { QueueName: 'line', Attributes: { FifoQueue: 'true' } };
  await refusal(sqs.createQueue(line), 'InvalidParameterValue');
});

test('DeleteQueue: its name is free again after a minute, its messages are gone', async () => {
  const cloud = await testCloud();
  const { sqs } = cloud.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work' });
  await sqs.sendMessage({ QueueUrl, MessageBody: 'old' });
  await sqs.deleteQueue({ QueueUrl });
  await refusal(sqs.sendMessage({ QueueUrl, MessageBody: 'late' }), 'QueueDoesNotExist');
  await refusal(sqs.createQueue({ QueueName: 'work' }), 'QueueDeletedRecently');
  cloud.advance('PT60S');
  await sqs.createQueue({ QueueName: 'work' });
  await cloud.settle();
  assert.equal((await sqs.receiveMessage({ QueueUrl })).Messages, undefined);
});

test('PurgeQueue empties at once, once a minute', async () => {
  const cloud = await testCloud();
  const { sqs } = cloud.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work' });
  await sqs.sendMessage({ QueueUrl, MessageBody: 'a' });
  const [held] = (await sqs.receiveMessage({ QueueUrl })).Messages ?? [];
  await sqs.sendMessage({ QueueUrl, MessageBody: 'b' });
  await sqs.purgeQueue({ QueueUrl });
  await refusal(sqs.purgeQueue({ QueueUrl }), 'PurgeQueueInProgress');
  cloud.advance('PT60S');
  assert.equal((await sqs.receiveMessage({ QueueUrl })).Messages, undefined);
  await sqs.deleteMessage({ QueueUrl, ReceiptHandle: held!.ReceiptHandle });
  await sqs.purgeQueue({ QueueUrl });
  await cloud.settle();
});

test('ListQueues by prefix and by page; GetQueueUrl whatever host the client uses', async () => {
  const cloud = await testCloud();
  const { sqs } = cloud.root;
  for (const QueueName of ['a-1', 'a-2', 'a-3', 'b-1']) await sqs.createQueue({ QueueName });
  const url = (name: string) => `http://cloud.test/${cloud.managementAccount}/${name}`;
  assert.deepEqual((await sqs.listQueues({})).QueueUrls, ['a-1', 'a-2', 'a-3', 'b-1'].map(url));
  const first = await sqs.listQueues({ QueueNamePrefix: 'a', MaxResults: 2 });
  assert.deepEqual(first.QueueUrls, [url('a-1'), url('a-2')]);
  const rest = await sqs.listQueues({ QueueNamePrefix: 'a', MaxResults: 2, NextToken: first.NextToken });
  assert.deepEqual(rest, { $metadata: rest.$metadata, QueueUrls: [url('a-3')] });
  await refusal(sqs.listQueues({ MaxResults: 1, NextToken: 'forged' }), 'InvalidParameterValue');
  assert.equal((await sqs.getQueueUrl({ QueueName: 'a-1' })).QueueUrl, url('a-1'));
  await refusal(sqs.getQueueUrl({ QueueName: 'nowhere' }), 'QueueDoesNotExist');
  await sqs.sendMessage({
    QueueUrl: `https://sqs.us-east-1.amazonaws.com/${cloud.managementAccount}/a-1`,
    MessageBody: 'x',
  });
  assert.equal((await sqs.receiveMessage({ QueueUrl: url('a-1') })).Messages?.[0]?.Body, 'x');
});

test('tags are kept, changed, removed and judged', async () => {
  const { root } = await testCloud();
  const { sqs } = root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work', tags: { team: 'red', stage: 'dev' } });
  await sqs.tagQueue({ QueueUrl, Tags: { team: 'blue', cost: '' } });
  assert.deepEqual((await sqs.listQueueTags({ QueueUrl })).Tags, { team: 'blue', stage: 'dev', cost: '' });
  await sqs.untagQueue({ QueueUrl, TagKeys: ['stage', 'none'] });
  assert.deepEqual((await sqs.listQueueTags({ QueueUrl })).Tags, { team: 'blue', cost: '' });
  await refusal(sqs.tagQueue({ QueueUrl, Tags: { 'aws:x': '1' } }), 'InvalidParameterValue');
  const many = Object.fromEntries(Array.from({ length: 49 }, (_, i) => [`k${i}`, 'v']));
  await refusal(sqs.tagQueue({ QueueUrl, Tags: many }), 'InvalidParameterValue');
});

test('another account may what the queue policy lets it, and never what only the owner may', async () => {
  const cloud = await testCloud();
  const { sqs } = cloud.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work' });
  const other = await cloud.memberAccount('other');
  const there = other.root.sqs;
  await refusal(there.sendMessage({ QueueUrl, MessageBody: 'x' }), 'AccessDeniedException');
  await refusal(there.sendMessage({ QueueUrl: `${QueueUrl}-none`, MessageBody: 'x' }), 'AccessDeniedException');
  await sqs.addPermission({ QueueUrl, Label: 'let', AWSAccountIds: [other.id], Actions: ['*'] });
  const sent = await there.sendMessage({ QueueUrl, MessageBody: 'from afar' });
  assert.equal((await sqs.receiveMessage({ QueueUrl })).Messages?.[0]?.MessageId, sent.MessageId);
  await refusal(there.deleteQueue({ QueueUrl }), 'AccessDeniedException');
  await refusal(there.setQueueAttributes({ QueueUrl, Attributes: { DelaySeconds: '1' } }), 'AccessDeniedException');
  await refusal(
    sqs.addPermission({ QueueUrl, Label: 'let', AWSAccountIds: [other.id], Actions: ['*'] }),
    'InvalidParameterValue',
  );
  await sqs.removePermission({ QueueUrl, Label: 'let' });
  await refusal(there.sendMessage({ QueueUrl, MessageBody: 'x' }), 'AccessDeniedException');
  await refusal(sqs.removePermission({ QueueUrl, Label: 'let' }), 'InvalidParameterValue');
});

test('policies are as long as AWS lets them be', async () => {
  const cloud = await testCloud();
  const { sqs } = cloud.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work' });
  const one = { Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: '*' };
  const set = (...Statement: object[]) => {
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
    return sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
  };
  const over = async (call: Promise<unknown>, message: string) =>
    assert.equal((await refusal(call, 'OverLimit')).message, message);
  const names = ['SendMessage', 'ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility', 'GetQueueUrl'];
  const Actions = [...names, 'GetQueueAttributes', 'PurgeQueue', 'ListDeadLetterSourceQueues'];
  const Action = Actions.map((name) => `sqs:${name}`);
  await set(...Array.from({ length: 20 }, () => ({ ...one, Action: Action.slice(1) })));
  const inStatement = 'were found in a statement from the submitted policy, max allowed is';
  await over(set({ ...one, Action }), `8 actions ${inStatement} 7`);
  const AWS = Array.from({ length: 51 }, (_, n) => `${111122223333 + n}`);
  await over(set({ ...one, Principal: { AWS } }), `51 principals ${inStatement} 50`);
  const StringEquals = Object.fromEntries(AWS.slice(0, 11).map((id) => [`aws:RequestTag/${id}`, 'x']));
  await over(set({ ...one, Condition: { StringEquals } }), `11 conditions ${inStatement} 10`);
  const statements = Array.from({ length: 21 }, () => one);
  await over(set(...statements), '21 statements were found in the submitted policy, max allowed is 20');
  await over(set({ ...one, Sid: 'x'.repeat(8200) }), 'Submitted policy is over max allowed size.');
  const AWSAccountIds = ['111122223333'];
  const add = sqs.addPermission({ QueueUrl, Label: 'let', AWSAccountIds, Actions });
  await over(add, '8 Actions were found, maximum allowed is 7.');
});

test('a queue open to everybody takes messages from who does not sign', async () => {
  const cloud = await testCloud();
  const { sqs } = cloud.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'open' });
  await refusal(cloud.unsigned.sqs.sendMessage({ QueueUrl, MessageBody: 'x' }), 'AccessDeniedException');
  const arn = `arn:aws:sqs:us-east-1:${cloud.managementAccount}:open`;
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy: ALLOW_ALL(arn, 'sqs:SendMessage') } });
  await cloud.unsigned.sqs.sendMessage({ QueueUrl, MessageBody: 'x' });
  await refusal(cloud.unsigned.sqs.receiveMessage({ QueueUrl }), 'AccessDeniedException');
  assert.equal((await sqs.receiveMessage({ QueueUrl })).Messages?.[0]?.Body, 'x');
});

test('a query may name the queue by its path, as a GET too', async () => {
  const cloud = await testCloud();
  const { sqs } = cloud.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work' });
  const path = `/${cloud.managementAccount}/work`;
  const key = await cloud.keyFor(cloud.managementAccount);
  const signing = { ...key, service: 'sqs' };
  const query = 'Action=SendMessage&MessageBody=a%20b&Version=2012-11-05';
  const got = await cloud.send(signed({ method: 'GET', path, query }, signing));
  assert.match(String(got.body), /<SendMessageResult><MessageId>|<MD5OfMessageBody>/);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = Buffer.from('Action=ReceiveMessage&AttributeName.1=All&Version=2012-11-05');
  const posted = await cloud.send(signed({ path: `${path}/`, body, headers }, signing));
  assert.match(String(posted.body), /<Body>a b<\/Body>/);
  assert.match(String(posted.body), /<Attribute><Name>ApproximateReceiveCount<\/Name><Value>1<\/Value><\/Attribute>/);
  const none = await cloud.send(signed({ path: `${path}-none`, body, headers }, signing));
  assert.match(String(none.body), /<Code>AWS\.SimpleQueueService\.NonExistentQueue<\/Code>/);
  assert.ok(QueueUrl?.endsWith(path));
});
