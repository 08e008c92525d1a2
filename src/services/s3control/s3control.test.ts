/** Access points, and Block Public Access of a whole account. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';
const Name = 'my-point';
const document = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
const none = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};

async function withBucket() {
  const cloud = await testCloud();
  const { s3, s3control } = cloud.root;
  await s3.createBucket({ Bucket });
  await s3.putObject({ Bucket, Key: 'k', Body: 'x' });
  return { cloud, s3, control: s3control, AccountId: cloud.managementAccount };
}

test('Block Public Access of the account binds its buckets, whatever they say', async () => {
  const { cloud, s3, control, AccountId } = await withBucket();
  await assert.rejects(control.getPublicAccessBlock({ AccountId }), {
    name: 'NoSuchPublicAccessBlockConfiguration',
    message: 'The public access block configuration was not found',
  });
  await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: none });
  const Principal = '*';
  const open = document({ Effect: 'Allow', Principal, Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` });
  await s3.putBucketPolicy({ Bucket, Policy: open });
  await cloud.unsigned.s3.getObject({ Bucket, Key: 'k' });
  const PublicAccessBlockConfiguration = { ...none, RestrictPublicBuckets: true, BlockPublicPolicy: true };
  await control.putPublicAccessBlock({ AccountId, PublicAccessBlockConfiguration });
  const found = await control.getPublicAccessBlock({ AccountId });
  assert.deepEqual(found.PublicAccessBlockConfiguration, PublicAccessBlockConfiguration);
  await assert.rejects(cloud.unsigned.s3.getObject({ Bucket, Key: 'k' }), { name: 'AccessDenied' });
  await assert.rejects(s3.putBucketPolicy({ Bucket, Policy: open }), { name: 'AccessDenied' });
  await control.deletePublicAccessBlock({ AccountId });
  await cloud.unsigned.s3.getObject({ Bucket, Key: 'k' });
  await assert.rejects(control.putPublicAccessBlock({ AccountId, PublicAccessBlockConfiguration: {} }), {
    name: 'InvalidRequest',
    message: 'Must specify at least one configuration.',
  });
  await assert.rejects(control.getPublicAccessBlock({ AccountId: '999999999999' }), { name: 'AccessDenied' });
});

test('An organization’s S3 policy binds the buckets of its accounts', async () => {
  const { cloud, s3, control, AccountId } = await withBucket();
  const { organizations } = cloud.root;
  await organizations.createOrganization({});
  const [root] = (await organizations.listRoots({})).Roots!;
  await organizations.enablePolicyType({ RootId: root!.Id!, PolicyType: 'S3_POLICY' });
  const assigning = (value: string) =>
    JSON.stringify({ s3_attributes: { public_access_block_configuration: { '@@assign': value } } });
  const policy = { Name: 'p', Description: '', Type: 'S3_POLICY', Content: assigning('all') } as const;
  const PolicyId = (await organizations.createPolicy(policy)).Policy!.PolicySummary!.Id!;
  await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: none });
  const Resource = `arn:aws:s3:::${Bucket}/*`;
  await s3.putBucketPolicy({
    Bucket,
    Policy: document({ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource }),
  });
  await cloud.unsigned.s3.getObject({ Bucket, Key: 'k' });
  const own = { ...none, BlockPublicAcls: true };
  await control.putPublicAccessBlock({ AccountId, PublicAccessBlockConfiguration: own });
  await organizations.attachPolicy({ PolicyId, TargetId: root!.Id! });
  await assert.rejects(cloud.unsigned.s3.getObject({ Bucket, Key: 'k' }), { name: 'AccessDenied' });
  const settings = async () => (await control.getPublicAccessBlock({ AccountId })).PublicAccessBlockConfiguration;
  assert.equal((await settings())?.RestrictPublicBuckets, true);
  const denied = { name: 'AccessDenied' };
  await assert.rejects(control.putPublicAccessBlock({ AccountId, PublicAccessBlockConfiguration: none }), denied);
  await assert.rejects(control.deletePublicAccessBlock({ AccountId }), denied);
  await organizations.updatePolicy({ PolicyId, Content: assigning('none') });
  assert.deepEqual(await settings(), none);
  await cloud.unsigned.s3.getObject({ Bucket, Key: 'k' });
  await assert.rejects(control.putPublicAccessBlock({ AccountId, PublicAccessBlockConfiguration: own }), denied);
  await organizations.detachPolicy({ PolicyId, TargetId: root!.Id! });
  assert.deepEqual(await settings(), own);
  await control.deletePublicAccessBlock({ AccountId });
});

test('CreateAccessPoint makes a name for a bucket, with an alias that works as one', async () => {
  const { s3, control, AccountId } = await withBucket();
  const { AccessPointArn, Alias } = await control.createAccessPoint({ AccountId, Name, Bucket });
  assert.equal(AccessPointArn, `arn:aws:s3:us-east-1:${AccountId}:accesspoint/${Name}`);
  assert.match(Alias!, /^my-point-[a-z0-9]{34}-s3alias$/);
  const { $metadata: _, CreationDate, Endpoints, ...found } = await control.getAccessPoint({ AccountId, Name });
  assert.deepEqual(found, {
    Name,
    Bucket,
    NetworkOrigin: 'Internet',
    AccessPointArn,
    Alias,
    BucketAccountId: AccountId,
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    },
  });
  assert.deepEqual(CreationDate, new Date('2030-01-01T00:00:00Z'));
  assert.equal(Endpoints?.ipv4, 's3-accesspoint.us-east-1.amazonaws.com');
  assert.equal(await (await s3.getObject({ Bucket: Alias!, Key: 'k' })).Body?.transformToString(), 'x');
  assert.equal(await (await s3.getObject({ Bucket: `${Name}-${AccountId}`, Key: 'k' })).Body?.transformToString(), 'x');
  assert.equal((await s3.headBucket({ Bucket: Alias! })).AccessPointAlias, true);
  await assert.rejects(s3.deleteBucketPolicy({ Bucket: Alias! }), { name: 'MethodNotAllowed' });
  await assert.rejects(s3.deleteBucket({ Bucket }), { name: 'BucketHasAccessPointsAttached' });
  const listed = await control.listAccessPoints({ AccountId, Bucket });
  assert.deepEqual(
    listed.AccessPointList?.map((point) => point.Name),
    [Name],
  );
  await control.deleteAccessPoint({ AccountId, Name });
  await assert.rejects(control.getAccessPoint({ AccountId, Name }), {
    name: 'NoSuchAccessPoint',
    message: 'The specified accesspoint does not exist',
  });
  await assert.rejects(s3.getObject({ Bucket: Alias!, Key: 'k' }), { name: 'NoSuchBucket' });
});

test('Through an access point its policy and the bucket’s must both permit', async () => {
  const { cloud, s3, control, AccountId } = await withBucket();
  const other = await cloud.memberAccount('other');
  const { AccessPointArn, Alias } = await control.createAccessPoint({ AccountId, Name, Bucket });
  const read = { Bucket: Alias!, Key: 'k' };
  const Policy = document({
    Effect: 'Allow',
    Principal: { AWS: other.id },
    Action: 's3:GetObject',
    Resource: `${AccessPointArn}/object/*`,
  });
  await control.putAccessPointPolicy({ AccountId, Name, Policy });
  assert.equal((await control.getAccessPointPolicy({ AccountId, Name })).Policy, Policy);
  await assert.rejects(other.root.s3.getObject(read), { name: 'AccessDenied' });
  const delegated = {
    Effect: 'Allow',
    Principal: '*',
    Action: 's3:GetObject',
    Resource: `arn:aws:s3:::${Bucket}/*`,
    Condition: { StringEquals: { 's3:DataAccessPointAccount': AccountId } },
  };
  await s3.putBucketPolicy({ Bucket, Policy: document(delegated) });
  await other.root.s3.getObject(read);
  await assert.rejects(other.root.s3.getObject({ Bucket, Key: 'k' }), { name: 'AccessDenied' });
  await control.deleteAccessPointPolicy({ AccountId, Name });
  await assert.rejects(other.root.s3.getObject(read), { name: 'AccessDenied' });
  await assert.rejects(control.getAccessPointPolicy({ AccountId, Name }), {
    name: 'NoSuchAccessPointPolicy',
    message: 'The specified accesspoint policy does not exist',
  });
});

test('A public policy is refused where the access point blocks one; one for a VPC is reached by nobody', async () => {
  const { s3, control, AccountId } = await withBucket();
  await control.createAccessPoint({ AccountId, Name, Bucket });
  await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: none });
  const policyOf = (name: string) =>
    document({
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:us-east-1:${AccountId}:accesspoint/${name}/object/*`,
    });
  await assert.rejects(control.putAccessPointPolicy({ AccountId, Name, Policy: policyOf(Name) }), {
    name: 'AccessDenied',
  });
  await assert.rejects(control.putAccessPointPolicy({ AccountId, Name, Policy: policyOf('other') }), {
    name: 'MalformedPolicy',
    message: 'Policy has invalid resource',
  });
  await control.createAccessPoint({ AccountId, Name: 'open-point', Bucket, PublicAccessBlockConfiguration: none });
  await control.putAccessPointPolicy({ AccountId, Name: 'open-point', Policy: policyOf('open-point') });
  const status = await control.getAccessPointPolicyStatus({ AccountId, Name: 'open-point' });
  assert.deepEqual(status.PolicyStatus, { IsPublic: true });
  const VpcConfiguration = { VpcId: 'vpc-1234' };
  const { Alias } = await control.createAccessPoint({ AccountId, Name: 'inner-point', Bucket, VpcConfiguration });
  await assert.rejects(s3.getObject({ Bucket: Alias!, Key: 'k' }), { name: 'AccessDenied' });
  assert.equal((await control.getAccessPoint({ AccountId, Name: 'inner-point' })).NetworkOrigin, 'VPC');
});

test('CreateAccessPoint is refused in AWS’s words', async () => {
  const { control, AccountId } = await withBucket();
  await assert.rejects(control.createAccessPoint({ AccountId, Name, Bucket: 'nowhere-at-all' }), {
    name: 'InvalidRequest',
    message: 'Amazon S3 AccessPoint can only be created for existing bucket',
  });
  await assert.rejects(control.createAccessPoint({ AccountId, Name: 'not-s3alias', Bucket }), {
    name: 'InvalidURI',
    message: "Couldn't parse the specified URI.",
  });
  await control.createAccessPoint({ AccountId, Name, Bucket });
  await assert.rejects(control.createAccessPoint({ AccountId, Name, Bucket }), {
    name: 'AccessPointAlreadyOwnedByYou',
  });
});

test('Tags of access points and of buckets are the same by either road', async () => {
  const { cloud, s3, control, AccountId } = await withBucket();
  const { AccessPointArn } = await control.createAccessPoint({ AccountId, Name, Bucket });
  const Tags = [{ Key: 'team', Value: 'audit' }];
  for (const ResourceArn of [AccessPointArn!, `arn:aws:s3:::${Bucket}`]) {
    await control.tagResource({ AccountId, ResourceArn, Tags });
    assert.deepEqual((await control.listTagsForResource({ AccountId, ResourceArn })).Tags, Tags);
  }
  const bucket = { AccountId, ResourceArn: `arn:aws:s3:::${Bucket}` };
  assert.deepEqual((await s3.getBucketTagging({ Bucket })).TagSet, Tags);
  const alice = await cloud.user('alice');
  await assert.rejects(alice.s3control.listTagsForResource(bucket), { name: 'AccessDenied' });
  await control.untagResource({ ...bucket, TagKeys: ['team'] });
  assert.deepEqual((await control.listTagsForResource(bucket)).Tags ?? [], []);
});

test('To make an access point or a bucket with tags takes the permission to tag; tags are as AWS takes them', async () => {
  const { cloud, control, AccountId } = await withBucket();
  const statement = { Effect: 'Allow', Action: ['s3:CreateAccessPoint', 's3:CreateBucket'], Resource: '*' };
  const alice = await cloud.user('alice', document(statement));
  const Tags = [{ Key: 'team', Value: 'audit' }];
  const asked = { AccountId, Name, Bucket };
  const bucket = { Bucket: 'tagged-bucket', CreateBucketConfiguration: { Tags } };
  await assert.rejects(alice.s3control.createAccessPoint({ ...asked, Tags }), { name: 'AccessDenied' });
  await assert.rejects(alice.s3.createBucket(bucket), { name: 'AccessDenied' });
  const bob = await cloud.user('bob', document(statement, { ...statement, Action: 's3:TagResource' }));
  await bob.s3.createBucket(bucket);
  await bob.s3control.createAccessPoint({ ...asked, Tags });
  await alice.s3control.createAccessPoint({ ...asked, Name: 'plain-point' });
  const wrong = { ...asked, Name: 'other-point', Tags: [{ Key: 'aws:x', Value: '' }] };
  await assert.rejects(control.createAccessPoint(wrong), { name: 'InvalidTag' });
  const nothing = control.listTagsForResource({ AccountId, ResourceArn: '%zz' });
  await assert.rejects(nothing, ({ $metadata }: { $metadata: { httpStatusCode: number } }) =>
    [400, 501].includes($metadata.httpStatusCode),
  );
});
