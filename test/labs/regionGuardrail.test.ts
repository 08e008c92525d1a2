/**
 * The lab "Deny all Regions except eu-central-1 and eu-central-2": an SCP on one organizational unit binds the accounts
 * below it, not those of another, and never the management account.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../src/testing/cloud.ts';
import { accountIn, administratorOf, unit } from './accounts.ts';

const GUARDRAIL = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'DenyOtherRegions',
      Effect: 'Deny',
      NotAction: ['iam:*', 'organizations:*', 'account:*', 'sts:AssumeRole'],
      Resource: '*',
      Condition: { StringNotEquals: { 'aws:RequestedRegion': ['eu-central-1', 'eu-central-2'] } },
    },
  ],
};

test('a Region guardrail binds the accounts of its unit, and nobody else', async () => {
  const cloud = await testCloud();
  const { organizations } = cloud.root;
  await organizations.createOrganization({ FeatureSet: 'ALL' });
  const { Roots } = await organizations.listRoots({});
  const root = Roots![0]!.Id!;
  await organizations.enablePolicyType({ RootId: root, PolicyType: 'SERVICE_CONTROL_POLICY' }).catch(() => undefined);
  const management = await unit(cloud, root, 'management');
  for (const name of ['security', 'configuration', 'network']) await unit(cloud, management, name);
  const sandbox = await unit(cloud, root, 'sandbox');
  await unit(cloud, sandbox, 'test');
  const bound = await accountIn(cloud, root, management, 'audit');
  const free = await accountIn(cloud, root, sandbox, 'playground');

  const made = await organizations.createPolicy({
    Name: 'RegionGuardrail',
    Description: 'Frankfurt and Zurich only',
    Type: 'SERVICE_CONTROL_POLICY',
    Content: JSON.stringify(GUARDRAIL),
  });
  await organizations.attachPolicy({ PolicyId: made.Policy!.PolicySummary!.Id!, TargetId: management });

  const { accessKeyId: AccessKeyId } = await cloud.keyFor(cloud.managementAccount);
  const allowed = async (account: string, region: string) => {
    const clients = await administratorOf(cloud, account, region);
    return clients.sts.getAccessKeyInfo({ AccessKeyId }).then(
      () => 'allowed',
      (error: Error) => error.message,
    );
  };
  for (const region of ['eu-central-1', 'eu-central-2']) assert.equal(await allowed(bound, region), 'allowed');
  assert.equal(
    await allowed(bound, 'us-east-1'),
    `User: arn:aws:sts::${bound}:assumed-role/OrganizationAccountAccessRole/lab is not authorized to perform: ` +
      'sts:GetAccessKeyInfo on resource: * with an explicit deny in a service control policy',
  );
  assert.match(await allowed(bound, 'eu-west-1'), /explicit deny in a service control policy$/);
  assert.equal(await allowed(free, 'us-east-1'), 'allowed');
  const { Account } = await cloud.root.sts.getAccessKeyInfo({ AccessKeyId });
  assert.match(Account!, /^\d{12}$/);
});
