import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../testing/cloud.ts';

const document = (...Action: string[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });

const Bucket = 'kept-things';

/** A role that may read objects and receive messages, and does nothing but what its session is used for. */
async function withReader(cloud: Cloud, ...actions: string[]) {
  const { iam } = cloud.root;
  const trust = { Effect: 'Allow', Principal: { AWS: cloud.managementAccount }, Action: 'sts:AssumeRole' };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] });
  const { Role } = await iam.createRole({ RoleName: 'reader', AssumeRolePolicyDocument });
  await iam.putRolePolicy({ RoleName: 'reader', PolicyName: 'p', PolicyDocument: document(...actions) });
  const boss = await cloud.user('boss', document('sts:AssumeRole'));
  const session = async () => {
    const { Credentials } = await boss.sts.assumeRole({ RoleArn: Role!.Arn!, RoleSessionName: 'session' });
    const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials!;
    return cloud.as({ accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! });
  };
  await cloud.root.s3.createBucket({ Bucket });
  await cloud.root.s3.putObject({ Bucket, Key: 'k', Body: 'x' });
  return { arn: Role!.Arn!, session };
}

const lastUsed = async (cloud: Cloud) =>
  (await cloud.root.iam.getRole({ RoleName: 'reader' })).Role?.RoleLastUsed?.LastUsedDate;

async function accessed({ root }: Cloud, Arn: string, Granularity: 'SERVICE_LEVEL' | 'ACTION_LEVEL' = 'SERVICE_LEVEL') {
  const { JobId } = await root.iam.generateServiceLastAccessedDetails({ Arn, Granularity });
  return (await root.iam.getServiceLastAccessedDetails({ JobId })).ServicesLastAccessed ?? [];
}

test('A role that only reads objects is in use: its last use, services and actions, without a finding', async () => {
  const cloud = await testCloud();
  const { arn, session } = await withReader(cloud, 's3:GetObject');
  const configuration = { unusedAccess: { unusedAccessAge: 30 } };
  const request = { analyzerName: 'idle', type: 'ACCOUNT_UNUSED_ACCESS', configuration } as const;
  const { arn: analyzerArn } = await cloud.root.accessAnalyzer.createAnalyzer(request);
  const findings = async () => {
    const { findings = [] } = await cloud.root.accessAnalyzer.listFindingsV2({ analyzerArn });
    return findings.filter(({ resource }) => resource === arn).map((found) => `${found.findingType} ${found.status}`);
  };
  cloud.advance('P31D');
  assert.deepEqual(await findings(), ['UnusedIAMRole ACTIVE']);
  assert.equal(await lastUsed(cloud), undefined);
  const reader = await session();
  await reader.s3.getObject({ Bucket, Key: 'k' });
  assert.deepEqual(await lastUsed(cloud), cloud.now());
  const [s3] = await accessed(cloud, arn, 'ACTION_LEVEL');
  assert.deepEqual(
    [s3?.ServiceNamespace, s3?.LastAuthenticated, s3?.LastAuthenticatedEntity, s3?.LastAuthenticatedRegion],
    ['s3', cloud.now(), arn, 'us-east-1'],
  );
  assert.deepEqual(
    s3?.TrackedActionsLastAccessed?.map((action) => [action.ActionName, action.LastAccessedTime]),
    [['GetObject', cloud.now()]],
  );
  cloud.advance('PT2H');
  assert.deepEqual(await findings(), ['UnusedIAMRole RESOLVED']);
});

test('Messages sent, events put and calls refused count as use', async () => {
  const cloud = await testCloud();
  const { arn, session } = await withReader(cloud, 'sqs:*', 'sns:Publish', 'events:PutEvents', 'logs:GetLogEvents');
  const { QueueUrl } = await cloud.root.sqs.createQueue({ QueueName: 'q' });
  const reader = await session();
  await reader.sqs.sendMessage({ QueueUrl: QueueUrl!, MessageBody: 'x' });
  await reader.events.putEvents({ Entries: [{ Source: 'a', DetailType: 'b', Detail: '{}' }] });
  const TopicArn = `arn:aws:sns:us-east-1:${cloud.managementAccount}:none`;
  await assert.rejects(reader.sns.publish({ TopicArn, Message: 'x' }), { name: 'NotFoundException' });
  await assert.rejects(reader.s3.getObject({ Bucket, Key: 'k' }), { name: 'AccessDenied' });
  const found = await accessed(cloud, arn);
  assert.deepEqual(
    found.map(({ ServiceNamespace, LastAuthenticated }) => [ServiceNamespace, LastAuthenticated]),
    [
      ['events', cloud.now()],
      ['logs', undefined],
      ['sns', cloud.now()],
      ['sqs', cloud.now()],
    ],
  );
  const whose = { JobId: (await cloud.root.iam.generateServiceLastAccessedDetails({ Arn: arn })).JobId };
  const asked = { ...whose, ServiceNamespace: 's3' };
  const { EntityDetailsList } = await cloud.root.iam.getServiceLastAccessedDetailsWithEntities(asked);
  assert.deepEqual(EntityDetailsList?.[0]?.LastAuthenticated, cloud.now());
});

test('GetAccessKeyLastUsed tells of a key that only reads objects, to the quarter of an hour', async () => {
  const cloud = await testCloud();
  await withReader(cloud, 's3:GetObject');
  await cloud.user('alice', document('s3:GetObject'));
  const key = await cloud.keyFor(cloud.managementAccount, 'alice');
  const alice = cloud.as(key);
  const used = async () =>
    (await cloud.root.iam.getAccessKeyLastUsed({ AccessKeyId: key.accessKeyId })).AccessKeyLastUsed;
  const entries = async () => {
    const { entries } = await cloud.deps.store.journal.lookup({
      ...{ kind: 'use', account: cloud.managementAccount, region: 'us-east-1', limit: 100 },
    });
    return entries.length;
  };
  const before = await entries();
  assert.equal((await used())?.ServiceName, 'N/A');
  await alice.s3.getObject({ Bucket, Key: 'k' });
  const first = cloud.now();
  for (let call = 0; call < 20; call++) await alice.s3.getObject({ Bucket, Key: 'k' });
  assert.deepEqual(await used(), { LastUsedDate: first, ServiceName: 's3', Region: 'us-east-1' });
  assert.equal(await entries(), before + 1);
  cloud.advance('PT15M');
  await alice.s3.getObject({ Bucket, Key: 'k' });
  assert.deepEqual((await used())?.LastUsedDate, cloud.now());
  assert.equal(await entries(), before + 2);
});

test('Sessions of one role share their notes, and a stranger leaves none', async () => {
  const cloud = await testCloud();
  const { session } = await withReader(cloud, 's3:GetObject');
  const where = { kind: 'use', account: cloud.managementAccount, region: 'us-east-1', limit: 100 };
  const before = (await cloud.deps.store.journal.lookup(where)).entries.length;
  for (let call = 0; call < 3; call++) await (await session()).s3.getObject({ Bucket, Key: 'k' });
  await assert.rejects(cloud.unsigned.s3.getObject({ Bucket, Key: 'k' }), { name: 'AccessDenied' });
  assert.equal((await cloud.deps.store.journal.lookup(where)).entries.length, before + 1);
});
