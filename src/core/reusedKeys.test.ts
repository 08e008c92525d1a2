import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../testing/cloud.ts';
import { refusal } from '../testing/rejected.ts';
import { reusedKeys } from './reusedKeys.ts';

const kept = async ({ deps }: Cloud) =>
  (await deps.store.transaction((tx) => tx.list(reusedKeys, [], { limit: 10 }))).rows.length;

test('a data key serves only the credentials that KMS gave it to, and is forgotten when its time is over', async () => {
  const cloud = await testCloud();
  const { sqs, kms, iam } = cloud.root;
  const { KeyMetadata } = await kms.createKey({});
  const Attributes = { KmsMasterKeyId: KeyMetadata!.KeyId! };
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work', Attributes });
  for (const MessageBody of ['a', 'b', 'c']) await sqs.sendMessage({ QueueUrl, MessageBody });
  const policy = (Action: string[], more: object = { Resource: '*' }) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, ...more }] });
  const { Role } = await iam.createRole({
    RoleName: 'reader',
    AssumeRolePolicyDocument: policy(['sts:AssumeRole'], { Principal: { AWS: cloud.managementAccount } }),
  });
  const may = { PolicyName: 'may', PolicyDocument: policy(['sqs:*', 'kms:Decrypt']) };
  await iam.putRolePolicy({ RoleName: 'reader', ...may });
  const key = await cloud.user('caller', JSON.parse(policy(['sts:AssumeRole'])));
  const session = async (Policy?: string) => {
    const asked = { RoleArn: Role!.Arn!, RoleSessionName: 'same', Policy };
    const { Credentials: c } = await key.sts.assumeRole(asked);
    const [accessKeyId, secretAccessKey, sessionToken] = [c!.AccessKeyId!, c!.SecretAccessKey!, c!.SessionToken!];
    return cloud.as({ accessKeyId, secretAccessKey, sessionToken });
  };
  const whole = await session();
  assert.equal((await whole.sqs.receiveMessage({ QueueUrl })).Messages?.[0]?.Body, 'a');
  cloud.advance('PT1S');
  const narrow = await session(policy(['sqs:*']));
  await refusal(narrow.sqs.receiveMessage({ QueueUrl }), 'KmsAccessDenied');
  assert.equal(await kept(cloud), 2);
  cloud.advance('PT1S');
  // A permission that is taken away serves no longer than the data key.
  await iam.putRolePolicy({ RoleName: 'reader', ...may, PolicyDocument: policy(['sqs:*']) });
  assert.equal((await whole.sqs.receiveMessage({ QueueUrl })).Messages?.[0]?.Body, 'b');
  cloud.advance('PT5M');
  await refusal(whole.sqs.receiveMessage({ QueueUrl }), 'KmsAccessDenied');
  await cloud.settle();
  assert.equal(await kept(cloud), 0);
});
