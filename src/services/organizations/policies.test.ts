import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListTargetsForPolicyRequest, ListTargetsForPolicyResponse } from '@aws-sdk/client-organizations';
import { testCloud } from '../../testing/cloud.ts';

const DENY_S3 = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: 'sqs:*', Resource: '*' }],
});

async function organized() {
  const cloud = await testCloud();
  const { organizations } = cloud.root;
  await organizations.createOrganization({});
  const root = (await organizations.listRoots()).Roots?.[0]?.Id ?? '';
  const scp = async (Name: string, Content = DENY_S3) => {
    const input = { Name, Description: '', Type: 'SERVICE_CONTROL_POLICY', Content } as const;
    return (await organizations.createPolicy(input)).Policy?.PolicySummary?.Id ?? '';
  };
  const enable = () => organizations.enablePolicyType({ RootId: root, PolicyType: 'SERVICE_CONTROL_POLICY' });
  return { cloud, organizations, root, scp, enable };
}

test('CreatePolicy keeps the text byte for byte and the name for itself', async () => {
  const { cloud, organizations, scp } = await organized();
  const text = `${DENY_S3}\n  `;
  const PolicyId = await scp('guard', text);
  const { Policy } = await organizations.describePolicy({ PolicyId });
  assert.equal(Policy?.Content, text);
  const organization = (await organizations.describeOrganization()).Organization?.Id;
  const arn = `arn:aws:organizations::${cloud.managementAccount}:policy/${organization}/service_control_policy/${PolicyId}`;
  assert.deepEqual(Policy?.PolicySummary, {
    Id: PolicyId,
    Arn: arn,
    Name: 'guard',
    Description: '',
    Type: 'SERVICE_CONTROL_POLICY',
    AwsManaged: false,
  });
  await assert.rejects(scp('guard'), {
    name: 'DuplicatePolicyException',
    message: 'A policy with the specified name and type already exists.',
  });
  const { Policies } = await organizations.listPolicies({ Filter: 'SERVICE_CONTROL_POLICY' });
  assert.deepEqual(
    Policies?.map((policy) => policy.Name),
    ['FullAWSAccess', 'guard'],
  );
});

test('CreatePolicy refuses what is no SCP, and what is too long', async () => {
  const { scp } = await organized();
  await assert.rejects(scp('bad', '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*"}]}'), {
    name: 'MalformedPolicyDocumentException',
    message: 'The provided policy document does not meet the requirements of the specified policy type.',
  });
  await assert.rejects(scp('long', DENY_S3 + ' '.repeat(10_240)), {
    name: 'ConstraintViolationException',
    Reason: 'POLICY_CONTENT_LIMIT_EXCEEDED',
  });
});

test('UpdatePolicy changes what it is given, and never a policy of AWS', async () => {
  const { organizations, scp } = await organized();
  const PolicyId = await scp('guard');
  const { Policy } = await organizations.updatePolicy({ PolicyId, Description: 'why' });
  assert.deepEqual([Policy?.PolicySummary?.Name, Policy?.PolicySummary?.Description], ['guard', 'why']);
  await assert.rejects(organizations.updatePolicy({ PolicyId: 'p-FullAWSAccess', Name: 'x' }), {
    name: 'InvalidInputException',
    Reason: 'IMMUTABLE_POLICY',
  });
  await assert.rejects(organizations.describePolicy({ PolicyId: 'p-nosuchpolicy' }), {
    name: 'PolicyNotFoundException',
    message: "You specified a policy that doesn't exist.",
  });
});

test('EnablePolicyType attaches FullAWSAccess everywhere, also to what comes later', async () => {
  const { organizations, root, enable } = await organized();
  const before = await organizations.createOrganizationalUnit({ ParentId: root, Name: 'before' });
  await enable();
  await assert.rejects(enable(), {
    name: 'PolicyTypeAlreadyEnabledException',
    message: 'The specified policy type is already enabled.',
  });
  const after = await organizations.createOrganizationalUnit({ ParentId: root, Name: 'after' });
  const { Targets } = await organizations.listTargetsForPolicy({ PolicyId: 'p-FullAWSAccess' });
  assert.deepEqual(Targets?.map((target) => target.Name).sort(), ['Root', 'after', 'before', 'management']);
  for (const TargetId of [root, before.OrganizationalUnit?.Id, after.OrganizationalUnit?.Id]) {
    const { Policies } = await organizations.listPoliciesForTarget({ TargetId, Filter: 'SERVICE_CONTROL_POLICY' });
    assert.deepEqual(
      Policies?.map((policy) => policy.Id),
      ['p-FullAWSAccess'],
    );
  }
});

test('AttachPolicy and DetachPolicy keep AWS rules', async () => {
  const { organizations, root, scp, enable } = await organized();
  const PolicyId = await scp('guard');
  const target = { PolicyId, TargetId: root };
  await assert.rejects(organizations.attachPolicy(target), {
    name: 'PolicyTypeNotEnabledException',
    message: 'This operation can be performed only for enabled policy types.',
  });
  await enable();
  await organizations.attachPolicy(target);
  await assert.rejects(organizations.attachPolicy(target), { name: 'DuplicatePolicyAttachmentException' });
  await assert.rejects(organizations.deletePolicy({ PolicyId }), { name: 'PolicyInUseException' });
  await organizations.detachPolicy({ PolicyId: 'p-FullAWSAccess', TargetId: root });
  await assert.rejects(organizations.detachPolicy(target), {
    name: 'ConstraintViolationException',
    Reason: 'MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED',
  });
  await organizations.attachPolicy({ PolicyId: 'p-FullAWSAccess', TargetId: root });
  await organizations.detachPolicy(target);
  await assert.rejects(organizations.detachPolicy(target), { name: 'PolicyNotAttachedException' });
  await organizations.deletePolicy({ PolicyId });
  for (let i = 0; i < 9; i++) await organizations.attachPolicy({ PolicyId: await scp(`more ${i}`), TargetId: root });
  await assert.rejects(organizations.attachPolicy({ PolicyId: await scp('eleventh'), TargetId: root }), {
    name: 'ConstraintViolationException',
    Reason: 'MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED',
  });
});

test('An RCP only denies, and its default cannot be detached', async () => {
  const { organizations, root } = await organized();
  await organizations.enablePolicyType({ RootId: root, PolicyType: 'RESOURCE_CONTROL_POLICY' });
  await assert.rejects(organizations.detachPolicy({ PolicyId: 'p-RCPFullAWSAccess', TargetId: root }), {
    name: 'InvalidInputException',
    Reason: 'NON_DETACHABLE_POLICY',
  });
  const rcp = (Statement: object) =>
    organizations.createPolicy({
      Name: 'rcp',
      Description: 'd',
      Type: 'RESOURCE_CONTROL_POLICY',
      Content: JSON.stringify({ Version: '2012-10-17', Statement }),
    });
  await assert.rejects(rcp({ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' }), {
    name: 'MalformedPolicyDocumentException',
  });
  await rcp({ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' });
});

test('An SCP binds member accounts, root user included, and never the management account', async () => {
  const { cloud, organizations, root, enable } = await organized();
  await enable();
  const deny = JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Deny', Action: 'iam:CreateUser', Resource: '*' },
  });
  const guard = { Name: 'no users', Description: '', Type: 'SERVICE_CONTROL_POLICY', Content: deny } as const;
  const PolicyId = (await organizations.createPolicy(guard)).Policy?.PolicySummary?.Id;
  await organizations.attachPolicy({ PolicyId, TargetId: root });
  const input = { Email: 'dev@example.com', AccountName: 'dev' };
  const begun = (await organizations.createAccount(input)).CreateAccountStatus;
  cloud.advance('PT2S');
  const status = await organizations.describeCreateAccountStatus({ CreateAccountRequestId: begun?.Id });
  const member = cloud.as(await cloud.keyFor(status.CreateAccountStatus?.AccountId ?? ''));
  await assert.rejects(member.iam.createUser({ UserName: 'x' }), {
    name: 'AccessDenied',
    message: /with an explicit deny in a service control policy/,
  });
  await cloud.root.iam.createUser({ UserName: 'x' });
  await organizations.disablePolicyType({ RootId: root, PolicyType: 'SERVICE_CONTROL_POLICY' });
  await member.iam.createUser({ UserName: 'x' });
  assert.deepEqual((await organizations.listTargetsForPolicy({ PolicyId })).Targets, []);
});

test('Policies and targets are listed page by page', async () => {
  const { organizations, root, scp, enable } = await organized();
  await enable();
  const made: string[] = ['p-FullAWSAccess'];
  for (let i = 0; i < 21; i++) made.push(await scp(`policy ${i}`));
  for (let i = 0; i < 22; i++) await organizations.createOrganizationalUnit({ ParentId: root, Name: `unit ${i}` });
  for (const MaxResults of [1, 7, 20]) {
    const policies: (string | undefined)[] = [];
    const targets: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const page = await organizations.listPolicies({ Filter: 'SERVICE_CONTROL_POLICY', MaxResults, NextToken });
      policies.push(...(page.Policies ?? []).map((policy) => policy.Id));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    do {
      const input: ListTargetsForPolicyRequest = { PolicyId: 'p-FullAWSAccess', MaxResults, NextToken };
      const page: ListTargetsForPolicyResponse = await organizations.listTargetsForPolicy(input);
      targets.push(...(page.Targets ?? []).map((target) => target.TargetId));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    assert.deepEqual(policies.sort(), made.sort());
    assert.equal(targets.length, 24);
    assert.equal(new Set(targets).size, 24);
  }
});

test('A guardrail binds the accounts of its unit, and no others', async () => {
  const { cloud, organizations, root, scp, enable } = await organized();
  await enable();
  const content = JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Deny',
      NotAction: ['iam:*', 'organizations:*'],
      Resource: '*',
      Condition: { StringNotEquals: { 'aws:RequestedRegion': ['eu-west-1'] } },
    },
  });
  const unit = async (Name: string) =>
    (await organizations.createOrganizationalUnit({ ParentId: root, Name })).OrganizationalUnit?.Id;
  const bound = await unit('bound');
  const free = await unit('free');
  await organizations.attachPolicy({ PolicyId: await scp('region', content), TargetId: bound });
  const memberIn = async (name: string, DestinationParentId?: string) => {
    const begun = await organizations.createAccount({ Email: `${name}@example.com`, AccountName: name });
    cloud.advance('PT2S');
    const request = { CreateAccountRequestId: begun.CreateAccountStatus?.Id };
    const AccountId = (await organizations.describeCreateAccountStatus(request)).CreateAccountStatus?.AccountId;
    await organizations.moveAccount({ AccountId, SourceParentId: root, DestinationParentId });
    return cloud.keyFor(AccountId ?? '');
  };
  const inside = await memberIn('inside', bound);
  const outside = await memberIn('outside', free);
  const denied = { name: 'AccessDeniedException', message: /with an explicit deny in a service control policy/ };
  await assert.rejects(cloud.as(inside, 'us-east-1').cloudtrail.lookupEvents(), denied);
  await cloud.as(inside, 'eu-west-1').cloudtrail.lookupEvents();
  await cloud.as(outside, 'us-east-1').cloudtrail.lookupEvents();
  await cloud.as(inside, 'us-east-1').organizations.describeOrganization();
});
