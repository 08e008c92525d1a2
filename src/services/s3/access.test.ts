/** Who may reach a bucket: policies, lists of grants, Block Public Access. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalUserOf } from '../../identity/canonicalUsers.ts';
import { testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';
const ARN = `arn:aws:s3:::${Bucket}`;
const EVERYONE = 'http://acs.amazonaws.com/groups/global/AllUsers';

const policy = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
const allow = (Principal: unknown, Action: unknown, rest: object = {}) => ({
  Effect: 'Allow',
  Principal,
  Action,
  Resource: [ARN, `${ARN}/*`],
  ...rest,
});

const all = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };
const none = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};

async function withBucket() {
  const cloud = await testCloud();
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket });
  return { cloud, s3 };
}

test('A new bucket has its lists disabled and all public access blocked', async () => {
  const { cloud, s3 } = await withBucket();
  const { OwnershipControls } = await s3.getBucketOwnershipControls({ Bucket });
  assert.deepEqual(OwnershipControls, { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] });
  const { PublicAccessBlockConfiguration } = await s3.getPublicAccessBlock({ Bucket });
  assert.deepEqual(PublicAccessBlockConfiguration, all);
  const owner = canonicalUserOf(cloud.managementAccount);
  const { Owner, Grants } = await s3.getBucketAcl({ Bucket });
  assert.deepEqual(Owner, { ID: owner });
  assert.deepEqual(Grants, [{ Grantee: { Type: 'CanonicalUser', ID: owner }, Permission: 'FULL_CONTROL' }]);
});

test('PutBucketPolicy is read back byte for byte and lets another account in', async () => {
  const { cloud, s3 } = await withBucket();
  const other = await cloud.memberAccount('other');
  await assert.rejects(s3.getBucketPolicy({ Bucket }), {
    name: 'NoSuchBucketPolicy',
    message: 'The bucket policy does not exist',
  });
  await assert.rejects(other.root.s3.getBucketAcl({ Bucket }), { name: 'AccessDenied', message: 'Access Denied' });
  const Policy = `{ "Version": "2012-10-17",\n "Statement": [${JSON.stringify(allow({ AWS: other.id }, 's3:ListBucket'))}] }`;
  await s3.putBucketPolicy({ Bucket, Policy });
  assert.equal((await s3.getBucketPolicy({ Bucket })).Policy, Policy);
  await other.root.s3.headBucket({ Bucket });
  await assert.rejects(other.root.s3.getBucketAcl({ Bucket }), { name: 'AccessDenied' });
  await s3.deleteBucketPolicy({ Bucket });
  await assert.rejects(s3.getBucketPolicy({ Bucket }), { name: 'NoSuchBucketPolicy' });
});

test('PutBucketPolicy says what is wrong with a policy', async () => {
  const { s3 } = await withBucket();
  const statement = allow('*', 's3:GetObject');
  const faults: [string, string][] = [
    ['[]', "Policies must be valid JSON and the first byte must be '{'"],
    ['{"Version":"2012-10-17"}', 'Missing required field Statement'],
    [policy({ ...statement, Action: 's3:GetObjekt' }), 'Policy has invalid action'],
    [policy({ ...statement, Resource: 'arn:aws:s3:::another/*' }), 'Policy has invalid resource'],
    [policy({ ...statement, Resource: ARN }), 'Action does not apply to any resource(s) in statement'],
    [
      policy({ ...statement, Condition: { StringEquals: { 's3:nonsense': 'x' } } }),
      'Policy has an invalid condition key',
    ],
    [
      policy({ ...statement, Principal: { AWS: 'arn:aws:iam::111122223333:user/nobody' } }),
      'Invalid principal in policy',
    ],
  ];
  for (const [Policy, message] of faults) {
    await assert.rejects(s3.putBucketPolicy({ Bucket, Policy }), { name: 'MalformedPolicy', message });
  }
});

test('A bucket policy belongs to its own account, whoever it permits to see it', async () => {
  const { cloud, s3 } = await withBucket();
  const other = await cloud.memberAccount('other');
  await s3.putBucketPolicy({ Bucket, Policy: policy(allow({ AWS: other.id }, 's3:*')) });
  await assert.rejects(other.root.s3.getBucketPolicy({ Bucket }), { name: 'MethodNotAllowed' });
});

test('The root user of the owner is not locked out of the bucket policy', async () => {
  const { cloud, s3 } = await withBucket();
  const alice = await cloud.user('alice', policy({ Effect: 'Allow', Action: 's3:*', Resource: '*' }));
  await s3.putBucketPolicy({ Bucket, Policy: policy({ ...allow('*', 's3:*'), Effect: 'Deny' }) });
  await assert.rejects(alice.s3.deleteBucketPolicy({ Bucket }), {
    name: 'AccessDenied',
    message: `User: arn:aws:iam::111122223333:user/alice is not authorized to perform: s3:DeleteBucketPolicy on resource: "${ARN}" with an explicit deny in a resource-based policy`,
  });
  await assert.rejects(s3.getBucketAcl({ Bucket }), { name: 'AccessDenied' });
  await s3.deleteBucketPolicy({ Bucket });
  await s3.getBucketAcl({ Bucket });
});

test('BlockPublicPolicy refuses a public policy; what it allows is public', async () => {
  const { cloud, s3 } = await withBucket();
  const open = policy(allow('*', 's3:ListBucket'));
  await assert.rejects(s3.putBucketPolicy({ Bucket, Policy: open }), {
    name: 'AccessDenied',
    message: `User: arn:aws:iam::111122223333:root is not authorized to perform: s3:PutBucketPolicy on resource: "${ARN}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`,
  });
  await assert.rejects(s3.getBucketPolicyStatus({ Bucket }), { name: 'NoSuchBucketPolicy' });
  await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: none });
  await s3.putBucketPolicy({ Bucket, Policy: open });
  assert.deepEqual((await s3.getBucketPolicyStatus({ Bucket })).PolicyStatus, { IsPublic: true });
  await cloud.unsigned.s3.headBucket({ Bucket });
  await s3.putBucketPolicy({
    Bucket,
    Policy: policy(
      allow('*', 's3:ListBucket', { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-aaaaaaaaaa' } } }),
    ),
  });
  assert.deepEqual((await s3.getBucketPolicyStatus({ Bucket })).PolicyStatus, { IsPublic: false });
  await assert.rejects(cloud.unsigned.s3.headBucket({ Bucket }));
});

test('RestrictPublicBuckets shuts strangers and other accounts out of a bucket with a public policy', async () => {
  const { cloud, s3 } = await withBucket();
  const other = await cloud.memberAccount('other');
  const alice = await cloud.user('alice');
  await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: none });
  await s3.putBucketPolicy({
    Bucket,
    Policy: policy(allow('*', 's3:ListBucket'), allow({ AWS: other.id }, 's3:GetBucketAcl')),
  });
  await cloud.unsigned.s3.headBucket({ Bucket });
  await other.root.s3.getBucketAcl({ Bucket });
  const restricted = { ...none, RestrictPublicBuckets: true };
  await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: restricted });
  await assert.rejects(cloud.unsigned.s3.headBucket({ Bucket }));
  await assert.rejects(other.root.s3.getBucketAcl({ Bucket }), { name: 'AccessDenied' });
  await alice.s3.headBucket({ Bucket });
  assert.deepEqual((await s3.getPublicAccessBlock({ Bucket })).PublicAccessBlockConfiguration, restricted);
  await s3.deletePublicAccessBlock({ Bucket });
  await cloud.unsigned.s3.headBucket({ Bucket });
  await assert.rejects(s3.getPublicAccessBlock({ Bucket }), {
    name: 'NoSuchPublicAccessBlockConfiguration',
    message: 'The public access block configuration was not found',
  });
  await assert.rejects(s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: {} }), {
    name: 'InvalidRequest',
    message: 'Must specify at least one configuration.',
  });
});

test('Lists of grants are refused while ownership is enforced', async () => {
  const { s3 } = await withBucket();
  await assert.rejects(s3.putBucketAcl({ Bucket, ACL: 'public-read' }), {
    name: 'AccessControlListNotSupported',
    message: 'The bucket does not allow ACLs',
  });
  await s3.putBucketAcl({ Bucket, ACL: 'private' });
  await assert.rejects(s3.createBucket({ Bucket: 'another', ACL: 'public-read' }), {
    name: 'InvalidBucketAclWithObjectOwnership',
    message: "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  });
  await assert.rejects(s3.createBucket({ Bucket: 'another', ObjectOwnership: 'Mine' as never }), {
    name: 'InvalidArgument',
    message: 'Invalid x-amz-object-ownership header: Mine',
  });
});

test('PutBucketAcl lets in whom it grants, and public grants only while nothing blocks or ignores them', async () => {
  const { cloud, s3 } = await withBucket();
  const other = await cloud.memberAccount('other');
  const Rules = [{ ObjectOwnership: 'ObjectWriter' as const }];
  await s3.putBucketOwnershipControls({ Bucket, OwnershipControls: { Rules } });
  await s3.putBucketAcl({
    Bucket,
    GrantRead: `id="${canonicalUserOf(other.id)}"`,
    GrantFullControl: `id=${canonicalUserOf(cloud.managementAccount)}`,
  });
  await other.root.s3.headBucket({ Bucket });
  await assert.rejects(other.root.s3.getBucketAcl({ Bucket }), { name: 'AccessDenied' });
  await assert.rejects(s3.putBucketAcl({ Bucket, ACL: 'public-read' }), {
    name: 'AccessDenied',
    message: `User: arn:aws:iam::111122223333:root is not authorized to perform: s3:PutBucketAcl on resource: "${ARN}" because public access control lists (ACLs) are prevented by the BlockPublicAcls setting in S3 Block Public Access.`,
  });
  await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: none });
  await s3.putBucketAcl({ Bucket, ACL: 'public-read' });
  await cloud.unsigned.s3.headBucket({ Bucket });
  const granted = async () => (await s3.getBucketAcl({ Bucket })).Grants?.map(({ Grantee }) => Grantee?.URI ?? 'owner');
  assert.deepEqual(await granted(), ['owner', EVERYONE]);
  await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: { ...none, IgnorePublicAcls: true } });
  await assert.rejects(cloud.unsigned.s3.headBucket({ Bucket }));
  assert.deepEqual(await granted(), ['owner']);
  await assert.rejects(
    s3.putBucketOwnershipControls({
      Bucket,
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    }),
    { name: 'InvalidBucketAclWithObjectOwnership' },
  );
  await s3.putBucketAcl({ Bucket, ACL: 'authenticated-read' });
  await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: none });
  await other.root.s3.headBucket({ Bucket });
  await assert.rejects(cloud.unsigned.s3.headBucket({ Bucket }));
  await s3.deleteBucketOwnershipControls({ Bucket });
  await assert.rejects(s3.getBucketOwnershipControls({ Bucket }), { name: 'OwnershipControlsNotFoundError' });
});

test('PutBucketAcl says what is wrong with a list', async () => {
  const { cloud, s3 } = await withBucket();
  const Rules = [{ ObjectOwnership: 'ObjectWriter' as const }];
  await s3.putBucketOwnershipControls({ Bucket, OwnershipControls: { Rules } });
  const Owner = { ID: canonicalUserOf(cloud.managementAccount) };
  const faults: [object, string, string?][] = [
    [{}, 'MissingSecurityHeader', 'Your request was missing a required header'],
    [
      { ACL: 'private', GrantRead: 'id=x' },
      'InvalidRequest',
      'Specifying both Canned ACLs and Header Grants is not allowed',
    ],
    [{ GrantRead: 'nobody' }, 'InvalidArgument', 'Argument format not recognized'],
    [{ GrantRead: 'id=nobody' }, 'InvalidArgument', 'Invalid id'],
    [{ GrantRead: 'uri=http://example.com' }, 'InvalidArgument', 'Invalid group uri'],
    [{ GrantRead: 'emailAddress=a@example.com' }, 'MethodNotAllowed'],
    [{ ACL: 'nonsense' }, 'InvalidArgument'],
    [{ AccessControlPolicy: { Grants: [] } }, 'MalformedACLError'],
    [
      { ACL: 'private', AccessControlPolicy: { Owner, Grants: [] } },
      'UnexpectedContent',
      'This request does not support content',
    ],
  ];
  for (const [input, name, message] of faults) {
    await assert.rejects(s3.putBucketAcl({ Bucket, ...input }), { name, ...(message && { message }) });
  }
  const Grants = [{ Grantee: { Type: 'CanonicalUser' as const, ...Owner }, Permission: 'READ' as const }];
  await s3.putBucketAcl({ Bucket, AccessControlPolicy: { Owner, Grants } });
  assert.deepEqual((await s3.getBucketAcl({ Bucket })).Grants, Grants);
});

test('Tags of a bucket are read back as they were put', async () => {
  const { s3 } = await withBucket();
  await assert.rejects(s3.getBucketTagging({ Bucket }), { name: 'NoSuchTagSet', message: 'The TagSet does not exist' });
  const TagSet = [
    { Key: 'team', Value: 'audit' },
    { Key: 'empty', Value: '' },
  ];
  await s3.putBucketTagging({ Bucket, Tagging: { TagSet } });
  assert.deepEqual((await s3.getBucketTagging({ Bucket })).TagSet, TagSet);
  const faults: [{ Key: string; Value: string }[], string][] = [
    [[{ Key: 'aws:x', Value: '' }], 'System tags cannot be added/updated by requester'],
    [[{ Key: '', Value: '' }], 'The TagKey you have provided is invalid'],
    [[{ Key: 'x', Value: 'v'.repeat(257) }], 'The TagValue you have provided is invalid'],
    [[TagSet[0]!, TagSet[0]!], 'Cannot provide multiple Tags with the same key'],
  ];
  for (const [bad, message] of faults) {
    await assert.rejects(s3.putBucketTagging({ Bucket, Tagging: { TagSet: bad } }), { name: 'InvalidTag', message });
  }
  await s3.deleteBucketTagging({ Bucket });
  await assert.rejects(s3.getBucketTagging({ Bucket }), { name: 'NoSuchTagSet' });
});

test('A setting changed from another account is recorded in both, with the bucket', async () => {
  const { cloud, s3 } = await withBucket();
  const other = await cloud.memberAccount('other');
  await s3.putBucketPolicy({ Bucket, Policy: policy(allow({ AWS: other.id }, 's3:PutBucketTagging')) });
  await other.root.s3.putBucketTagging({ Bucket, Tagging: { TagSet: [] } });
  const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: 'PutBucketTagging' }];
  for (const { cloudtrail } of [cloud.root, other.root]) {
    const { Events = [] } = await cloudtrail.lookupEvents({ LookupAttributes });
    assert.equal(Events.length, 1);
    const { resources } = JSON.parse(Events[0]!.CloudTrailEvent!) as { resources: unknown };
    assert.deepEqual(resources, [{ ARN, accountId: cloud.managementAccount, type: 'AWS::S3::Bucket' }]);
  }
});

test('A request that expects another owner is refused', async () => {
  const { s3 } = await withBucket();
  await assert.rejects(s3.getBucketAcl({ Bucket, ExpectedBucketOwner: '999999999999' }), { name: 'AccessDenied' });
});
