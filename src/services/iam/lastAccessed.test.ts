import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grantedActions, grantedServices } from '../../identity/grantedServices.ts';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';

const policy = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (Action: string | string[], more = {}) => ({ Effect: 'Allow', Action, Resource: '*', ...more });

test('grantedServices tells what policies can reach', () => {
  const deny = (Action: string, more = {}) => ({ Effect: 'Deny', Action, Resource: '*', ...more });
  const cases: [object[], string[]][] = [
    [[allow('s3:Get*')], ['s3']],
    [[allow(['S3:*', 'sqs:ListQueues', 'nosuch:*', 'iam:NoSuchAction'])], ['s3', 'sqs']],
    [[allow('*'), deny('*')], []],
    [[allow(['s3:*', 'iam:*']), deny('iam:*')], ['s3']],
    [
      [allow(['s3:*', 'iam:*']), deny('iam:*', { Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
      ['iam', 's3'],
    ],
    [[allow(['s3:*', 'iam:*']), { Effect: 'Deny', NotAction: 's3:*', Resource: '*' }], ['s3']],
  ];
  for (const [statements, services] of cases) assert.deepEqual(grantedServices([policy(...statements)]), services);
  const others = grantedServices([policy({ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' })]);
  assert.ok(others.includes('s3') && !others.includes('iam'));
  const actions = grantedActions([policy(allow('sqs:*Queue'), deny('sqs:PurgeQueue'))], 'sqs');
  assert.deepEqual(actions, ['CreateQueue', 'DeleteQueue', 'TagQueue', 'UntagQueue']);
});

test('Service last accessed tells real use by service and action', async () => {
  const cloud = await testCloud();
  const { root, managementAccount } = cloud;
  const alice = await cloud.user('alice', policy(allow(['iam:Get*', 's3:*', 'sts:GetCallerIdentity'])));
  await cloud.user('bob');
  const Arn = `arn:aws:iam::${managementAccount}:user/alice`;
  await alice.iam.getUser({ UserName: 'bob' });
  await rejected(alice.iam.listUsers({}), 'AccessDenied', /iam:ListUsers/);
  const { JobId } = await root.iam.generateServiceLastAccessedDetails({ Arn, Granularity: 'ACTION_LEVEL' });
  const report = await root.iam.getServiceLastAccessedDetails({ JobId });
  assert.deepEqual([report.JobStatus, report.JobType], ['COMPLETED', 'ACTION_LEVEL']);
  assert.deepEqual(
    report.ServicesLastAccessed?.map((s) => s.ServiceNamespace),
    ['iam', 's3', 'sts'],
  );
  const [iam, s3] = report.ServicesLastAccessed ?? [];
  assert.equal(iam?.ServiceName, 'AWS Identity and Access Management (IAM)');
  assert.deepEqual(
    [
      iam?.LastAuthenticated,
      iam?.LastAuthenticatedEntity,
      iam?.LastAuthenticatedRegion,
      iam?.TotalAuthenticatedEntities,
    ],
    [cloud.now(), Arn, 'us-east-1', 1],
  );
  const actions = new Map(iam?.TrackedActionsLastAccessed?.map((a) => [a.ActionName, a.LastAccessedTime]));
  assert.deepEqual(actions.get('GetUser'), cloud.now());
  assert.deepEqual(actions.get('ListUsers'), cloud.now());
  assert.equal(actions.has('GetRole'), true);
  assert.equal(actions.get('GetRole'), undefined);
  assert.equal(actions.has('CreateUser'), false);
  const { $metadata, ...unused } = { $metadata: 0, ...s3 };
  assert.deepEqual(unused, { ServiceName: 'Amazon S3', ServiceNamespace: 's3', TotalAuthenticatedEntities: 0 });
  cloud.advance('P401D');
  const late = await root.iam.getServiceLastAccessedDetails({ JobId, MaxItems: 1 });
  assert.deepEqual([late.ServicesLastAccessed?.[0]?.TotalAuthenticatedEntities, late.IsTruncated], [0, true]);
});

test('Reports on groups and policies count who has them', async () => {
  const cloud = await testCloud();
  const { root, managementAccount } = cloud;
  const alice = await cloud.user('alice');
  await cloud.user('bob');
  await root.iam.createGroup({ GroupName: 'g' });
  const { Policy } = await root.iam.createPolicy({ PolicyName: 'p', PolicyDocument: policy(allow('iam:List*')) });
  await root.iam.attachGroupPolicy({ GroupName: 'g', PolicyArn: Policy?.Arn });
  for (const UserName of ['alice', 'bob']) await root.iam.addUserToGroup({ GroupName: 'g', UserName });
  await alice.iam.listUsers({});
  for (const Arn of [Policy?.Arn, `arn:aws:iam::${managementAccount}:group/g`]) {
    const { JobId } = await root.iam.generateServiceLastAccessedDetails({ Arn });
    const { ServicesLastAccessed, JobType } = await root.iam.getServiceLastAccessedDetails({ JobId });
    assert.equal(JobType, 'SERVICE_LEVEL');
    assert.deepEqual(
      ServicesLastAccessed?.map((s) => [s.ServiceNamespace, s.LastAuthenticatedEntity, s.TrackedActionsLastAccessed]),
      [['iam', `arn:aws:iam::${managementAccount}:user/alice`, undefined]],
    );
    const entities = await root.iam.getServiceLastAccessedDetailsWithEntities({ JobId, ServiceNamespace: 'iam' });
    assert.deepEqual(
      entities.EntityDetailsList?.map((e) => [e.EntityInfo?.Name, e.EntityInfo?.Type, e.LastAuthenticated]),
      [
        ['alice', 'USER', cloud.now()],
        ['bob', 'USER', undefined],
      ],
    );
  }
});

test('A job answers to whoever asked for it', async () => {
  const cloud = await testCloud();
  const { root, managementAccount } = cloud;
  const alice = await cloud.user('alice', policy(allow('iam:*')));
  const Arn = `arn:aws:iam::${managementAccount}:user/alice`;
  const { JobId } = await root.iam.generateServiceLastAccessedDetails({ Arn });
  await rejected(alice.iam.getServiceLastAccessedDetails({ JobId }), 'NoSuchEntity', /cannot be found/);
  const none = { Arn: `${Arn}2` };
  await rejected(root.iam.generateServiceLastAccessedDetails(none), 'NoSuchEntity', /alice2 cannot be found/);
  const wrong = { JobId, ServiceNamespace: 'nosuch' };
  await rejected(root.iam.getServiceLastAccessedDetailsWithEntities(wrong), 'InvalidInput', /nosuch/);
});

test('ListPoliciesGrantingServiceAccess names policies by service', async () => {
  const cloud = await testCloud();
  const { root, managementAccount } = cloud;
  const PolicyArn = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
  await root.iam.createUser({ UserName: 'u' });
  await root.iam.createGroup({ GroupName: 'g' });
  await root.iam.addUserToGroup({ GroupName: 'g', UserName: 'u' });
  await root.iam.putGroupPolicy({
    GroupName: 'g',
    PolicyName: 'in',
    PolicyDocument: policy(allow(['s3:GetObject', 'sqs:*'])),
  });
  await root.iam.attachGroupPolicy({ GroupName: 'g', PolicyArn });
  await root.iam.attachUserPolicy({ UserName: 'u', PolicyArn });
  const Arn = `arn:aws:iam::${managementAccount}:user/u`;
  const list = await root.iam.listPoliciesGrantingServiceAccess({ Arn, ServiceNamespaces: ['sqs', 's3', 'ec2'] });
  const inline = { PolicyName: 'in', PolicyType: 'INLINE', EntityType: 'GROUP', EntityName: 'g' };
  assert.deepEqual(list.PoliciesGrantingServiceAccess, [
    { ServiceNamespace: 'sqs', Policies: [inline] },
    {
      ServiceNamespace: 's3',
      Policies: [{ PolicyName: 'AmazonS3ReadOnlyAccess', PolicyType: 'MANAGED', PolicyArn }, inline],
    },
    { ServiceNamespace: 'ec2', Policies: [] },
  ]);
  const wrong = { Arn, ServiceNamespaces: ['nosuch'] };
  await rejected(root.iam.listPoliciesGrantingServiceAccess(wrong), 'InvalidInput', /nosuch/);
});

test('GetAccountAuthorizationDetails lists all that IAM decides by', async () => {
  const cloud = await testCloud();
  const { root } = cloud;
  const document = policy(allow('s3:GetObject'));
  const trust =
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}';
  const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
  await cloud.user('u', document);
  await root.iam.createGroup({ GroupName: 'g' });
  await root.iam.addUserToGroup({ GroupName: 'g', UserName: 'u' });
  await root.iam.createRole({ RoleName: 'r', AssumeRolePolicyDocument: trust, Tags: [{ Key: 'a', Value: 'b' }] });
  await root.iam.createInstanceProfile({ InstanceProfileName: 'p' });
  await root.iam.addRoleToInstanceProfile({ InstanceProfileName: 'p', RoleName: 'r' });
  await root.iam.attachRolePolicy({ RoleName: 'r', PolicyArn });
  const local = await root.iam.createPolicy({ PolicyName: 'local', PolicyDocument: document });
  await root.iam.createPolicyVersion({
    PolicyArn: local.Policy?.Arn,
    PolicyDocument: trust.replace('"Principal":{"Service":"ec2.amazonaws.com"}', '"Resource":"*"'),
  });
  const all = await root.iam.getAccountAuthorizationDetails({});
  assert.deepEqual(
    all.UserDetailList?.map((u) => [
      u.UserName,
      u.GroupList,
      decodeURIComponent(u.UserPolicyList?.[0]?.PolicyDocument ?? ''),
    ]),
    [['u', ['g'], document]],
  );
  assert.deepEqual(
    all.GroupDetailList?.map((g) => [g.GroupName, g.GroupPolicyList]),
    [['g', []]],
  );
  const [role] = all.RoleDetailList ?? [];
  assert.equal(decodeURIComponent(role?.AssumeRolePolicyDocument ?? ''), trust);
  assert.deepEqual(
    role?.InstanceProfileList?.map((p) => p.InstanceProfileName),
    ['p'],
  );
  assert.deepEqual(role?.AttachedManagedPolicies, [{ PolicyName: 'ReadOnlyAccess', PolicyArn }]);
  assert.deepEqual([role?.Tags, role?.RoleLastUsed], [[{ Key: 'a', Value: 'b' }], {}]);
  assert.deepEqual(
    all.Policies?.map((p) => [p.PolicyName, p.AttachmentCount, p.PolicyVersionList?.length]),
    [
      ['local', 0, 2],
      ['ReadOnlyAccess', 1, 1],
    ],
  );
  assert.equal(all.IsTruncated, false);
  const some = await root.iam.getAccountAuthorizationDetails({ Filter: ['Group', 'LocalManagedPolicy'], MaxItems: 1 });
  assert.deepEqual(
    [some.UserDetailList, some.GroupDetailList?.length, some.Policies, some.IsTruncated],
    [[], 1, [], true],
  );
  const rest = await root.iam.getAccountAuthorizationDetails({
    Filter: ['Group', 'LocalManagedPolicy'],
    Marker: some.Marker,
  });
  assert.deepEqual(
    rest.Policies?.map((p) => p.PolicyName),
    ['local'],
  );
});
