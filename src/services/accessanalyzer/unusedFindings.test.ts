import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UnusedPermissionDetails } from '@aws-sdk/client-accessanalyzer';
import { ADMIN, type Clients, type Cloud, testCloud } from '../../testing/cloud.ts';

const document = (...Action: string[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });
const trustOf = (account: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' }],
  });

async function withAnalyzer(cloud: Cloud, configuration?: object) {
  const request = { analyzerName: 'idle', type: 'ACCOUNT_UNUSED_ACCESS' as const };
  const unusedAccess = { unusedAccessAge: 30, ...configuration };
  const { arn } = await cloud.root.accessAnalyzer.createAnalyzer({ ...request, configuration: { unusedAccess } });
  return arn!;
}

async function listed({ accessAnalyzer }: Clients, analyzerArn: string) {
  const sort = { attributeName: 'findingType', orderBy: 'ASC' } as const;
  const { findings = [] } = await accessAnalyzer.listFindingsV2({ analyzerArn, sort });
  return findings;
}

const told = async (cloud: Cloud, analyzerArn: string) =>
  (await listed(cloud.root, analyzerArn)).map(({ findingType, resource, status }) => {
    return `${findingType} ${resource?.split(':').at(-1)} ${status}`;
  });

test('Unused roles, keys and passwords are found when they are old enough, and resolved by use', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  const analyzerArn = await withAnalyzer(cloud);
  await iam.createRole({ RoleName: 'worker', AssumeRolePolicyDocument: trustOf(cloud.managementAccount) });
  await iam.createUser({ UserName: 'alice' });
  await iam.createAccessKey({ UserName: 'alice' });
  await iam.createLoginProfile({ UserName: 'alice', Password: 'Correct-horse-7' });
  assert.deepEqual(await told(cloud, analyzerArn), []);
  cloud.advance('P31D');
  assert.deepEqual(await told(cloud, analyzerArn), [
    'UnusedIAMRole role/worker ACTIVE',
    'UnusedIAMUserAccessKey user/alice ACTIVE',
    'UnusedIAMUserPassword user/alice ACTIVE',
  ]);
  const boss = await cloud.user('boss', ADMIN);
  const RoleArn = `arn:aws:iam::${cloud.managementAccount}:role/worker`;
  const { Credentials } = await boss.sts.assumeRole({ RoleArn, RoleSessionName: 'session' });
  const worker = cloud.as({
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  });
  await worker.sts.getCallerIdentity({});
  await iam.deleteLoginProfile({ UserName: 'alice' });
  assert.deepEqual(await told(cloud, analyzerArn), [
    'UnusedIAMRole role/worker RESOLVED',
    'UnusedIAMUserAccessKey user/alice ACTIVE',
    'UnusedIAMUserPassword user/alice RESOLVED',
  ]);
  const statistics = await cloud.root.accessAnalyzer.getFindingsStatistics({ analyzerArn });
  assert.deepEqual(statistics.findingsStatistics?.[0]?.unusedAccessFindingsStatistics, {
    unusedAccessTypeStatistics: [{ unusedAccessType: 'UnusedIAMUserAccessKey', total: 1 }],
    topAccounts: [
      { account: cloud.managementAccount, numberOfActiveFindings: 1, details: { UnusedIAMUserAccessKey: 1 } },
    ],
    totalActiveFindings: 1,
    totalArchivedFindings: 0,
    totalResolvedFindings: 2,
  });
  const [finding] = await listed(cloud.root, analyzerArn);
  const getFinding = cloud.root.accessAnalyzer.getFinding({ analyzerArn, id: finding!.id });
  await assert.rejects(getFinding, { name: 'ValidationException', reason: 'notSupported' });
});

test('Exclusions by tag leave principals alone', async () => {
  const cloud = await testCloud();
  const exclusions = [{ resourceTags: [{ keep: '' }, { team: 'red' }] }];
  const analyzerArn = await withAnalyzer(cloud, { analysisRule: { exclusions } });
  const AssumeRolePolicyDocument = trustOf(cloud.managementAccount);
  const roles = { kept: ['keep', 'x'], red: ['team', 'red'], blue: ['team', 'blue'] } as const;
  for (const [RoleName, [Key, Value]] of Object.entries(roles)) {
    await cloud.root.iam.createRole({ RoleName, AssumeRolePolicyDocument, Tags: [{ Key, Value }] });
  }
  cloud.advance('P31D');
  assert.deepEqual(await told(cloud, analyzerArn), ['UnusedIAMRole role/blue ACTIVE']);
});

test('Unused permissions are told by service and action, and recommendations take them away', async () => {
  const cloud = await testCloud();
  const { iam, accessAnalyzer } = cloud.root;
  const analyzerArn = await withAnalyzer(cloud);
  const alice = await cloud.user('alice', document('iam:ListUsers', 'iam:ListRoles', 's3:GetObject'));
  const PolicyDocument = document('sqs:SendMessage');
  const { Policy } = await iam.createPolicy({ PolicyName: 'queues', PolicyDocument });
  await iam.attachUserPolicy({ UserName: 'alice', PolicyArn: Policy!.Arn });
  cloud.advance('P31D');
  await alice.iam.listUsers({});
  const findings = (await listed(cloud.root, analyzerArn)).filter(({ resource }) => resource?.endsWith('/alice'));
  const finding = findings.find(({ findingType }) => findingType === 'UnusedPermission')!;
  const { findingDetails } = await accessAnalyzer.getFindingV2({ analyzerArn, id: finding.id });
  const details = findingDetails!.map((detail) => detail.unusedPermissionDetails as UnusedPermissionDetails);
  assert.deepEqual(details, [
    { serviceNamespace: 'iam', lastAccessed: cloud.now(), actions: [{ action: 'ListRoles' }] },
    { serviceNamespace: 's3' },
    { serviceNamespace: 'sqs' },
  ]);
  const first = await accessAnalyzer.getFindingV2({ analyzerArn, id: finding.id, maxResults: 2 });
  assert.equal(first.findingDetails?.length, 2);
  const rest = await accessAnalyzer.getFindingV2({ analyzerArn, id: finding.id, nextToken: first.nextToken });
  assert.equal(rest.findingDetails?.[0]?.unusedPermissionDetails?.serviceNamespace, 'sqs');

  await assert.rejects(accessAnalyzer.getFindingRecommendation({ analyzerArn, id: finding.id }), {
    name: 'ResourceNotFoundException',
  });
  await accessAnalyzer.generateFindingRecommendation({ analyzerArn, id: finding.id });
  const recommendation = await accessAnalyzer.getFindingRecommendation({ analyzerArn, id: finding.id });
  assert.equal(recommendation.status, 'SUCCEEDED');
  assert.deepEqual(
    recommendation.recommendedSteps?.map((step) => step.unusedPermissionsRecommendedStep),
    [
      {
        recommendedAction: 'CREATE_POLICY',
        existingPolicyId: 'policy-1',
        recommendedPolicy: document('iam:ListUsers').replace('["iam:ListUsers"]', '"iam:ListUsers"'),
      },
      {
        recommendedAction: 'DETACH_POLICY',
        existingPolicyId: Policy!.Arn,
        policyUpdatedAt: new Date('2030-01-01T00:00:00Z'),
      },
    ],
  );

  await iam.detachUserPolicy({ UserName: 'alice', PolicyArn: Policy!.Arn });
  const after = (await listed(cloud.root, analyzerArn)).filter(({ findingType }) => findingType === 'UnusedPermission');
  assert.deepEqual(after.map(({ status }) => status).sort(), ['ACTIVE', 'RESOLVED']);
});

test('Recommendations are not made for members of groups, nor for other findings', async () => {
  const cloud = await testCloud();
  const { iam, accessAnalyzer } = cloud.root;
  const analyzerArn = await withAnalyzer(cloud);
  await cloud.user('alice', document('iam:ListUsers'));
  await iam.createGroup({ GroupName: 'team' });
  await iam.addUserToGroup({ UserName: 'alice', GroupName: 'team' });
  cloud.advance('P31D');
  for (const { id, findingType } of await listed(cloud.root, analyzerArn)) {
    const generated = accessAnalyzer.generateFindingRecommendation({ analyzerArn, id });
    if (findingType !== 'UnusedPermission') {
      await assert.rejects(generated, { name: 'ValidationException' });
      continue;
    }
    await generated;
    const { status, error } = await accessAnalyzer.getFindingRecommendation({ analyzerArn, id });
    assert.equal(status, 'FAILED');
    assert.match(error!.message!, /in a user group/);
  }
});
