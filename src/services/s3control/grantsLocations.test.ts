/** Instances, locations and grants: made, read back, listed, tagged, removed; refused in AWS's words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';
const Tags = [{ Key: 'team', Value: 'audit' }];

async function withInstance() {
  const cloud = await testCloud();
  const { s3, iam, s3control: control } = cloud.root;
  const AccountId = cloud.managementAccount;
  await s3.createBucket({ Bucket });
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'access-grants.s3.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
  });
  const role = async (RoleName: string) => (await iam.createRole({ RoleName, AssumeRolePolicyDocument })).Role!.Arn!;
  const IAMRoleArn = await role('reaches');
  const made = await control.createAccessGrantsInstance({ AccountId, Tags });
  const locate = (LocationScope: string) =>
    control.createAccessGrantsLocation({ AccountId, LocationScope, IAMRoleArn });
  return { cloud, control, AccountId, IAMRoleArn, made, role, locate };
}

test('There is one instance of an account in a Region', async () => {
  const { cloud, control, AccountId, made, locate } = await withInstance();
  const { $metadata: _, ...instance } = await control.getAccessGrantsInstance({ AccountId });
  assert.deepEqual(instance, {
    CreatedAt: cloud.now(),
    AccessGrantsInstanceId: 'default',
    AccessGrantsInstanceArn: `arn:aws:s3:us-east-1:${AccountId}:access-grants/default`,
  });
  const ResourceArn = made.AccessGrantsInstanceArn!;
  assert.deepEqual((await control.listTagsForResource({ AccountId, ResourceArn })).Tags, Tags);
  assert.deepEqual((await control.listAccessGrantsInstances({ AccountId })).AccessGrantsInstancesList, [instance]);
  await assert.rejects(control.createAccessGrantsInstance({ AccountId }), {
    name: 'AccessGrantsInstanceAlreadyExists',
  });
  const IdentityCenterArn = 'arn:aws:sso:::instance/ssoins-1234567890abcdef';
  const west = cloud.as(await cloud.keyFor(AccountId), 'us-west-2').s3control;
  await assert.rejects(west.getAccessGrantsInstance({ AccountId }), {
    name: 'AccessGrantsInstanceNotExistsError',
    message: 'Access Grants Instance does not exist',
  });
  await assert.rejects(west.createAccessGrantsInstance({ AccountId, IdentityCenterArn }), {
    name: 'InvalidIdentityCenterInstance',
  });
  await locate('s3://');
  await assert.rejects(control.deleteAccessGrantsInstance({ AccountId }), {
    name: 'AccessGrantsInstanceNotEmptyError',
  });
  await control.deleteAccessGrantsLocation({ AccountId, AccessGrantsLocationId: 'default' });
  await control.deleteAccessGrantsInstance({ AccountId });
  await assert.rejects(control.getAccessGrantsInstance({ AccountId }), { name: 'AccessGrantsInstanceNotExistsError' });
});

test('Locations are buckets of the account, or what begins so in one, each with a role that may be passed', async () => {
  const { cloud, control, AccountId, IAMRoleArn, role, locate } = await withInstance();
  const made = await locate(`s3://${Bucket}/a*`);
  const { $metadata: _, ...location } = await control.getAccessGrantsLocation({
    AccountId,
    AccessGrantsLocationId: made.AccessGrantsLocationId!,
  });
  assert.deepEqual(location, {
    CreatedAt: cloud.now(),
    AccessGrantsLocationId: made.AccessGrantsLocationId,
    AccessGrantsLocationArn: `arn:aws:s3:us-east-1:${AccountId}:access-grants/default/location/${made.AccessGrantsLocationId}`,
    LocationScope: `s3://${Bucket}/a*`,
    IAMRoleArn,
  });
  await assert.rejects(locate(`s3://${Bucket}/a*`), { name: 'AccessGrantsLocationAlreadyExistsError' });
  for (const scope of ['s3://nobody-has-this', 'a-bucket', 's3://x']) {
    await assert.rejects(locate(scope), { name: 'InvalidAccessGrantsLocation' });
  }
  const absent = `arn:aws:iam::${AccountId}:role/absent`;
  const withRole = { AccountId, LocationScope: 's3://', IAMRoleArn: absent };
  await assert.rejects(control.createAccessGrantsLocation(withRole), { name: 'InvalidIamRole' });
  const Statement = [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }];
  const alice = await cloud.user('alice', { Version: '2012-10-17', Statement });
  await assert.rejects(alice.s3control.createAccessGrantsLocation({ ...withRole, IAMRoleArn }), {
    name: 'AccessDenied',
    message: /iam:PassRole/,
  });
  const AccessGrantsLocationId = made.AccessGrantsLocationId!;
  const other = await role('other');
  await control.updateAccessGrantsLocation({ AccountId, AccessGrantsLocationId, IAMRoleArn: other });
  await locate('s3://');
  const { AccessGrantsLocationsList } = await control.listAccessGrantsLocations({ AccountId });
  assert.deepEqual(AccessGrantsLocationsList?.map((each) => each.LocationScope).sort(), ['s3://', `s3://${Bucket}/a*`]);
  const listed = await control.listAccessGrantsLocations({ AccountId, LocationScope: `s3://${Bucket}/a*` });
  assert.equal(listed.AccessGrantsLocationsList?.[0]?.IAMRoleArn, other);
  await assert.rejects(control.getAccessGrantsLocation({ AccountId, AccessGrantsLocationId: 'nothing' }), {
    name: 'NoSuchAccessGrantsLocationError',
  });
});

test('Grants narrow a location; they are read back, listed by what they are, tagged and removed', async () => {
  const { control, AccountId, locate } = await withInstance();
  const { AccessGrantsLocationId = '' } = await locate(`s3://${Bucket}`);
  const Grantee = { GranteeType: 'IAM' as const, GranteeIdentifier: `arn:aws:iam::${AccountId}:user/bob` };
  const grant = (S3SubPrefix?: string, more: object = {}) =>
    control.createAccessGrant({
      AccountId,
      AccessGrantsLocationId,
      ...(S3SubPrefix !== undefined && { AccessGrantsLocationConfiguration: { S3SubPrefix } }),
      Grantee,
      Permission: 'READ',
      ...more,
    });
  const whole = await grant(undefined, { Tags });
  assert.equal(whole.GrantScope, `s3://${Bucket}/*`);
  const part = await grant('a/*', { Permission: 'READWRITE' });
  const one = await grant('a/b', { S3PrefixType: 'Object' });
  assert.deepEqual([part.GrantScope, one.GrantScope], [`s3://${Bucket}/a/*`, `s3://${Bucket}/a/b`]);
  const AccessGrantId = part.AccessGrantId!;
  const { $metadata: _, ...found } = await control.getAccessGrant({ AccountId, AccessGrantId });
  const { $metadata: __, ...made } = part;
  assert.deepEqual(found, made);
  const scopes = async (more: object) =>
    (await control.listAccessGrants({ AccountId, ...more })).AccessGrantsList?.map((each) => each.GrantScope).sort();
  assert.deepEqual(await scopes({}), [whole.GrantScope, part.GrantScope, one.GrantScope].sort());
  assert.deepEqual(await scopes({ Permission: 'READWRITE', ...Grantee }), [part.GrantScope]);
  assert.deepEqual(await scopes({ GrantScope: one.GrantScope }), [one.GrantScope]);
  assert.deepEqual(await scopes({ GranteeIdentifier: 'arn:aws:iam::111122223333:user/other' }), []);
  const page = await control.listAccessGrants({ AccountId, MaxResults: 2 });
  const rest = await control.listAccessGrants({ AccountId, NextToken: page.NextToken! });
  assert.deepEqual([page.AccessGrantsList?.length, rest.AccessGrantsList?.length], [2, 1]);
  const ResourceArn = whole.AccessGrantArn!;
  await control.tagResource({ AccountId, ResourceArn, Tags: [{ Key: 'more', Value: '1' }] });
  await control.untagResource({ AccountId, ResourceArn, TagKeys: ['team'] });
  assert.deepEqual((await control.listTagsForResource({ AccountId, ResourceArn })).Tags, [{ Key: 'more', Value: '1' }]);
  await assert.rejects(grant('a/*', { Permission: 'READWRITE' }), { name: 'AccessGrantAlreadyExists' });
  await assert.rejects(grant('a/b'), { name: 'InvalidAccessGrant' });
  await assert.rejects(grant('a/*', { S3PrefixType: 'Object' }), { name: 'InvalidAccessGrant' });
  const directory = { Grantee: { GranteeType: 'DIRECTORY_USER', GranteeIdentifier: 'a1b2c3d4' } };
  await assert.rejects(grant('x*', directory), { name: 'InvalidIdentityCenterInstance' });
  await assert.rejects(grant('x*', { AccessGrantsLocationId: 'nothing' }), { name: 'NoSuchAccessGrantsLocationError' });
  await assert.rejects(control.deleteAccessGrantsLocation({ AccountId, AccessGrantsLocationId }), {
    name: 'AccessGrantsLocationNotEmptyError',
  });
  await control.deleteAccessGrant({ AccountId, AccessGrantId });
  await assert.rejects(control.getAccessGrant({ AccountId, AccessGrantId }), { name: 'NoSuchAccessGrantError' });
});
