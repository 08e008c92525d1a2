import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';

const ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}';
const READ_ONLY = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
const ROLE = ALLOW.replace('"Resource":"*"', '"Principal":{"Service":"ec2.amazonaws.com"}').replace(
  's3:GetObject',
  'sts:AssumeRole',
);

async function cloudWithHolders() {
  const cloud = await testCloud();
  await cloud.root.iam.createUser({ UserName: 'u' });
  await cloud.root.iam.createGroup({ GroupName: 'g' });
  await cloud.root.iam.createRole({ RoleName: 'r', AssumeRolePolicyDocument: ROLE });
  return cloud;
}

test('Attach, List and Detach work on users, groups and roles', async () => {
  const { iam } = (await cloudWithHolders()).root;
  const PolicyArn = (await iam.createPolicy({ PolicyName: 'p', Path: '/x/', PolicyDocument: ALLOW })).Policy?.Arn;
  const kinds = [
    {
      attach: (arn?: string) => iam.attachUserPolicy({ UserName: 'u', PolicyArn: arn }),
      list: (input: object) => iam.listAttachedUserPolicies({ UserName: 'u', ...input }),
      detach: (arn?: string) => iam.detachUserPolicy({ UserName: 'u', PolicyArn: arn }),
    },
    {
      attach: (arn?: string) => iam.attachGroupPolicy({ GroupName: 'g', PolicyArn: arn }),
      list: (input: object) => iam.listAttachedGroupPolicies({ GroupName: 'g', ...input }),
      detach: (arn?: string) => iam.detachGroupPolicy({ GroupName: 'g', PolicyArn: arn }),
    },
    {
      attach: (arn?: string) => iam.attachRolePolicy({ RoleName: 'r', PolicyArn: arn }),
      list: (input: object) => iam.listAttachedRolePolicies({ RoleName: 'r', ...input }),
      detach: (arn?: string) => iam.detachRolePolicy({ RoleName: 'r', PolicyArn: arn }),
    },
  ];
  for (const { attach, list, detach } of kinds) {
    await attach(PolicyArn);
    await attach(READ_ONLY);
    await attach(READ_ONLY);
    const { AttachedPolicies, IsTruncated } = await list({});
    assert.deepEqual(AttachedPolicies, [
      { PolicyName: 'p', PolicyArn },
      { PolicyName: 'ReadOnlyAccess', PolicyArn: READ_ONLY },
    ]);
    assert.equal(IsTruncated, false);
    assert.deepEqual((await list({ PathPrefix: '/x/' })).AttachedPolicies, [{ PolicyName: 'p', PolicyArn }]);
    const first = await list({ MaxItems: 1 });
    assert.equal(first.IsTruncated, true);
    const second = await list({ MaxItems: 1, Marker: first.Marker });
    assert.deepEqual(
      second.AttachedPolicies?.map((p) => p.PolicyName),
      ['ReadOnlyAccess'],
    );
    await detach(READ_ONLY);
    await rejected(detach(READ_ONLY), 'NoSuchEntity', `Policy ${READ_ONLY} was not found.`);
    const none = `${READ_ONLY}123`;
    await rejected(attach(none), 'NoSuchEntity', `Policy ${none} does not exist or is not attachable.`);
    await rejected(attach('longpolicynamebutnoarn'), 'ValidationError', 'Invalid ARN:  Could not be parsed!');
  }
});

test('Ten policies fit on a principal', async () => {
  const { iam } = (await cloudWithHolders()).root;
  for (let n = 0; n < 11; n++) {
    const { Policy } = await iam.createPolicy({ PolicyName: `p${n}`, PolicyDocument: ALLOW });
    const call = iam.attachRolePolicy({ RoleName: 'r', PolicyArn: Policy?.Arn });
    if (n < 10) await call;
    else await rejected(call, 'LimitExceeded', 'Cannot exceed quota for PoliciesPerRole: 10');
  }
});

test('Policies of service-linked roles and root tasks are not attachable', async () => {
  const { iam } = (await cloudWithHolders()).root;
  const linked = 'arn:aws:iam::aws:policy/aws-service-role/AWSOrganizationsServiceTrustPolicy';
  await rejected(
    iam.attachRolePolicy({ RoleName: 'r', PolicyArn: linked }),
    'PolicyNotAttachable',
    'Cannot attach a Service Role Policy to a Customer Role.',
  );
  const task = 'arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials';
  await rejected(iam.attachRolePolicy({ RoleName: 'r', PolicyArn: task }), 'PolicyNotAttachable', /not attachable/);
});

test('iam:PolicyARN says which policies may be attached', async () => {
  const cloud = await cloudWithHolders();
  const helper = await cloud.user('helper', {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['iam:AttachUserPolicy', 'iam:DetachUserPolicy'],
        Resource: '*',
        Condition: { ArnEquals: { 'iam:PolicyARN': READ_ONLY } },
      },
    ],
  });
  await helper.iam.attachUserPolicy({ UserName: 'u', PolicyArn: READ_ONLY });
  const admin = 'arn:aws:iam::aws:policy/AdministratorAccess';
  await rejected(
    helper.iam.attachUserPolicy({ UserName: 'u', PolicyArn: admin }),
    'AccessDenied',
    /iam:AttachUserPolicy/,
  );
  await rejected(helper.iam.attachUserPolicy({ UserName: 'none', PolicyArn: READ_ONLY }), 'AccessDenied', /user\/none/);
});

test('What is attached is in force at once', async () => {
  const cloud = await testCloud();
  const alice = await cloud.user('alice');
  await rejected(alice.iam.listRoles({}), 'AccessDenied', /iam:ListRoles/);
  await cloud.root.iam.attachUserPolicy({ UserName: 'alice', PolicyArn: READ_ONLY });
  await alice.iam.listRoles({});
  await cloud.root.iam.putUserPermissionsBoundary({
    UserName: 'alice',
    PermissionsBoundary: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
  });
  await rejected(alice.iam.listRoles({}), 'AccessDenied', /no permissions boundary allows the iam:ListRoles action/);
});

test('Put, Get, List and Delete of inline policies keep documents byte for byte', async () => {
  const { iam } = (await cloudWithHolders()).root;
  const document = ALLOW.replaceAll(',', ' ,\n\t');
  await iam.putUserPolicy({ UserName: 'u', PolicyName: 'constructor', PolicyDocument: document });
  await iam.putGroupPolicy({ GroupName: 'g', PolicyName: '__proto__', PolicyDocument: document });
  await iam.putRolePolicy({ RoleName: 'r', PolicyName: 'b', PolicyDocument: ALLOW });
  await iam.putRolePolicy({ RoleName: 'r', PolicyName: 'a', PolicyDocument: ALLOW });
  await iam.putRolePolicy({ RoleName: 'r', PolicyName: 'b', PolicyDocument: document });
  assert.deepEqual((await iam.listRolePolicies({ RoleName: 'r' })).PolicyNames, ['a', 'b']);
  assert.deepEqual((await iam.listGroupPolicies({ GroupName: 'g' })).PolicyNames, ['__proto__']);
  const got = [
    await iam.getUserPolicy({ UserName: 'u', PolicyName: 'constructor' }),
    await iam.getGroupPolicy({ GroupName: 'g', PolicyName: '__proto__' }),
    await iam.getRolePolicy({ RoleName: 'r', PolicyName: 'b' }),
  ];
  for (const { PolicyDocument } of got) assert.equal(decodeURIComponent(PolicyDocument ?? ''), document);
  await iam.deleteGroupPolicy({ GroupName: 'g', PolicyName: '__proto__' });
  await rejected(
    iam.deleteGroupPolicy({ GroupName: 'g', PolicyName: '__proto__' }),
    'NoSuchEntity',
    'The group policy with name __proto__ cannot be found.',
  );
  await rejected(
    iam.getUserPolicy({ UserName: 'u', PolicyName: 'toString' }),
    'NoSuchEntity',
    'The user policy with name toString cannot be found.',
  );
  await rejected(
    iam.putUserPolicy({ UserName: 'u', PolicyName: 'x', PolicyDocument: '{}' }),
    'MalformedPolicyDocument',
    /./,
  );
});

test('Inline policies of one principal share a size', async () => {
  const { iam } = (await cloudWithHolders()).root;
  const sized = (size: number) => ALLOW.replace('"*"', `"arn:aws:s3:::${'x'.repeat(size)}"`);
  await iam.putUserPolicy({ UserName: 'u', PolicyName: 'a', PolicyDocument: sized(1500) });
  await iam.putUserPolicy({ UserName: 'u', PolicyName: 'a', PolicyDocument: sized(1600) });
  await rejected(
    iam.putUserPolicy({ UserName: 'u', PolicyName: 'b', PolicyDocument: sized(500) }),
    'LimitExceeded',
    'Maximum policy size of 2048 bytes exceeded for user u',
  );
  await iam.putGroupPolicy({ GroupName: 'g', PolicyName: 'a', PolicyDocument: sized(4900) });
  await rejected(
    iam.putGroupPolicy({ GroupName: 'g', PolicyName: 'b', PolicyDocument: sized(500) }),
    'LimitExceeded',
    'Maximum policy size of 5120 bytes exceeded for group g',
  );
  await rejected(
    iam.putRolePolicy({ RoleName: 'r', PolicyName: 'b', PolicyDocument: sized(10500) }),
    'LimitExceeded',
    'Maximum policy size of 10240 bytes exceeded for role r',
  );
});

test('Permissions boundaries can be set, read and taken away', async () => {
  const { iam } = (await cloudWithHolders()).root;
  await rejected(
    iam.putRolePermissionsBoundary({ RoleName: 'r', PermissionsBoundary: `${READ_ONLY}x` }),
    'NoSuchEntity',
    `Scope ARN: ${READ_ONLY}x does not exist or is not attachable.`,
  );
  await iam.putUserPermissionsBoundary({ UserName: 'u', PermissionsBoundary: READ_ONLY });
  await iam.putRolePermissionsBoundary({ RoleName: 'r', PermissionsBoundary: READ_ONLY });
  const { User } = await iam.getUser({ UserName: 'u' });
  assert.deepEqual(User?.PermissionsBoundary, { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: READ_ONLY });
  await iam.deleteUserPermissionsBoundary({ UserName: 'u' });
  await iam.deleteRolePermissionsBoundary({ RoleName: 'r' });
  assert.equal((await iam.getRole({ RoleName: 'r' })).Role?.PermissionsBoundary, undefined);
  await rejected(iam.deleteRolePermissionsBoundary({ RoleName: 'r' }), 'NoSuchEntity', /boundary/);
});
