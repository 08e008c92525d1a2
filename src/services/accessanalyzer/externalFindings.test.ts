import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';

const trust = (Principal: unknown, Condition?: object) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole', ...(Condition && { Condition }) }],
  });

async function withAnalyzer(cloud: Cloud) {
  const { arn } = await cloud.root.accessAnalyzer.createAnalyzer({ analyzerName: 'outside', type: 'ACCOUNT' });
  return arn!;
}

const roleArn = (cloud: Cloud, name: string) => `arn:aws:iam::${cloud.managementAccount}:role/${name}`;

test('ListFindings tells of roles that others may assume, and of no others', async () => {
  const cloud = await testCloud();
  const analyzerArn = await withAnalyzer(cloud);
  const { iam, accessAnalyzer } = cloud.root;
  const inside = trust({ AWS: cloud.managementAccount });
  await iam.createRole({ RoleName: 'inside', AssumeRolePolicyDocument: inside });
  const service = trust({ Service: 'ec2.amazonaws.com' });
  await iam.createRole({ RoleName: 'service', AssumeRolePolicyDocument: service });
  const partner = trust({ AWS: 'arn:aws:iam::444455556666:root' }, { StringEquals: { 'sts:ExternalId': 'abc' } });
  await iam.createRole({ RoleName: 'partner', AssumeRolePolicyDocument: partner });

  const { findings } = await accessAnalyzer.listFindings({ analyzerArn });
  assert.equal(findings?.length, 1);
  const [{ id, analyzedAt, createdAt, updatedAt, ...finding }] = findings as [NonNullable<typeof findings>[0]];
  assert.match(id!, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual([analyzedAt, createdAt, updatedAt], [cloud.now(), cloud.now(), cloud.now()]);
  assert.deepEqual(finding, {
    resource: roleArn(cloud, 'partner'),
    resourceType: 'AWS::IAM::Role',
    resourceOwnerAccount: cloud.managementAccount,
    principal: { AWS: '444455556666' },
    action: ['sts:AssumeRole'],
    condition: { 'sts:ExternalId': 'abc' },
    isPublic: false,
    resourceControlPolicyRestriction: 'NOT_APPLICABLE',
    status: 'ACTIVE',
  });
});
