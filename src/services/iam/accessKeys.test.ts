import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, testCloud } from '../../testing/cloud.ts';

test('CreateAccessKey makes two keys a user that sign requests, and tells each secret once', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  await iam.createUser({ UserName: 'alice' });
  await iam.putUserPolicy({ UserName: 'alice', PolicyName: 'all', PolicyDocument: ADMIN });
  const { AccessKey } = await iam.createAccessKey({ UserName: 'alice' });
  const alice = cloud.as({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! });
  const own = await alice.iam.createAccessKey({});
  assert.equal(own.AccessKey?.UserName, 'alice');
  await assert.rejects(alice.iam.createAccessKey({}), {
    name: 'LimitExceededException',
    message: 'Cannot exceed quota for AccessKeysPerUser: 2',
  });
  const { AccessKeyMetadata } = await alice.iam.listAccessKeys({});
  assert.deepEqual(
    AccessKeyMetadata?.map((key) => ({ ...key, AccessKeyId: undefined })),
    [1, 2].map(() => ({ UserName: 'alice', AccessKeyId: undefined, Status: 'Active', CreateDate: cloud.now() })),
  );
  await iam.updateAccessKey({ UserName: 'alice', AccessKeyId: AccessKey?.AccessKeyId, Status: 'Inactive' });
  await assert.rejects(alice.iam.listAccessKeys({}), { name: 'InvalidClientTokenId' });
  await iam.deleteAccessKey({ UserName: 'alice', AccessKeyId: AccessKey?.AccessKeyId });
  await assert.rejects(iam.deleteAccessKey({ UserName: 'alice', AccessKeyId: AccessKey?.AccessKeyId }), {
    name: 'NoSuchEntityException',
    message: `The Access Key with id ${AccessKey?.AccessKeyId} cannot be found.`,
  });
  await assert.rejects(iam.deleteAccessKey({ UserName: 'nobody', AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' }), {
    message: 'The user with name nobody cannot be found.',
  });
});

test('a key of one user is not found under another', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  await iam.createUser({ UserName: 'alice' });
  await iam.createUser({ UserName: 'bob' });
  const { AccessKey } = await iam.createAccessKey({ UserName: 'alice' });
  const { AccessKeyId } = AccessKey!;
  await assert.rejects(iam.updateAccessKey({ UserName: 'bob', AccessKeyId, Status: 'Inactive' }), {
    name: 'NoSuchEntityException',
  });
  await assert.rejects(iam.deleteAccessKey({ AccessKeyId }), { name: 'NoSuchEntityException' });
});

test('the root user lists and removes its own keys, after which they sign nothing', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  const [key] = (await iam.listAccessKeys({})).AccessKeyMetadata ?? [];
  assert.equal(key?.UserName, undefined);
  const second = await iam.createAccessKey({});
  const other = cloud.as({
    accessKeyId: second.AccessKey!.AccessKeyId!,
    secretAccessKey: second.AccessKey!.SecretAccessKey!,
  });
  assert.equal((await other.sts.getCallerIdentity({})).Arn, 'arn:aws:iam::111122223333:root');
  await other.iam.deleteAccessKey({ AccessKeyId: key?.AccessKeyId });
  await assert.rejects(iam.listAccessKeys({}), { name: 'InvalidClientTokenId' });
  assert.equal((await other.iam.getAccountSummary({})).SummaryMap?.AccountAccessKeysPresent, 1);
});

test('a role session must name a user', async () => {
  const cloud = await testCloud();
  const trust = { Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole' };
  await cloud.root.iam.createRole({
    RoleName: 'admin',
    AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: trust }),
  });
  await cloud.root.iam.putRolePolicy({ RoleName: 'admin', PolicyName: 'all', PolicyDocument: ADMIN });
  const alice = await cloud.user('alice', ADMIN);
  const RoleArn = 'arn:aws:iam::111122223333:role/admin';
  const { Credentials } = await alice.sts.assumeRole({ RoleArn, RoleSessionName: 'session' });
  const session = cloud.as({
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  });
  await assert.rejects(session.iam.listAccessKeys({}), {
    name: 'ValidationError',
    message: 'Must specify userName when calling with non-User credentials',
  });
  assert.equal((await session.iam.listAccessKeys({ UserName: 'alice' })).AccessKeyMetadata?.length, 1);
});

test('GetAccessKeyLastUsed follows the use of a key, to the minute', async () => {
  const cloud = await testCloud({ now: new Date('2030-01-01T10:20:30Z') });
  const alice = await cloud.user('alice', ADMIN);
  const [key] = (await cloud.root.iam.listAccessKeys({ UserName: 'alice' })).AccessKeyMetadata ?? [];
  const lastUse = async () => cloud.root.iam.getAccessKeyLastUsed({ AccessKeyId: key?.AccessKeyId });
  const never = await lastUse();
  assert.equal(never.UserName, 'alice');
  assert.deepEqual(never.AccessKeyLastUsed, { ServiceName: 'N/A', Region: 'N/A' });
  await alice.sts.getCallerIdentity({});
  assert.deepEqual((await lastUse()).AccessKeyLastUsed, {
    LastUsedDate: new Date('2030-01-01T10:20:00Z'),
    ServiceName: 'sts',
    Region: 'us-east-1',
  });
  cloud.advance('PT1H');
  await alice.iam.listUsers({});
  const used = (await lastUse()).AccessKeyLastUsed;
  assert.equal(used?.ServiceName, 'iam');
  assert.equal(used?.LastUsedDate?.toISOString(), '2030-01-01T11:20:00.000Z');
});

test('GetAccessKeyLastUsed tells nothing about another account’s keys', async () => {
  const cloud = await testCloud();
  const other = await cloud.memberAccount('dev');
  const [key] = (await other.root.iam.listAccessKeys({})).AccessKeyMetadata ?? [];
  await assert.rejects(cloud.root.iam.getAccessKeyLastUsed({ AccessKeyId: key?.AccessKeyId }), {
    name: 'AccessDenied',
  });
});
