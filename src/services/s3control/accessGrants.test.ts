/** S3 Access Grants: credentials for what is granted, and for nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GetDataAccessCommandOutput, GetDataAccessRequest, Permission } from '@aws-sdk/client-s3-control';
import { type Cloud, testCloud } from '../../testing/cloud.ts';

const document = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
const trust = (Service: string) =>
  document({ Effect: 'Allow', Principal: { Service }, Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'] });
const asking = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:GetDataAccess', Resource: '*' }] };
const denied = { name: 'AccessDenied' };
const Bucket = 'a-bucket';

/** A bucket with objects, an instance, and all of S3 as its location. */
async function withInstance() {
  const cloud = await testCloud();
  const { s3, iam, s3control: control } = cloud.root;
  const AccountId = cloud.managementAccount;
  await s3.createBucket({ Bucket });
  for (const Key of ['bob/1', 'bob/reports/2', 'bob*/3', 'alice/4']) await s3.putObject({ Bucket, Key, Body: Key });
  const { Role } = await iam.createRole({
    RoleName: 'reaches',
    AssumeRolePolicyDocument: trust('access-grants.s3.amazonaws.com'),
  });
  const PolicyDocument = document({ Effect: 'Allow', Action: ['s3:*', 'kms:*'], Resource: '*' });
  await iam.putRolePolicy({ RoleName: 'reaches', PolicyName: 'p', PolicyDocument });
  await control.createAccessGrantsInstance({ AccountId });
  const IAMRoleArn = Role!.Arn!;
  await control.createAccessGrantsLocation({ AccountId, LocationScope: 's3://', IAMRoleArn });
  const bob = await cloud.user('bob', asking);
  const grant = (S3SubPrefix: string, permission: Permission, more: object = {}) =>
    control.createAccessGrant({
      AccountId,
      AccessGrantsLocationId: 'default',
      AccessGrantsLocationConfiguration: { S3SubPrefix },
      Grantee: { GranteeType: 'IAM', GranteeIdentifier: `arn:aws:iam::${AccountId}:user/bob` },
      Permission: permission,
      ...more,
    });
  const vended = async (Target: string, permission: Permission, more: Partial<GetDataAccessRequest> = {}) => {
    const asked = { AccountId, Target, Permission: permission, ...more };
    return clientsOf(cloud, await bob.s3control.getDataAccess(asked));
  };
  return { cloud, s3, iam, control, AccountId, IAMRoleArn, bob, grant, vended };
}

function clientsOf(cloud: Cloud, answer: GetDataAccessCommandOutput) {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials!;
  const credentials = {
    accessKeyId: AccessKeyId!,
    secretAccessKey: SecretAccessKey!,
    sessionToken: SessionToken!,
  };
  return { ...answer, Expiration, s3: cloud.as(credentials).s3 };
}

test('GetDataAccess gives credentials for what is granted, and for nothing else', async () => {
  const { cloud, s3, bob, grant, vended, AccountId } = await withInstance();
  await assert.rejects(vended(`s3://${Bucket}/bob/*`, 'READ'), {
    name: 'AccessDenied',
    message: `You do not have READ permissions to the requested S3 Prefix: s3://${Bucket}/bob/*`,
  });
  const { GrantScope, AccessGrantArn } = await grant(`${Bucket}/bob/*`, 'READ');
  assert.equal(GrantScope, `s3://${Bucket}/bob/*`);
  assert.match(AccessGrantArn!, /^arn:aws:s3:us-east-1:111122223333:access-grants\/default\/grant\/[0-9a-f-]{36}$/);
  await assert.rejects(bob.s3.getObject({ Bucket, Key: 'bob/1' }), denied);
  const given = await vended(`s3://${Bucket}/bob/reports/2`, 'READ');
  assert.equal(given.MatchedGrantTarget, `s3://${Bucket}/bob/*`);
  assert.deepEqual(given.Grantee, { GranteeType: 'IAM', GranteeIdentifier: `arn:aws:iam::${AccountId}:user/bob` });
  assert.deepEqual(given.Expiration, new Date(cloud.now().getTime() + 3_600_000));
  for (const Key of ['bob/1', 'bob/reports/2']) await given.s3.getObject({ Bucket, Key });
  const listed = await given.s3.listObjectsV2({ Bucket, Prefix: 'bob/' });
  assert.equal(listed.KeyCount, 2);
  await assert.rejects(given.s3.listObjectsV2({ Bucket }), denied);
  await assert.rejects(given.s3.listObjectsV2({ Bucket, Prefix: 'b' }), denied);
  for (const Key of ['alice/4', 'bob*/3']) await assert.rejects(given.s3.getObject({ Bucket, Key }), denied);
  await assert.rejects(given.s3.putObject({ Bucket, Key: 'bob/1', Body: 'x' }), denied);
  await assert.rejects(given.s3.deleteObject({ Bucket, Key: 'bob/1' }), denied);
  await assert.rejects(vended(`s3://${Bucket}/bob/*`, 'WRITE'), denied);
  await assert.rejects(vended(`s3://${Bucket}/*`, 'READ'), denied);
  cloud.advance('PT2H');
  await assert.rejects(given.s3.getObject({ Bucket, Key: 'bob/1' }), { name: 'ExpiredToken' });
  await s3.getObject({ Bucket, Key: 'bob/1' });
});

test('Minimal credentials are for what is asked for; the narrowest grant counts; writing is not reading', async () => {
  const { grant, vended } = await withInstance();
  await grant(`${Bucket}/*`, 'READWRITE');
  await grant(`${Bucket}/bob/*`, 'WRITE');
  const writer = await vended(`s3://${Bucket}/bob/1`, 'WRITE');
  assert.equal(writer.MatchedGrantTarget, `s3://${Bucket}/bob/*`);
  await writer.s3.putObject({ Bucket, Key: 'bob/1', Body: 'x' });
  await assert.rejects(writer.s3.getObject({ Bucket, Key: 'bob/1' }), denied);
  await assert.rejects(writer.s3.putObject({ Bucket, Key: 'alice/4', Body: 'x' }), denied);
  const minimal = { Privilege: 'Minimal', TargetType: 'Object', DurationSeconds: 900 } as const;
  const one = await vended(`s3://${Bucket}/bob/1`, 'READWRITE', minimal);
  assert.equal(one.MatchedGrantTarget, `s3://${Bucket}/bob/1`);
  await one.s3.getObject({ Bucket, Key: 'bob/1' });
  await assert.rejects(one.s3.getObject({ Bucket, Key: 'bob/reports/2' }), denied);
  await assert.rejects(one.s3.listObjectsV2({ Bucket, Prefix: 'bob/1' }), denied);
  await assert.rejects(vended(`s3://${Bucket}/bob/*`, 'READ', { TargetType: 'Object' }), { name: 'InvalidRequest' });
  await assert.rejects(vended('https://elsewhere', 'READ'), { name: 'InvalidRequest' });
});

test('An asterisk within a prefix stands for itself', async () => {
  const { grant, vended } = await withInstance();
  await grant(`${Bucket}/bob*/*`, 'READ');
  const { s3 } = await vended(`s3://${Bucket}/bob*/3`, 'READ');
  await s3.getObject({ Bucket, Key: 'bob*/3' });
  await assert.rejects(s3.getObject({ Bucket, Key: 'bob/1' }), denied);
  await s3.listObjectsV2({ Bucket, Prefix: 'bob*/' });
  await assert.rejects(s3.listObjectsV2({ Bucket, Prefix: 'bobby/' }), denied);
});

test('The role bounds what is granted, must trust Access Grants, and may ask for its instance', async () => {
  const { iam, grant, vended, AccountId } = await withInstance();
  await grant(`${Bucket}/*`, 'READ');
  const allow = (Condition: object) =>
    iam.putRolePolicy({
      RoleName: 'reaches',
      PolicyName: 'p',
      PolicyDocument: document({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*', Condition }),
    });
  const instance = (account: string) => `arn:aws:s3:us-east-1:${account}:access-grants/default`;
  await allow({ ArnEquals: { 's3:AccessGrantsInstanceArn': instance(AccountId) } });
  const { s3 } = await vended(`s3://${Bucket}/*`, 'READ');
  await s3.getObject({ Bucket, Key: 'bob/1' });
  await assert.rejects(s3.listObjectsV2({ Bucket }), denied);
  await allow({ ArnEquals: { 's3:AccessGrantsInstanceArn': instance('999999999999') } });
  await assert.rejects(s3.getObject({ Bucket, Key: 'bob/1' }), denied);
  await iam.updateAssumeRolePolicy({ RoleName: 'reaches', PolicyDocument: trust('s3.amazonaws.com') });
  await assert.rejects(vended(`s3://${Bucket}/*`, 'READ'), {
    name: 'StsNotAuthorizedError',
    message: `User: access-grants.s3.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::${AccountId}:role/reaches`,
  });
});

test('A role is a grantee in each of its sessions', async () => {
  const { cloud, iam, grant, AccountId } = await withInstance();
  const { Role } = await iam.createRole({
    RoleName: 'analysts',
    AssumeRolePolicyDocument: document({ Effect: 'Allow', Principal: { AWS: AccountId }, Action: 'sts:AssumeRole' }),
  });
  await iam.putRolePolicy({ RoleName: 'analysts', PolicyName: 'p', PolicyDocument: JSON.stringify(asking) });
  await grant(`${Bucket}/alice/*`, 'READ', { Grantee: { GranteeType: 'IAM', GranteeIdentifier: Role!.Arn! } });
  const carol = await cloud.user('carol', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }],
  });
  const { Credentials: session } = await carol.sts.assumeRole({ RoleArn: Role!.Arn!, RoleSessionName: 'carol' });
  const analyst = cloud.as({
    accessKeyId: session!.AccessKeyId!,
    secretAccessKey: session!.SecretAccessKey!,
    sessionToken: session!.SessionToken!,
  });
  const asked = { AccountId, Target: `s3://${Bucket}/alice/4`, Permission: 'READ' as const };
  const { s3 } = clientsOf(cloud, await analyst.s3control.getDataAccess(asked));
  await s3.getObject({ Bucket, Key: 'alice/4' });
});

test('Another account is let in by the policy of the instance, and sees what is granted to it', async () => {
  const { cloud, control, AccountId, grant } = await withInstance();
  const other = await cloud.memberAccount('other');
  const all = { Effect: 'Allow', Action: 's3:*', Resource: '*' };
  const dave = await other.user('dave', { Version: '2012-10-17', Statement: [all] });
  const GranteeIdentifier = `arn:aws:iam::${other.id}:user/dave`;
  await grant(`${Bucket}/bob/*`, 'READ', { Grantee: { GranteeType: 'IAM', GranteeIdentifier } });
  const asked = { AccountId, Target: `s3://${Bucket}/bob/1`, Permission: 'READ' as const };
  await assert.rejects(dave.s3control.getDataAccess(asked), denied);
  const Resource = `arn:aws:s3:us-east-1:${AccountId}:access-grants/default`;
  const Action = ['s3:GetDataAccess', 's3:GetAccessGrantsInstanceForPrefix', 's3:ListCallerAccessGrants'];
  const Policy = document({ Effect: 'Allow', Principal: { AWS: other.id }, Action, Resource });
  await assert.rejects(control.getAccessGrantsInstanceResourcePolicy({ AccountId }), {
    name: 'AccessGrantsInstanceResourcePolicyNotExists',
  });
  await control.putAccessGrantsInstanceResourcePolicy({ AccountId, Policy });
  assert.equal((await control.getAccessGrantsInstanceResourcePolicy({ AccountId })).Policy, Policy);
  const { s3 } = clientsOf(cloud, await dave.s3control.getDataAccess(asked));
  await s3.getObject({ Bucket, Key: 'bob/1' });
  await assert.rejects(s3.getObject({ Bucket, Key: 'alice/4' }), denied);
  const { CallerAccessGrantsList } = await dave.s3control.listCallerAccessGrants({ AccountId });
  assert.deepEqual(CallerAccessGrantsList, [
    { Permission: 'READ', GrantScope: `s3://${Bucket}/bob/*`, ApplicationArn: 'NA' },
  ]);
  const S3Prefix = `s3://${Bucket}/bob/1`;
  const found = await dave.s3control.getAccessGrantsInstanceForPrefix({ AccountId: other.id, S3Prefix });
  assert.equal(found.AccessGrantsInstanceArn, Resource);
  await assert.rejects(dave.s3control.listAccessGrants({ AccountId }), denied);
  await control.deleteAccessGrantsInstanceResourcePolicy({ AccountId });
  await assert.rejects(dave.s3control.getDataAccess(asked), denied);
  const bad = { AccountId, Policy: document({ Effect: 'Allow', Principal: '*', Action, Resource: '*' }) };
  await assert.rejects(control.putAccessGrantsInstanceResourcePolicy(bad), { name: 'InvalidResourcePolicy' });
});
