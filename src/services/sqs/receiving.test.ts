import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataEventWishes } from '../../core/eventSelectors.ts';
import { testCloud } from '../../testing/cloud.ts';
import { refusal } from '../../testing/rejected.ts';

async function queue(Attributes: Record<string, string> = {}, quotas: Record<string, number> = {}) {
  const cloud = await testCloud({ quotas });
  const { sqs } = cloud.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work', Attributes });
  const send = (MessageBody: string, more: object = {}) => sqs.sendMessage({ QueueUrl, MessageBody, ...more });
  const receive = async (more: object = {}) => (await sqs.receiveMessage({ QueueUrl, ...more })).Messages ?? [];
  const counts = async () => {
    const { Attributes: a = {} } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['All'] });
    return [
      a.ApproximateNumberOfMessages,
      a.ApproximateNumberOfMessagesNotVisible,
      a.ApproximateNumberOfMessagesDelayed,
    ].map(Number);
  };
  return { cloud, sqs, QueueUrl: QueueUrl!, send, receive, counts };
}

/** Lets what was begun come to where it waits. */
const begun = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test('messages are counted as they are: visible, in flight, delayed', async () => {
  const { cloud, send, receive, counts } = await queue();
  for (let i = 0; i < 5; i++) await send(`${i}`);
  await send('later', { DelaySeconds: 900 });
  assert.deepEqual(await counts(), [5, 0, 1]);
  await receive({ MaxNumberOfMessages: 3 });
  await receive({ VisibilityTimeout: 43_200 });
  assert.deepEqual(await counts(), [1, 4, 1]);
  cloud.advance('PT29S');
  assert.deepEqual(await counts(), [1, 4, 1]);
  cloud.advance('PT1S');
  assert.deepEqual(await counts(), [4, 1, 1]);
  cloud.advance('PT14M30S');
  assert.deepEqual(await counts(), [5, 1, 0]);
  cloud.advance('PT12H');
  assert.deepEqual(await counts(), [6, 0, 0]);
});

test('who waits is woken by a message that becomes visible, whoever waits longer', async () => {
  const { cloud, send, receive } = await queue();
  await send('a', { DelaySeconds: 10 });
  const waiting = receive({ WaitTimeSeconds: 20 });
  await begun();
  cloud.advance('PT10S');
  assert.equal((await waiting)[0]?.Body, 'a');
});

test('who waits in vain is answered when its time is up', async () => {
  const { receive } = await queue({ ReceiveMessageWaitTimeSeconds: '1' });
  const began = performance.now();
  assert.deepEqual(await receive(), []);
  assert.ok(performance.now() - began >= 990);
  assert.deepEqual(await receive({ WaitTimeSeconds: 0 }), []);
});

test('one message wakes one of those who wait, and no wake is lost', async () => {
  const { send, receive } = await queue();
  const waiting = Array.from({ length: 30 }, () => receive({ WaitTimeSeconds: 20 }));
  await begun();
  await Promise.all(Array.from({ length: 30 }, (_, i) => send(`${i}`)));
  const got = (await Promise.all(waiting)).map(([message]) => message?.Body);
  assert.equal(new Set(got).size, 30);
});

test('a message made visible wakes who waits', async () => {
  const { sqs, QueueUrl, send, receive } = await queue();
  await send('a');
  const [held] = await receive();
  const waiting = receive({ WaitTimeSeconds: 20 });
  await begun();
  await sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle: held?.ReceiptHandle, VisibilityTimeout: 0 });
  assert.equal((await waiting)[0]?.Body, 'a');
});

test('who waits at a queue that is emptied goes on waiting at it', async () => {
  const { cloud, sqs, QueueUrl, send, receive } = await queue();
  await send('old', { DelaySeconds: 900 });
  const waiting = receive({ WaitTimeSeconds: 20 });
  await begun();
  await sqs.purgeQueue({ QueueUrl });
  await cloud.settle();
  await begun();
  await send('new');
  assert.equal((await waiting)[0]?.Body, 'new');
});

test('receivers side by side get different messages', async () => {
  const { send, receive } = await queue();
  for (let i = 0; i < 40; i++) await send(`${i}`);
  const got = await Promise.all(Array.from({ length: 40 }, () => receive()));
  assert.equal(new Set(got.map(([message]) => message?.Body)).size, 40);
});

test('so many messages may be in flight and no more', async () => {
  const { send, receive, sqs, QueueUrl } = await queue({}, { InflightMessages: 3 });
  for (let i = 0; i < 5; i++) await send(`${i}`);
  const held = await receive({ MaxNumberOfMessages: 3 });
  await refusal(receive(), 'OverLimit');
  await sqs.deleteMessage({ QueueUrl, ReceiptHandle: held[0]?.ReceiptHandle });
  assert.equal((await receive()).length, 1);
});

test('ChangeMessageVisibility: as long as a message is in flight, for twelve hours at most', async () => {
  const { cloud, sqs, QueueUrl, send, receive } = await queue();
  await send('a');
  const [held] = await receive();
  const hide = (VisibilityTimeout: number, ReceiptHandle = held?.ReceiptHandle) =>
    sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout });
  cloud.advance('PT20S');
  await refusal(hide(43_200), 'InvalidParameterValue');
  await refusal(hide(43_201), 'InvalidParameterValue');
  await refusal(hide(10, 'nonsense'), 'ReceiptHandleIsInvalid');
  await hide(60);
  cloud.advance('PT59S');
  assert.deepEqual(await receive(), []);
  cloud.advance('PT1S');
  await refusal(hide(60), 'MessageNotInflight');
  const other = await sqs.createQueue({ QueueName: 'other' });
  const elsewhere = sqs.deleteMessage({ QueueUrl: other.QueueUrl, ReceiptHandle: held?.ReceiptHandle });
  await refusal(elsewhere, 'ReceiptHandleIsInvalid');
});

test('attributes come as they are asked for', async () => {
  const { send, receive } = await queue();
  const MessageAttributes = {
    'a.one': { DataType: 'String', StringValue: '1' },
    'a.two': { DataType: 'String', StringValue: '2' },
    b: { DataType: 'Number', StringValue: '3' },
  };
  await send('x', { MessageAttributes });
  const names = async (MessageAttributeNames: string[]) =>
    Object.keys((await receive({ MessageAttributeNames, VisibilityTimeout: 0 }))[0]?.MessageAttributes ?? {});
  assert.deepEqual(await names([]), []);
  assert.deepEqual(await names(['b', 'none']), ['b']);
  assert.deepEqual(await names(['a.*']), ['a.one', 'a.two']);
  assert.deepEqual(await names(['.*']), ['a.one', 'a.two', 'b']);
  await refusal(receive({ AttributeNames: ['Colour'] }), 'InvalidAttributeName');
});

test('what cannot be sent is refused, and of a batch only what cannot', async () => {
  const { sqs, QueueUrl, send, receive } = await queue({ MaximumMessageSize: '1024' });
  await refusal(send(''), 'MissingParameter');
  await refusal(send('\u0000'), 'InvalidMessageContents');
  await refusal(send('\ufffe'), 'InvalidMessageContents');
  await refusal(send('x'.repeat(1025)), 'InvalidParameterValue');
  await refusal(send('x', { DelaySeconds: 901 }), 'InvalidParameterValue');
  const wrong = [
    { n: { DataType: 'Number', StringValue: 'ten' } },
    { n: { DataType: 'Colour', StringValue: 'red' } },
    { n: { DataType: 'String', StringValue: '' } },
    { 'AWS.n': { DataType: 'String', StringValue: 'x' } },
    Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`n${i}`, { DataType: 'String', StringValue: 'x' }])),
  ];
  for (const MessageAttributes of wrong) await refusal(send('x', { MessageAttributes }), 'InvalidParameterValue');
  const batch = (Entries: { Id: string; MessageBody: string }[]) => sqs.sendMessageBatch({ QueueUrl, Entries });
  const entry = (Id: string, MessageBody = 'x') => ({ Id, MessageBody });
  await refusal(batch([]), 'EmptyBatchRequest');
  await refusal(batch(Array.from({ length: 11 }, (_, i) => entry(`${i}`))), 'TooManyEntriesInBatchRequest');
  await refusal(batch([entry('a'), entry('a')]), 'BatchEntryIdsNotDistinct');
  await refusal(batch([entry('a b')]), 'InvalidBatchEntryId');
  const mixed = await batch([entry('good'), entry('bad', '\u0001')]);
  assert.deepEqual(
    [mixed.Successful?.map(({ Id }) => Id), mixed.Failed?.map(({ Id, Code }) => [Id, Code])],
    [['good'], [['bad', 'InvalidMessageContents']]],
  );
  const [held] = await receive();
  const Entries = [
    { Id: 'yes', ReceiptHandle: held?.ReceiptHandle },
    { Id: 'no', ReceiptHandle: 'nonsense' },
  ];
  const gone = await sqs.deleteMessageBatch({ QueueUrl, Entries });
  assert.deepEqual(
    [gone.Successful?.map(({ Id }) => Id), gone.Failed?.map(({ Id, Code }) => [Id, Code])],
    [['yes'], [['no', 'ReceiptHandleIsInvalid']]],
  );
});

test('a batch of more than 1 MiB is refused, one message of 1 MiB is not', async () => {
  const { sqs, QueueUrl, send, receive } = await queue();
  await send('é'.repeat(524_288));
  assert.equal((await receive())[0]?.Body?.length, 524_288);
  const half = 'x'.repeat(524_289);
  const Entries = [
    { Id: 'a', MessageBody: half },
    { Id: 'b', MessageBody: half },
  ];
  await refusal(sqs.sendMessageBatch({ QueueUrl, Entries }), 'BatchRequestTooLong');
});

test('calls on messages are data events: recorded where a trail asks for the queue, with its ARN', async () => {
  const { cloud, QueueUrl, send, receive } = await queue();
  const arn = `arn:aws:sqs:us-east-1:${cloud.managementAccount}:work`;
  const selectors = [[{ Field: 'resources.ARN', Equals: [arn] }]];
  await cloud.deps.store.transaction(async (tx) => {
    for (const account of ['*', cloud.managementAccount]) await tx.insert(dataEventWishes, { account, selectors });
  });
  await send('x');
  await receive();
  const data = (await cloud.deps.store.journal.read(0, 100)).filter(({ kind }) => kind === 'data');
  const records = data.map(({ body }) => JSON.parse(body));
  assert.deepEqual(
    records.map(({ eventName, eventCategory, readOnly }) => [eventName, eventCategory, readOnly]),
    [
      ['SendMessage', 'Data', false],
      ['ReceiveMessage', 'Data', true],
    ],
  );
  assert.deepEqual(records[0].resources, [{ ARN: arn, accountId: cloud.managementAccount, type: 'AWS::SQS::Queue' }]);
  assert.equal(records[0].requestParameters.queueUrl, QueueUrl);
  assert.ok(!JSON.stringify(records).includes('"x"'), 'no body is in a record');
});
