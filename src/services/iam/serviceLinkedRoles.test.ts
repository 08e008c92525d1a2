import assert from 'node:assert/strict';
import { test } from 'node:test';
import { managedPolicy } from '../../identity/managedPolicies.ts';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { linkedServices } from './linkedServices.ts';

test('CreateServiceLinkedRole names, trusts and permits as the service wants it', async () => {
  const { root, managementAccount } = await testCloud();
  const { Role } = await root.iam.createServiceLinkedRole({ AWSServiceName: 'guardduty.amazonaws.com' });
  assert.equal(Role?.RoleName, 'AWSServiceRoleForAmazonGuardDuty');
  assert.equal(
    Role?.Arn,
    `arn:aws:iam::${managementAccount}:role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty`,
  );
  assert.deepEqual(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).Statement[0].Principal, {
    Service: ['guardduty.amazonaws.com'],
  });
  const { AttachedPolicies } = await root.iam.listAttachedRolePolicies({ RoleName: Role?.RoleName });
  assert.deepEqual(
    AttachedPolicies?.map((p) => p.PolicyName),
    ['AmazonGuardDutyServiceRolePolicy'],
  );
});

test('CreateServiceLinkedRole refuses in the words of AWS', async () => {
  const { iam } = (await testCloud()).root;
  const create = (AWSServiceName: string, CustomSuffix?: string) =>
    iam.createServiceLinkedRole({ AWSServiceName, ...(CustomSuffix && { CustomSuffix }) });
  await rejected(
    create('ecs.amazonaws.com', 'x'),
    'InvalidInput',
    'Custom suffix is not allowed for ecs.amazonaws.com',
  );
  await create('batch.amazonaws.com');
  await rejected(
    create('batch.amazonaws.com'),
    'InvalidInput',
    'Service role name AWSServiceRoleForBatch has been taken in this account, please try a different suffix.',
  );
  const { Role } = await create('autoscaling.amazonaws.com', 'team');
  assert.equal(Role?.RoleName, 'AWSServiceRoleForAutoScaling_team');
  await rejected(create('nothing.amazonaws.com'), 'InvalidInput', /nothing/);
});

test('A service-linked role is changed by AWS only, but for its description', async () => {
  const { iam } = (await testCloud()).root;
  await iam.createServiceLinkedRole({ AWSServiceName: 'ecs.amazonaws.com' });
  const RoleName = 'AWSServiceRoleForECS';
  const sentence = `Cannot perform the operation on the protected role '${RoleName}' - this role is only modifiable by AWS`;
  const policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}';
  const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
  const calls = [
    iam.deleteRole({ RoleName }),
    iam.attachRolePolicy({ RoleName, PolicyArn }),
    iam.putRolePolicy({ RoleName, PolicyName: 'x', PolicyDocument: policy }),
    iam.putRolePermissionsBoundary({ RoleName, PermissionsBoundary: PolicyArn }),
    iam.updateRole({ RoleName, MaxSessionDuration: 7200 }),
    iam.updateAssumeRolePolicy({ RoleName, PolicyDocument: policy }),
  ];
  for (const call of calls) await rejected(call, 'UnmodifiableEntity', sentence);
  await iam.updateRoleDescription({ RoleName, Description: 'mine' });
  assert.equal((await iam.getRole({ RoleName })).Role?.Description, 'mine');
  await iam.updateRole({ RoleName, Description: 'ours' });
  assert.equal((await iam.getRole({ RoleName })).Role?.Description, 'ours');
});

test('DeleteServiceLinkedRole is a task that can be asked about', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  await iam.createServiceLinkedRole({ AWSServiceName: 'ecs.amazonaws.com' });
  const { DeletionTaskId } = await iam.deleteServiceLinkedRole({ RoleName: 'AWSServiceRoleForECS' });
  assert.match(
    DeletionTaskId ?? '',
    /^task\/aws-service-role\/ecs\.amazonaws\.com\/AWSServiceRoleForECS\/[0-9a-f-]{36}$/,
  );
  assert.equal((await iam.getServiceLinkedRoleDeletionStatus({ DeletionTaskId })).Status, 'SUCCEEDED');
  await rejected(iam.getRole({ RoleName: 'AWSServiceRoleForECS' }), 'NoSuchEntity', /cannot be found/);
  await rejected(iam.getServiceLinkedRoleDeletionStatus({ DeletionTaskId: 'task/x' }), 'NoSuchEntity', /task\/x/);
  const RoleName = 'mine';
  const trust =
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}';
  await iam.createRole({ RoleName, AssumeRolePolicyDocument: trust });
  await rejected(iam.deleteServiceLinkedRole({ RoleName }), 'NoSuchEntity', 'The role with name mine cannot be found.');
});

test('iam:AWSServiceName says for which services roles may be made', async () => {
  const cloud = await testCloud();
  const user = await cloud.user('u', {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'iam:CreateServiceLinkedRole',
        Resource: 'arn:aws:iam::*:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS*',
        Condition: { StringLike: { 'iam:AWSServiceName': 'ecs.amazonaws.com' } },
      },
    ],
  });
  await user.iam.createServiceLinkedRole({ AWSServiceName: 'ecs.amazonaws.com' });
  await rejected(
    user.iam.createServiceLinkedRole({ AWSServiceName: 'eks.amazonaws.com' }),
    'AccessDenied',
    /CreateServiceLinkedRole/,
  );
});

test('Every service-linked role has a managed policy that exists', () => {
  for (const [service, { policy }] of linkedServices) {
    assert.ok(managedPolicy(`arn:aws:iam::aws:policy/aws-service-role/${policy}`), service);
  }
});
