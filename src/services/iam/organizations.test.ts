import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accounts } from '../../identity/organization.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';

/** A member account under the root of the management account's organization. */
async function withMember(cloud: Cloud) {
  const { root, deps } = cloud;
  const { Organization } = await root.organizations.createOrganization({ FeatureSet: 'ALL' });
  const [unit] = (await root.organizations.listRoots({})).Roots ?? [];
  const member = await cloud.memberAccount('dev');
  const organization = Organization?.Id ?? '';
  const parent = unit?.Id ?? '';
  await deps.store.transaction(async (tx) => {
    const row = await tx.get(accounts, [member.id]);
    const attachments = { SERVICE_CONTROL_POLICY: ['p-FullAWSAccess'] };
    const joined = { joined: cloud.now().toISOString(), joinedMethod: 'INVITED' as const };
    await tx.replace(accounts, { ...row!, organization, parent, attachments, ...joined });
  });
  return { member, organization, parent };
}

test('Centralized root access is enabled by the management account, with trusted access', async () => {
  const cloud = await testCloud();
  const { iam, organizations } = cloud.root;
  await rejected(iam.listOrganizationsFeatures({}), 'OrganizationNotFound', /No organization/);
  const { member, organization } = await withMember(cloud);
  await rejected(iam.enableOrganizationsRootSessions({}), 'ServiceAccessNotEnabled', /Trusted access/);
  await organizations.enableAWSServiceAccess({ ServicePrincipal: 'iam.amazonaws.com' });
  const { EnabledFeatures, OrganizationId } = await iam.enableOrganizationsRootCredentialsManagement({});
  assert.deepEqual([EnabledFeatures, OrganizationId], [['RootCredentialsManagement'], organization]);
  await iam.enableOrganizationsRootSessions({});
  const listed = await iam.listOrganizationsFeatures({});
  assert.deepEqual(listed.EnabledFeatures, ['RootCredentialsManagement', 'RootSessions']);
  const disabled = await iam.disableOrganizationsRootCredentialsManagement({});
  assert.deepEqual(disabled.EnabledFeatures, ['RootSessions']);
  const refusal = 'AccountNotManagementOrDelegatedAdministrator';
  await rejected(member.root.iam.enableOrganizationsRootSessions({}), refusal, /not the management account/);
});

test('GetOrganizationsAccessReport tells what accounts used of what guardrails leave open', async () => {
  const cloud = await testCloud();
  const { iam, organizations } = cloud.root;
  const { member, organization, parent } = await withMember(cloud);
  const path = `${organization}/${parent}`;
  await rejected(iam.generateOrganizationsAccessReport({ EntityPath: path }), 'InvalidInput', /not enabled/);
  await organizations.enablePolicyType({ RootId: parent, PolicyType: 'SERVICE_CONTROL_POLICY' });
  await member.root.iam.listUsers({});
  const report = async (EntityPath: string, more = {}) => {
    const { JobId } = await iam.generateOrganizationsAccessReport({ EntityPath, ...more });
    return iam.getOrganizationsAccessReport({ JobId, SortKey: 'LAST_AUTHENTICATED_TIME_DESCENDING', MaxItems: 1 });
  };
  const whole = await report(path);
  assert.deepEqual(whole.AccessDetails, [
    {
      ServiceName: 'AWS Identity and Access Management (IAM)',
      ServiceNamespace: 'iam',
      Region: 'us-east-1',
      EntityPath: `${path}/${member.id}`,
      LastAuthenticatedTime: cloud.now(),
      TotalAuthenticatedEntities: 1,
    },
  ]);
  assert.ok((whole.NumberOfServicesAccessible ?? 0) > 300);
  assert.equal(whole.NumberOfServicesNotAccessed, (whole.NumberOfServicesAccessible ?? 0) - 1);
  const Content = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","s3:*"],"Resource":"*"}]}';
  const made = await organizations.createPolicy({
    Name: 'n',
    Description: '',
    Type: 'SERVICE_CONTROL_POLICY',
    Content,
  });
  const OrganizationsPolicyId = made.Policy?.PolicySummary?.Id;
  const unattached = await report(path, { OrganizationsPolicyId });
  assert.deepEqual([unattached.NumberOfServicesAccessible, unattached.NumberOfServicesNotAccessed], [2, 2]);
  await organizations.attachPolicy({ PolicyId: OrganizationsPolicyId, TargetId: member.id });
  const attached = await report(`${path}/${member.id}`, { OrganizationsPolicyId });
  assert.deepEqual([attached.NumberOfServicesAccessible, attached.NumberOfServicesNotAccessed], [2, 1]);
  await rejected(
    iam.generateOrganizationsAccessReport({ EntityPath: `${path}/999999999999` }),
    'InvalidInput',
    /entity path/,
  );
});

test('SimulatePrincipalPolicy counts the guardrails of the organization', async () => {
  const cloud = await testCloud();
  const { organizations } = cloud.root;
  const { member, parent } = await withMember(cloud);
  await organizations.enablePolicyType({ RootId: parent, PolicyType: 'SERVICE_CONTROL_POLICY' });
  const Content = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}';
  const made = await organizations.createPolicy({
    Name: 'n',
    Description: '',
    Type: 'SERVICE_CONTROL_POLICY',
    Content,
  });
  await organizations.attachPolicy({ PolicyId: made.Policy?.PolicySummary?.Id, TargetId: member.id });
  await member.user('dev', '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}');
  const input = {
    PolicySourceArn: `arn:aws:iam::${member.id}:user/dev`,
    ActionNames: ['s3:GetObject', 'sqs:ListQueues'],
  };
  const { EvaluationResults } = await member.root.iam.simulatePrincipalPolicy(input);
  assert.deepEqual(
    EvaluationResults?.map((r) => [r.EvalDecision, r.OrganizationsDecisionDetail?.AllowedByOrganizations]),
    [
      ['explicitDeny', false],
      ['allowed', true],
    ],
  );
  const without = { ...input, PolicyExclusionList: [{ PolicyType: 'scp' as const }] };
  const free = await member.root.iam.simulatePrincipalPolicy(without);
  assert.equal(free.EvaluationResults?.[0]?.EvalDecision, 'allowed');
});
