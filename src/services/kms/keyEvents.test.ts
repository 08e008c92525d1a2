/** What EventBridge hears of a key's life: a rule for `aws.kms` and the queue that it sends to. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { importInto } from '../../testing/importedKeys.ts';

/** What has come into the queue since it was last asked. */
async function listener(cloud: Cloud) {
  const { events, sqs } = cloud.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'told' });
  const Resource = `arn:aws:sqs:us-east-1:${cloud.managementAccount}:told`;
  const allow = {
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource,
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: allow });
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
  const own = { source: ['aws.kms'], 'detail-type': [{ prefix: 'KMS ' }] };
  await events.putRule({ Name: 'keys', EventPattern: JSON.stringify(own) });
  await events.putTargets({ Rule: 'keys', Targets: [{ Id: '1', Arn: Resource }] });
  return async () => {
    await cloud.settle();
    const { Messages = [] } = await sqs.receiveMessage({
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 43_200,
    });
    for (const { ReceiptHandle } of Messages) await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
    return Messages.map(({ Body }) => JSON.parse(Body!)).map((event) => [
      event['detail-type'],
      event.account,
      event.resources,
      event.detail,
    ]);
  };
}

test('rotation, expiry of imported material and deletion are told, each once', async () => {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const heard = await listener(cloud);
  const { KeyId, Arn } = (await kms.createKey({})).KeyMetadata!;
  const currentOf = async () => (await kms.describeKey({ KeyId })).KeyMetadata!.CurrentKeyMaterialId;
  const before = await currentOf();
  await kms.rotateKeyOnDemand({ KeyId });
  const account = cloud.managementAccount;
  const rotated = {
    ...{ 'key-id': KeyId, 'key-origin': 'AWS_KMS', 'rotation-type': 'ON_DEMAND' },
    ...{ 'previous-key-material-id': before, 'current-key-material-id': await currentOf() },
  };
  assert.deepEqual(await heard(), [['KMS CMK Rotation', account, [Arn], rotated]]);

  const external = (await kms.createKey({ Origin: 'EXTERNAL' })).KeyMetadata!;
  const ValidTo = new Date(cloud.now().getTime() + 90_000);
  const material = await importInto(kms, external.KeyId!, randomBytes(32), { ValidTo });
  assert.deepEqual(await heard(), []);
  cloud.advance('PT2M');
  const expired = { 'key-id': external.KeyId, 'key-material-id': material };
  assert.deepEqual(await heard(), [['KMS Imported Key Material Expiration', account, [external.Arn], expired]]);

  await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
  assert.deepEqual(await heard(), []);
  cloud.advance('P7D');
  assert.deepEqual(await heard(), [['KMS CMK Deletion', account, [Arn], { 'key-id': KeyId }]]);
});
