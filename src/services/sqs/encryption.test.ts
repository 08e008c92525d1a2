import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servicePrincipal } from '../../core/context.ts';
import { errand } from '../../gateway/errand.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { refusal } from '../../testing/rejected.ts';
import { contents } from './messages.ts';

const MARK = 'what nobody but the receiver may read';

async function stored(cloud: Cloud): Promise<string> {
  const { rows } = await cloud.deps.store.transaction((tx) => tx.list(contents, [], { limit: 10 }));
  return JSON.stringify(rows);
}

/** How often KMS was called, by operation. */
async function kmsCalls(cloud: Cloud): Promise<Record<string, number>> {
  const calls: Record<string, number> = {};
  for (const { body } of await cloud.deps.store.journal.read(0, 10_000)) {
    const { eventSource, eventName } = JSON.parse(body);
    if (eventSource === 'kms.amazonaws.com') calls[eventName] = (calls[eventName] ?? 0) + 1;
  }
  return calls;
}

const receiveBody = async ({ sqs }: Cloud['root'], QueueUrl: string | undefined) =>
  (await sqs.receiveMessage({ QueueUrl, VisibilityTimeout: 0 })).Messages?.[0]?.Body;

test('bodies are sealed at rest, unless the owner turned that off', async () => {
  const cloud = await testCloud();
  const { sqs } = cloud.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work' });
  await sqs.sendMessage({ QueueUrl, MessageBody: MARK });
  assert.ok(!(await stored(cloud)).includes(MARK));
  assert.equal(await receiveBody(cloud.root, QueueUrl), MARK);
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { SqsManagedSseEnabled: 'false' } });
  await sqs.sendMessage({ QueueUrl, MessageBody: MARK });
  assert.ok((await stored(cloud)).includes(MARK));
});

test('a key of KMS is asked for once in a reuse period, with the queue in its context', async () => {
  const cloud = await testCloud();
  const { sqs, kms } = cloud.root;
  const { KeyMetadata } = await kms.createKey({});
  const KmsMasterKeyId = KeyMetadata!.KeyId!;
  const Attributes = { KmsMasterKeyId, KmsDataKeyReusePeriodSeconds: '60' };
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work', Attributes });
  for (let i = 0; i < 3; i++) await sqs.sendMessage({ QueueUrl, MessageBody: MARK });
  assert.ok(!(await stored(cloud)).includes(MARK));
  assert.deepEqual(await kmsCalls(cloud), { CreateKey: 1, GenerateDataKey: 1, Decrypt: 1 });
  for (let i = 0; i < 3; i++) assert.equal(await receiveBody(cloud.root, QueueUrl), MARK);
  assert.deepEqual(await kmsCalls(cloud), { CreateKey: 1, GenerateDataKey: 1, Decrypt: 2 });
  cloud.advance('PT61S');
  await sqs.sendMessage({ QueueUrl, MessageBody: MARK });
  assert.equal((await kmsCalls(cloud)).GenerateDataKey, 2);
  await kms.disableKey({ KeyId: KmsMasterKeyId });
  await sqs.sendMessage({ QueueUrl, MessageBody: 'within the period' });
  cloud.advance('PT61S');
  await refusal(sqs.sendMessage({ QueueUrl, MessageBody: 'x' }), 'KmsDisabled');
  await refusal(sqs.receiveMessage({ QueueUrl }), 'KmsDisabled');
});

test('who sends must be allowed to use the key, be it a service', async () => {
  const cloud = await testCloud();
  const { sqs, kms } = cloud.root;
  const { KeyMetadata } = await kms.createKey({});
  const KmsMasterKeyId = KeyMetadata!.Arn!;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work', Attributes: { KmsMasterKeyId } });
  const sender = await cloud.user('sender', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sqs:*', Resource: '*' }],
  });
  await refusal(sender.sqs.sendMessage({ QueueUrl, MessageBody: 'x' }), 'KmsAccessDenied');
  const arn = `arn:aws:sqs:us-east-1:${cloud.managementAccount}:work`;
  const sns = { Service: 'sns.amazonaws.com' };
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: sns, Action: 'sqs:SendMessage', Resource: arn }],
  });
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
  const role = { principal: 'sns.amazonaws.com', account: cloud.managementAccount, region: 'us-east-1' };
  const send = () =>
    errand(cloud.deps, role, (ctx) =>
      ctx.call('sqs', 'SendMessage', { QueueUrl, MessageBody: MARK }, servicePrincipal('sns.amazonaws.com')),
    );
  await refusal(send(), 'KmsAccessDenied');
  const root = { AWS: `arn:aws:iam::${cloud.managementAccount}:root` };
  await kms.putKeyPolicy({
    KeyId: KmsMasterKeyId,
    Policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: root, Action: 'kms:*', Resource: '*' },
        { Effect: 'Allow', Principal: sns, Action: ['kms:GenerateDataKey*', 'kms:Decrypt'], Resource: '*' },
      ],
    }),
  });
  await send();
  assert.equal(await receiveBody(cloud.root, QueueUrl), MARK);
});

test('alias/aws/sqs works for principals of the account', async () => {
  const cloud = await testCloud();
  const { sqs } = cloud.root;
  const Attributes = { KmsMasterKeyId: 'alias/aws/sqs' };
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work', Attributes });
  await sqs.sendMessage({ QueueUrl, MessageBody: MARK });
  assert.equal(await receiveBody(cloud.root, QueueUrl), MARK);
});

test('a receiver whom KMS refuses keeps no message from those whom it lets', async () => {
  const cloud = await testCloud();
  const { sqs, kms } = cloud.root;
  const { KeyMetadata } = await kms.createKey({});
  const Attributes = { KmsMasterKeyId: KeyMetadata!.KeyId! };
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work', Attributes });
  for (const MessageBody of ['a', 'b', 'c']) await sqs.sendMessage({ QueueUrl, MessageBody });
  const blind = await cloud.user('blind', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sqs:*', Resource: '*' }],
  });
  await refusal(blind.sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 2 }), 'KmsAccessDenied');
  cloud.advance('PT1S');
  const { Messages = [] } = await sqs.receiveMessage({
    QueueUrl,
    MaxNumberOfMessages: 10,
    MessageSystemAttributeNames: ['ApproximateReceiveCount'],
  });
  assert.deepEqual(
    Messages.map(({ Body, Attributes }) => [Body, Attributes?.ApproximateReceiveCount]),
    [
      ['a', '1'],
      ['b', '1'],
      ['c', '1'],
    ],
  );
});
