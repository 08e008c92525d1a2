/**
 * Service control policies by condition and by list: uploads that do not say how they are encrypted are refused, and an
 * account whose list of services does not name one cannot use it, root user included.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clients, type Cloud, testCloud } from '../../src/testing/cloud.ts';
import { rejected } from '../../src/testing/rejected.ts';
import { accountIn, administratorOf, unit } from './accounts.ts';

const BUCKET = 'sandbox-uploads';

async function sandbox(): Promise<{ cloud: Cloud; target: string; account: string; admin: Clients }> {
  const cloud = await testCloud();
  const { organizations } = cloud.root;
  await organizations.createOrganization({ FeatureSet: 'ALL' });
  const RootId = (await organizations.listRoots({})).Roots![0]!.Id!;
  await organizations.enablePolicyType({ RootId, PolicyType: 'SERVICE_CONTROL_POLICY' }).catch(() => undefined);
  const target = await unit(cloud, RootId, 'sandbox');
  const account = await accountIn(cloud, RootId, target, 'test');
  return { cloud, target, account, admin: await administratorOf(cloud, account) };
}

async function attach({ organizations }: Clients, Name: string, TargetId: string, Statement: object): Promise<void> {
  const Content = JSON.stringify({ Version: '2012-10-17', Statement });
  const made = await organizations.createPolicy({ Name, Description: Name, Type: 'SERVICE_CONTROL_POLICY', Content });
  await organizations.attachPolicy({ PolicyId: made.Policy!.PolicySummary!.Id!, TargetId });
}

test('uploads that do not say how they are encrypted are refused, those that do are not', async () => {
  const { cloud, target, admin } = await sandbox();
  await admin.s3.createBucket({ Bucket: BUCKET });
  await attach(cloud.root, 'EncryptedUploads', target, {
    ...{ Sid: 'DenyUnencryptedUploads', Effect: 'Deny', Action: 's3:PutObject', Resource: '*' },
    Condition: { Null: { 's3:x-amz-server-side-encryption': 'true' } },
  });
  const put = (more: object) => admin.s3.putObject({ Bucket: BUCKET, Key: 'report', Body: 'text', ...more });
  await rejected(put({}), 'AccessDenied', /explicit deny in a service control policy/);
  assert.deepEqual(
    (await admin.s3.listObjectsV2({ Bucket: BUCKET })).Contents ?? [],
    [],
    'what is refused is not there',
  );
  for (const ServerSideEncryption of ['AES256', 'aws:kms'] as const) {
    await put({ ServerSideEncryption });
    const found = await admin.s3.headObject({ Bucket: BUCKET, Key: 'report' });
    assert.equal(found.ServerSideEncryption, ServerSideEncryption);
  }
  await cloud.root.s3.createBucket({ Bucket: 'of-management' });
  await cloud.root.s3.putObject({ Bucket: 'of-management', Key: 'report', Body: 'text' });
  const spared = await cloud.root.s3.listObjectsV2({ Bucket: 'of-management' });
  assert.equal(spared.KeyCount, 1, 'the management account is bound by no SCP');
});

test('without FullAWSAccess only what a list allows is left, for the root user too', async () => {
  const { cloud, target, account, admin } = await sandbox();
  const owner = cloud.as(await cloud.keyFor(account));
  await attach(cloud.root, 'OnlyS3', target, { Effect: 'Allow', Action: 's3:*', Resource: '*' });
  await admin.kms.listKeys({});
  await cloud.root.organizations.detachPolicy({ PolicyId: 'p-FullAWSAccess', TargetId: target });
  for (const { s3, kms } of [admin, owner]) {
    assert.deepEqual((await s3.listBuckets({})).Buckets ?? [], []);
    await rejected(
      kms.listKeys({}),
      'AccessDeniedException',
      /no service control policy allows the kms:ListKeys action/,
    );
  }
});
