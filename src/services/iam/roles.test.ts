import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clients, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';

const trusting = (principal: object) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }],
  });
const EC2 = trusting({ Service: 'ec2.amazonaws.com' });
const READ = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}';
const BOUNDARY = 'arn:aws:iam::aws:policy/ReadOnlyAccess';

const trustOf = async (clients: Clients, RoleName: string) =>
  decodeURIComponent((await clients.iam.getRole({ RoleName })).Role?.AssumeRolePolicyDocument ?? '');

test('CreateRole keeps a role that GetRole and ListRoles read back', async () => {
  const { root, managementAccount, now } = await testCloud();
  const document = EC2.replaceAll(',', ',\n  ');
  const made = await root.iam.createRole({
    RoleName: 'Worker',
    Path: '/team/',
    AssumeRolePolicyDocument: document,
    Description: 'Works',
    MaxSessionDuration: 7200,
    PermissionsBoundary: BOUNDARY,
    Tags: [{ Key: 'team', Value: 'a' }],
  });
  const { Role } = await root.iam.getRole({ RoleName: 'worker' });
  assert.deepEqual(Role, {
    Path: '/team/',
    RoleName: 'Worker',
    RoleId: made.Role?.RoleId,
    Arn: `arn:aws:iam::${managementAccount}:role/team/Worker`,
    CreateDate: now(),
    AssumeRolePolicyDocument: encodeURIComponent(document),
    Description: 'Works',
    MaxSessionDuration: 7200,
    PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: BOUNDARY },
    Tags: [{ Key: 'team', Value: 'a' }],
    RoleLastUsed: {},
  });
  const { Roles } = await root.iam.listRoles({ PathPrefix: '/team/' });
  assert.deepEqual(
    Roles?.map((r) => [r.RoleName, r.MaxSessionDuration, r.Tags, r.PermissionsBoundary]),
    [['Worker', 7200, undefined, undefined]],
  );
});

test('CreateRole refuses in the words of AWS', async () => {
  const { root, managementAccount } = await testCloud();
  await root.iam.createRole({ RoleName: 'r', AssumeRolePolicyDocument: EC2 });
  const create = (document: string, more = {}) =>
    root.iam.createRole({ RoleName: 'x', AssumeRolePolicyDocument: document, ...more });
  const nobody = `arn:aws:iam::${managementAccount}:user/nobody`;
  const provider = `arn:aws:iam::${managementAccount}:saml-provider/none`;
  const long = trusting({ Service: Array.from({ length: 120 }, (_, n) => `service-${n}.amazonaws.com`) });
  const cases: [Promise<unknown>, string, string | RegExp][] = [
    [create(EC2, { RoleName: 'R' }), 'EntityAlreadyExists', 'Role with name R already exists.'],
    [create('{'), 'MalformedPolicyDocument', 'This policy contains invalid Json'],
    [create(trusting({ AWS: nobody })), 'MalformedPolicyDocument', `Invalid principal in policy: "AWS":"${nobody}"`],
    [
      create(trusting({ AWS: 'AIDAAAAAAAAAAAAAAAAAA' })),
      'MalformedPolicyDocument',
      /^Invalid principal in policy: "AWS":"AIDA/,
    ],
    [create(trusting({ AWS: 'bob' })), 'MalformedPolicyDocument', 'Invalid principal in policy: "AWS":"bob"'],
    [create(trusting({ Service: 'ec2' })), 'MalformedPolicyDocument', 'Invalid principal in policy: "SERVICE":"ec2"'],
    [create(trusting({ Federated: provider })), 'MalformedPolicyDocument', /./],
    [create(long), 'LimitExceeded', 'Cannot exceed quota for ACLSizePerRole: 2048'],
    [
      create(EC2, { PermissionsBoundary: `${BOUNDARY}s` }),
      'NoSuchEntity',
      `Scope ARN: ${BOUNDARY}s does not exist or is not attachable.`,
    ],
    [create(EC2, { Path: '/aws-service-role/ecs.amazonaws.com/' }), 'InvalidInput', /reserved/],
  ];
  for (const [call, code, message] of cases) await rejected(call, code, message);
  await rejected(root.iam.getRole({ RoleName: 'x' }), 'NoSuchEntity', 'The role with name x cannot be found.');
});

test('RolesQuota bounds the roles of an account', async () => {
  const { root } = await testCloud({ quotas: { RolesQuota: 1 } });
  await root.iam.createRole({ RoleName: 'a', AssumeRolePolicyDocument: EC2 });
  await rejected(
    root.iam.createRole({ RoleName: 'b', AssumeRolePolicyDocument: EC2 }),
    'LimitExceeded',
    'Cannot exceed quota for RolesPerAccount: 1',
  );
});

test('A principal that is deleted and made anew is not trusted, and shown by its old id', async () => {
  const cloud = await testCloud();
  const { root, managementAccount } = cloud;
  const arn = `arn:aws:iam::${managementAccount}:user/alice`;
  await cloud.user('alice');
  const { UserId } = (await root.iam.getUser({ UserName: 'alice' })).User ?? {};
  const document = trusting({ AWS: [arn, `arn:aws:iam::${managementAccount}:root`] });
  await root.iam.createRole({ RoleName: 'r', AssumeRolePolicyDocument: document });
  assert.equal(await trustOf(root, 'r'), document);
  const { AccessKeyMetadata } = await root.iam.listAccessKeys({ UserName: 'alice' });
  await root.iam.deleteAccessKey({ UserName: 'alice', AccessKeyId: AccessKeyMetadata?.[0]?.AccessKeyId });
  await root.iam.deleteUser({ UserName: 'alice' });
  const shown = document.replace(arn, UserId ?? '');
  assert.equal(await trustOf(root, 'r'), shown);
  await root.iam.createUser({ UserName: 'alice' });
  assert.equal(await trustOf(root, 'r'), shown);
});

test('AssumeRole trusts whom the trust policy names, by id', async () => {
  const cloud = await testCloud();
  const { root, managementAccount } = cloud;
  const alice = await cloud.user('alice');
  const bob = await cloud.user('bob');
  const made = await root.iam.createRole({
    RoleName: 'r',
    AssumeRolePolicyDocument: trusting({ AWS: `arn:aws:iam::${managementAccount}:user/alice` }),
  });
  const RoleArn = made.Role?.Arn;
  await alice.sts.assumeRole({ RoleArn, RoleSessionName: 'session' });
  await rejected(
    bob.sts.assumeRole({ RoleArn, RoleSessionName: 'session' }),
    'AccessDenied',
    /not authorized to perform: sts:AssumeRole/,
  );
  await root.iam.updateAssumeRolePolicy({
    RoleName: 'r',
    PolicyDocument: trusting({ AWS: `arn:aws:iam::${managementAccount}:user/bob` }),
  });
  await bob.sts.assumeRole({ RoleArn, RoleSessionName: 'session' });
  await rejected(alice.sts.assumeRole({ RoleArn, RoleSessionName: 'session' }), 'AccessDenied', /./);
});

test('A trusted role session is bound to its role', async () => {
  const { root, managementAccount: account } = await testCloud();
  await root.iam.createRole({ RoleName: 'first', AssumeRolePolicyDocument: trusting({ AWS: account }) });
  const session = `arn:aws:sts::${account}:assumed-role/first/s1`;
  await root.iam.createRole({ RoleName: 'second', AssumeRolePolicyDocument: trusting({ AWS: session }) });
  assert.equal(await trustOf(root, 'second'), trusting({ AWS: session }));
  const { Role } = await root.iam.getRole({ RoleName: 'first' });
  await root.iam.deleteRole({ RoleName: 'first' });
  assert.equal(await trustOf(root, 'second'), trusting({ AWS: `${Role?.RoleId}:s1` }));
});

test('A trusted role session, and no other of its role, may assume', async () => {
  const cloud = await testCloud();
  const { root, managementAccount: account } = cloud;
  const user = await cloud.user('u', READ.replace('s3:GetObject', 'sts:AssumeRole'));
  const first = await root.iam.createRole({ RoleName: 'first', AssumeRolePolicyDocument: trusting({ AWS: account }) });
  const session = `arn:aws:sts::${account}:assumed-role/first/session-1`;
  const second = await root.iam.createRole({
    RoleName: 'second',
    AssumeRolePolicyDocument: trusting({ AWS: session }),
  });
  const chain = async (RoleSessionName: string) => {
    const { Credentials } = await user.sts.assumeRole({ RoleArn: first.Role?.Arn, RoleSessionName });
    const clients = cloud.as({
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    });
    return clients.sts.assumeRole({ RoleArn: second.Role?.Arn, RoleSessionName: 'next' });
  };
  await chain('session-1');
  await rejected(chain('session-2'), 'AccessDenied', /sts:AssumeRole/);
});

test('UpdateRole and UpdateRoleDescription change what they are given', async () => {
  const { root } = await testCloud();
  await root.iam.createRole({ RoleName: 'r', AssumeRolePolicyDocument: EC2, Description: 'old' });
  await root.iam.updateRole({ RoleName: 'r', MaxSessionDuration: 43200 });
  const { Role } = await root.iam.updateRoleDescription({ RoleName: 'r', Description: 'new' });
  assert.deepEqual([Role?.Description, Role?.MaxSessionDuration], ['new', 43200]);
  await root.iam.updateRole({ RoleName: 'r', Description: '' });
  assert.equal((await root.iam.getRole({ RoleName: 'r' })).Role?.Description, undefined);
});

test('DeleteRole waits until nothing hangs on the role', async () => {
  const { root } = await testCloud();
  const RoleName = 'r';
  await root.iam.createRole({ RoleName, AssumeRolePolicyDocument: EC2 });
  await root.iam.createInstanceProfile({ InstanceProfileName: 'p' });
  await root.iam.addRoleToInstanceProfile({ InstanceProfileName: 'p', RoleName });
  await root.iam.attachRolePolicy({ RoleName, PolicyArn: BOUNDARY });
  await root.iam.putRolePolicy({ RoleName, PolicyName: 'in', PolicyDocument: READ });
  const conflict = (message: string) => rejected(root.iam.deleteRole({ RoleName }), 'DeleteConflict', message);
  await conflict('Cannot delete entity, must remove roles from instance profile first.');
  await root.iam.removeRoleFromInstanceProfile({ InstanceProfileName: 'p', RoleName });
  await conflict('Cannot delete entity, must detach all policies first.');
  await root.iam.detachRolePolicy({ RoleName, PolicyArn: BOUNDARY });
  await conflict('Cannot delete entity, must delete policies first.');
  await root.iam.deleteRolePolicy({ RoleName, PolicyName: 'in' });
  await root.iam.deleteRole({ RoleName });
});

test('RoleLastUsed tells when the credentials of a role were used', async () => {
  const cloud = await testCloud();
  const { root } = cloud;
  const made = await root.iam.createRole({
    RoleName: 'r',
    AssumeRolePolicyDocument: trusting({ AWS: cloud.managementAccount }),
  });
  const user = await cloud.user('u', READ.replace('s3:GetObject', 'sts:AssumeRole'));
  const { Credentials } = await user.sts.assumeRole({ RoleArn: made.Role?.Arn, RoleSessionName: 'session' });
  const session = cloud.as({
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  });
  await session.sts.getCallerIdentity({});
  const { Role } = await root.iam.getRole({ RoleName: 'r' });
  assert.deepEqual(Role?.RoleLastUsed, { LastUsedDate: cloud.now(), Region: 'us-east-1' });
});

test('Permission on a role asks for its boundary and tags', async () => {
  const cloud = await testCloud();
  const { root } = cloud;
  const delegate = await cloud.user('delegate', {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['iam:CreateRole', 'iam:AttachRolePolicy', 'iam:PutRolePermissionsBoundary'],
        Resource: '*',
        Condition: { ArnEquals: { 'iam:PermissionsBoundary': BOUNDARY } },
      },
    ],
  });
  const free = { RoleName: 'free', AssumeRolePolicyDocument: EC2 };
  await rejected(delegate.iam.createRole(free), 'AccessDenied', /iam:CreateRole/);
  await delegate.iam.createRole({ ...free, RoleName: 'bounded', PermissionsBoundary: BOUNDARY });
  await delegate.iam.attachRolePolicy({ RoleName: 'bounded', PolicyArn: BOUNDARY });
  await root.iam.createRole(free);
  await rejected(
    delegate.iam.attachRolePolicy({ RoleName: 'free', PolicyArn: BOUNDARY }),
    'AccessDenied',
    /iam:AttachRolePolicy/,
  );
  await delegate.iam.putRolePermissionsBoundary({ RoleName: 'free', PermissionsBoundary: BOUNDARY });
  await rejected(delegate.iam.getRole({ RoleName: 'none' }), 'AccessDenied', /iam:GetRole/);
});

test('AddRoleToInstanceProfile needs iam:PassRole to ec2.amazonaws.com', async () => {
  const cloud = await testCloud();
  const { root } = cloud;
  const names = { InstanceProfileName: 'p', RoleName: 'r' };
  const created = await root.iam.createInstanceProfile({
    InstanceProfileName: 'p',
    Path: '/x/',
    Tags: [{ Key: 'a', Value: 'b' }],
  });
  assert.deepEqual(created.InstanceProfile?.Roles, []);
  await root.iam.createRole({ RoleName: 'r', AssumeRolePolicyDocument: EC2 });
  const statement = { Effect: 'Allow', Action: 'iam:AddRoleToInstanceProfile', Resource: '*' };
  const weak = await cloud.user('weak', { Version: '2012-10-17', Statement: [statement] });
  await rejected(weak.iam.addRoleToInstanceProfile(names), 'AccessDenied', /iam:PassRole on resource: .*role\/r/);
  const passing = {
    ...statement,
    Action: 'iam:PassRole',
    Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
  };
  const strong = await cloud.user('strong', { Version: '2012-10-17', Statement: [statement, passing] });
  await strong.iam.addRoleToInstanceProfile(names);
  await rejected(
    strong.iam.addRoleToInstanceProfile(names),
    'LimitExceeded',
    'Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1',
  );
  const { InstanceProfile } = await root.iam.getInstanceProfile({ InstanceProfileName: 'p' });
  assert.deepEqual(InstanceProfile?.Tags, [{ Key: 'a', Value: 'b' }]);
  assert.deepEqual(
    InstanceProfile?.Roles?.map((r) => r.RoleName),
    ['r'],
  );
  const forRole = await root.iam.listInstanceProfilesForRole({ RoleName: 'r' });
  assert.deepEqual(
    forRole.InstanceProfiles?.map((p) => p.Arn),
    [`arn:aws:iam::${cloud.managementAccount}:instance-profile/x/p`],
  );
  await rejected(
    root.iam.deleteInstanceProfile({ InstanceProfileName: 'p' }),
    'DeleteConflict',
    'Cannot delete entity, must remove roles from instance profile first.',
  );
  await root.iam.removeRoleFromInstanceProfile(names);
  await rejected(root.iam.removeRoleFromInstanceProfile(names), 'NoSuchEntity', /cannot be found/);
  await root.iam.deleteInstanceProfile({ InstanceProfileName: 'p' });
  await rejected(
    root.iam.getInstanceProfile({ InstanceProfileName: 'p' }),
    'NoSuchEntity',
    'Instance Profile p cannot be found.',
  );
});
