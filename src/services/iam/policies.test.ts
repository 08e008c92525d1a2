import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';

const READ = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}';
const WRITE = '{ "Version": "2012-10-17",\n "Statement": {"Effect":"Allow","Action":["s3:PutObject"],"Resource":"*"} }';
const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess';

test('CreatePolicy keeps a policy that GetPolicy reads back', async () => {
  const { root, managementAccount, now } = await testCloud();
  const made = await root.iam.createPolicy({
    PolicyName: 'read',
    Path: '/team/',
    PolicyDocument: READ,
    Description: 'Reads',
    Tags: [{ Key: 'team', Value: 'a' }],
  });
  const arn = `arn:aws:iam::${managementAccount}:policy/team/read`;
  assert.equal(made.Policy?.Arn, arn);
  assert.equal(made.Policy?.Description, undefined);
  assert.match(made.Policy?.PolicyId ?? '', /^ANPA[A-Z2-7]{17}$/);
  const { Policy } = await root.iam.getPolicy({ PolicyArn: arn });
  assert.deepEqual(Policy, {
    PolicyName: 'read',
    PolicyId: made.Policy?.PolicyId,
    Arn: arn,
    Path: '/team/',
    DefaultVersionId: 'v1',
    AttachmentCount: 0,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    Description: 'Reads',
    CreateDate: now(),
    UpdateDate: now(),
    Tags: [{ Key: 'team', Value: 'a' }],
  });
});

test('CreatePolicy refuses in the words of AWS', async () => {
  const { root } = await testCloud();
  await root.iam.createPolicy({ PolicyName: 'read', PolicyDocument: READ });
  const big = READ.replace('s3:GetObject', `s3:${'x'.repeat(6144)}`);
  await rejected(
    root.iam.createPolicy({ PolicyName: 'READ', PolicyDocument: READ }),
    'EntityAlreadyExists',
    'A policy called READ already exists. Duplicate names are not allowed.',
  );
  await rejected(
    root.iam.createPolicy({ PolicyName: 'x', PolicyDocument: 'no' }),
    'MalformedPolicyDocument',
    'Syntax errors in policy.',
  );
  await rejected(
    root.iam.createPolicy({ PolicyName: 'x', PolicyDocument: big }),
    'LimitExceeded',
    'Cannot exceed quota for PolicySize: 6144',
  );
  await rejected(
    root.iam.getPolicy({ PolicyArn: 'a-name-that-is-no-arn' }),
    'ValidationError',
    'Invalid ARN:  Could not be parsed!',
  );
  await rejected(
    root.iam.getPolicy({ PolicyArn: `${ADMINISTRATOR}x` }),
    'NoSuchEntity',
    `Policy ${ADMINISTRATOR}x was not found.`,
  );
});

test('White space does not count against the size of a policy', async () => {
  const { root } = await testCloud();
  const wide = READ.replaceAll(',', `,${' '.repeat(4000)}`);
  const { Policy } = await root.iam.createPolicy({ PolicyName: 'wide', PolicyDocument: wide });
  const { PolicyVersion } = await root.iam.getPolicyVersion({ PolicyArn: Policy?.Arn, VersionId: 'v1' });
  assert.equal(decodeURIComponent(PolicyVersion?.Document ?? ''), wide);
});

test('Versions: five at most, numbers never used again, the default not deletable', async () => {
  const { root } = await testCloud();
  const PolicyArn = (await root.iam.createPolicy({ PolicyName: 'p', PolicyDocument: READ })).Policy?.Arn;
  for (let n = 2; n <= 5; n++) {
    const { PolicyVersion } = await root.iam.createPolicyVersion({ PolicyArn, PolicyDocument: WRITE });
    assert.deepEqual([PolicyVersion?.VersionId, PolicyVersion?.IsDefaultVersion], [`v${n}`, false]);
  }
  await rejected(
    root.iam.createPolicyVersion({ PolicyArn, PolicyDocument: WRITE }),
    'LimitExceeded',
    'A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
  );
  await rejected(
    root.iam.deletePolicyVersion({ PolicyArn, VersionId: 'v1' }),
    'DeleteConflict',
    'Cannot delete the default version of a policy.',
  );
  await root.iam.setDefaultPolicyVersion({ PolicyArn, VersionId: 'v5' });
  await root.iam.deletePolicyVersion({ PolicyArn, VersionId: 'v1' });
  const six = await root.iam.createPolicyVersion({ PolicyArn, PolicyDocument: WRITE, SetAsDefault: true });
  assert.equal(six.PolicyVersion?.VersionId, 'v6');
  const { Versions } = await root.iam.listPolicyVersions({ PolicyArn });
  assert.deepEqual(
    Versions?.map((v) => v.VersionId),
    ['v6', 'v5', 'v4', 'v3', 'v2'],
  );
  const { PolicyVersion } = await root.iam.getPolicyVersion({ PolicyArn, VersionId: 'v6' });
  assert.equal(decodeURIComponent(PolicyVersion?.Document ?? ''), WRITE);
  assert.equal(PolicyVersion?.IsDefaultVersion, true);
  await rejected(root.iam.deletePolicy({ PolicyArn }), 'DeleteConflict', /^This policy has more than one version\./);
});

test('GetPolicyVersion percent-encodes documents as RFC 3986 says', async () => {
  const { root } = await testCloud();
  const { PolicyVersion } = await root.iam.getPolicyVersion({ PolicyArn: ADMINISTRATOR, VersionId: 'v1' });
  assert.match(PolicyVersion?.Document ?? '', /%22Action%22%3A%20%22%2A%22/);
});

test("AWS's policies can be read by everybody and changed by nobody", async () => {
  const { root } = await testCloud();
  const { Policy } = await root.iam.getPolicy({ PolicyArn: ADMINISTRATOR });
  assert.equal(Policy?.PolicyName, 'AdministratorAccess');
  await rejected(
    root.iam.deletePolicy({ PolicyArn: ADMINISTRATOR }),
    'AccessDenied',
    /not authorized to perform: iam:DeletePolicy/,
  );
  await rejected(
    root.iam.createPolicyVersion({ PolicyArn: ADMINISTRATOR, PolicyDocument: READ, SetAsDefault: true }),
    'AccessDenied',
    /not authorized to perform: iam:CreatePolicyVersion/,
  );
});

test('ListPolicies filters by scope, path, attachment and usage, and pages over both kinds', async () => {
  const { root } = await testCloud();
  const arns: string[] = [];
  for (const [name, path] of [
    ['a', '/x/'],
    ['b', '/x/'],
    ['c', '/y/'],
  ] as const) {
    const { Policy } = await root.iam.createPolicy({ PolicyName: name, Path: path, PolicyDocument: READ });
    arns.push(Policy?.Arn ?? '');
  }
  await root.iam.createUser({ UserName: 'u', PermissionsBoundary: arns[1] });
  await root.iam.attachUserPolicy({ UserName: 'u', PolicyArn: arns[0] });
  await root.iam.attachUserPolicy({ UserName: 'u', PolicyArn: ADMINISTRATOR });
  const names = async (input: object) => (await root.iam.listPolicies(input)).Policies?.map((p) => p.PolicyName);
  assert.deepEqual(await names({ Scope: 'Local' }), ['a', 'b', 'c']);
  assert.deepEqual(await names({ Scope: 'Local', PathPrefix: '/x/' }), ['a', 'b']);
  assert.deepEqual(await names({ OnlyAttached: true }), ['a', 'AdministratorAccess']);
  assert.deepEqual(await names({ PolicyUsageFilter: 'PermissionsBoundary' }), ['b']);
  const jobs = await names({ Scope: 'AWS', PathPrefix: '/job-function/' });
  assert.ok(jobs?.includes('Billing') && !jobs.includes('AdministratorAccess'));

  const seen: (string | undefined)[] = [];
  let Marker: string | undefined;
  do {
    const page = await root.iam.listPolicies({ MaxItems: 700, ...(Marker && { Marker }) });
    seen.push(...(page.Policies ?? []).map((p) => p.Arn));
    Marker = page.Marker;
  } while (Marker);
  assert.ok(seen.length > 1000);
  assert.equal(new Set(seen).size, seen.length);
  await rejected(root.iam.listPolicies({ Marker: '###' }), 'InvalidInput', 'Invalid Marker.');
});

test('ListEntitiesForPolicy and DeletePolicy know who uses a policy', async () => {
  const { root } = await testCloud();
  const PolicyArn = (await root.iam.createPolicy({ PolicyName: 'p', PolicyDocument: READ })).Policy?.Arn;
  await root.iam.createUser({ UserName: 'u' });
  await root.iam.createGroup({ GroupName: 'g' });
  await root.iam.createUser({ UserName: 'bounded', PermissionsBoundary: PolicyArn });
  await root.iam.attachUserPolicy({ UserName: 'u', PolicyArn });
  await root.iam.attachGroupPolicy({ GroupName: 'g', PolicyArn });
  const all = await root.iam.listEntitiesForPolicy({ PolicyArn });
  assert.deepEqual(
    all.PolicyUsers?.map((u) => u.UserName),
    ['u', 'bounded'],
  );
  assert.deepEqual(
    all.PolicyGroups?.map((g) => g.GroupName),
    ['g'],
  );
  const bounded = await root.iam.listEntitiesForPolicy({ PolicyArn, PolicyUsageFilter: 'PermissionsBoundary' });
  assert.deepEqual(
    bounded.PolicyUsers?.map((u) => u.UserName),
    ['bounded'],
  );
  const { Policy } = await root.iam.getPolicy({ PolicyArn });
  assert.deepEqual([Policy?.AttachmentCount, Policy?.PermissionsBoundaryUsageCount], [2, 1]);
  const conflict = 'Cannot delete a policy attached to entities.';
  await rejected(root.iam.deletePolicy({ PolicyArn }), 'DeleteConflict', conflict);
  await root.iam.detachUserPolicy({ UserName: 'u', PolicyArn });
  await root.iam.detachGroupPolicy({ GroupName: 'g', PolicyArn });
  await rejected(root.iam.deletePolicy({ PolicyArn }), 'DeleteConflict', conflict);
  await root.iam.deleteUserPermissionsBoundary({ UserName: 'bounded' });
  await root.iam.deletePolicy({ PolicyArn });
  await rejected(root.iam.getPolicy({ PolicyArn }), 'NoSuchEntity', `Policy ${PolicyArn} was not found.`);
});

test('Tags of a policy are listed by key, compared without case and asked about by policies', async () => {
  const cloud = await testCloud();
  const { root } = cloud;
  const PolicyArn = (await root.iam.createPolicy({ PolicyName: 'p', PolicyDocument: READ })).Policy?.Arn;
  await root.iam.tagPolicy({
    PolicyArn,
    Tags: [
      { Key: 'team', Value: 'a' },
      { Key: 'Cost', Value: '1' },
    ],
  });
  await root.iam.tagPolicy({ PolicyArn, Tags: [{ Key: 'TEAM', Value: 'b' }] });
  const { Tags } = await root.iam.listPolicyTags({ PolicyArn });
  assert.deepEqual(Tags, [
    { Key: 'Cost', Value: '1' },
    { Key: 'TEAM', Value: 'b' },
  ]);
  const tagger = await cloud.user('tagger', {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'iam:UntagPolicy',
        Resource: '*',
        Condition: {
          StringEquals: { 'aws:ResourceTag/TEAM': 'b', 'iam:ResourceTag/TEAM': 'b', 'aws:TagKeys': 'Cost' },
        },
      },
    ],
  });
  await rejected(tagger.iam.untagPolicy({ PolicyArn, TagKeys: ['TEAM'] }), 'AccessDenied', /iam:UntagPolicy/);
  await tagger.iam.untagPolicy({ PolicyArn, TagKeys: ['Cost'] });
  assert.deepEqual((await root.iam.listPolicyTags({ PolicyArn })).Tags, [{ Key: 'TEAM', Value: 'b' }]);
});

test('ListPolicies is granted on all policies or not at all', async () => {
  const cloud = await testCloud();
  const user = await cloud.user('u', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'iam:ListPolicies', Resource: 'arn:aws:iam::*:policy/*' }],
  });
  await rejected(user.iam.listPolicies({}), 'AccessDenied', /iam:ListPolicies on resource: policy path \/ because/);
});

test('A policy cannot be deleted while somebody attaches it', async () => {
  const { root } = await testCloud();
  const PolicyArn = (await root.iam.createPolicy({ PolicyName: 'p', PolicyDocument: READ })).Policy?.Arn;
  await root.iam.createUser({ UserName: 'u' });
  const outcomes = await Promise.allSettled([
    root.iam.deletePolicy({ PolicyArn }),
    root.iam.attachUserPolicy({ UserName: 'u', PolicyArn }),
  ]);
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  const { AttachedPolicies } = await root.iam.listAttachedUserPolicies({ UserName: 'u' });
  const left = (await root.iam.listPolicies({ Scope: 'Local' })).Policies?.length;
  assert.equal(AttachedPolicies?.length, left);
});

test('ListEntitiesForPolicy tells once who has a policy attached and as boundary', async () => {
  const { root } = await testCloud();
  const PolicyArn = (await root.iam.createPolicy({ PolicyName: 'p', PolicyDocument: READ })).Policy?.Arn;
  await root.iam.createUser({ UserName: 'u', PermissionsBoundary: PolicyArn });
  await root.iam.attachUserPolicy({ UserName: 'u', PolicyArn });
  assert.equal((await root.iam.listEntitiesForPolicy({ PolicyArn })).PolicyUsers?.length, 1);
  for (const PolicyUsageFilter of ['PermissionsPolicy', 'PermissionsBoundary'] as const) {
    const { PolicyUsers } = await root.iam.listEntitiesForPolicy({ PolicyArn, PolicyUsageFilter });
    assert.equal(PolicyUsers?.length, 1);
  }
});

test('A managed policy of another account is nobody else’s', async () => {
  const cloud = await testCloud();
  const member = await cloud.memberAccount('dev');
  const PolicyArn = (await member.root.iam.createPolicy({ PolicyName: 'p', PolicyDocument: READ })).Policy?.Arn;
  await cloud.root.iam.createUser({ UserName: 'u' });
  await rejected(cloud.root.iam.getPolicy({ PolicyArn }), 'AccessDenied', /iam:GetPolicy/);
  await rejected(
    cloud.root.iam.attachUserPolicy({ UserName: 'u', PolicyArn }),
    'NoSuchEntity',
    `Policy ${PolicyArn} does not exist or is not attachable.`,
  );
});
