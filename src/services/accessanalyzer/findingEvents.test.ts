import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENT_KIND, type PlaneEvent } from '../../core/events.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';

const trust = (Principal: unknown) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }] });

async function events(cloud: Cloud): Promise<PlaneEvent[]> {
  const entries = await cloud.deps.store.journal.read(0, 10_000);
  return entries.filter(({ kind }) => kind === EVENT_KIND).map(({ body }) => JSON.parse(body));
}

test('a new finding, its end and its return are events, though nobody asks for findings', async () => {
  const cloud = await testCloud();
  const { accessAnalyzer, iam } = cloud.root;
  const { arn } = await accessAnalyzer.createAnalyzer({ analyzerName: 'outside', type: 'ACCOUNT' });
  await iam.createRole({ RoleName: 'partner', AssumeRolePolicyDocument: trust({ AWS: '444455556666' }) });
  await cloud.settle();
  const [found, ...none] = await events(cloud);
  assert.deepEqual(none, []);
  const resource = `arn:aws:iam::${cloud.managementAccount}:role/partner`;
  assert.deepEqual([found!.source, found!['detail-type']], ['aws.access-analyzer', 'Access Analyzer Finding']);
  assert.deepEqual(found!.resources, [arn]);
  assert.deepEqual(found!.detail, {
    accountId: cloud.managementAccount,
    action: ['sts:AssumeRole'],
    analyzedAt: cloud.now().toISOString(),
    condition: {},
    createdAt: cloud.now().toISOString(),
    id: (found!.detail as { id: string }).id,
    isDeleted: false,
    isPublic: false,
    principal: { AWS: '444455556666' },
    region: 'us-east-1',
    resource,
    resourceControlPolicyRestriction: 'NOT_APPLICABLE',
    resourceType: 'AWS::IAM::Role',
    status: 'ACTIVE',
    updatedAt: cloud.now().toISOString(),
    version: '1.0',
  });

  await iam.updateAssumeRolePolicy({ RoleName: 'partner', PolicyDocument: trust({ AWS: cloud.managementAccount }) });
  await cloud.settle();
  await iam.updateAssumeRolePolicy({ RoleName: 'partner', PolicyDocument: trust({ AWS: '444455556666' }) });
  await cloud.settle();
  const statuses = (await events(cloud)).map(({ detail }) => (detail as { status: string }).status);
  assert.deepEqual(statuses, ['ACTIVE', 'RESOLVED', 'ACTIVE']);
});

test('what nobody uses is told under its own detail type; archiving is a change of status', async () => {
  const cloud = await testCloud();
  const { accessAnalyzer, iam } = cloud.root;
  await iam.createRole({ RoleName: 'idle', AssumeRolePolicyDocument: trust({ AWS: cloud.managementAccount }) });
  cloud.advance('P100D');
  const { arn } = await accessAnalyzer.createAnalyzer({
    analyzerName: 'unused',
    type: 'ACCOUNT_UNUSED_ACCESS',
    configuration: { unusedAccess: { unusedAccessAge: 30 } },
  });
  await cloud.settle();
  const { findings } = await accessAnalyzer.listFindingsV2({ analyzerArn: arn! });
  await accessAnalyzer.updateFindings({ analyzerArn: arn!, ids: [findings![0]!.id!], status: 'ARCHIVED' });
  const told = (await events(cloud)).map((event) => {
    const { status, previousStatus, findingType } = event.detail as Record<string, string>;
    return [event['detail-type'], findingType, previousStatus, status];
  });
  const type = 'Unused Access Finding for IAM entities';
  assert.deepEqual(told, [
    [type, 'UnusedIAMRole', '', 'ACTIVE'],
    [type, 'UnusedIAMRole', 'ACTIVE', 'ARCHIVED'],
  ]);
});

test('an access preview is told when it is made and when it is complete', async () => {
  const cloud = await testCloud();
  const { accessAnalyzer } = cloud.root;
  const { arn } = await accessAnalyzer.createAnalyzer({ analyzerName: 'outside', type: 'ACCOUNT' });
  const role = `arn:aws:iam::${cloud.managementAccount}:role/new`;
  const configurations = { [role]: { iamRole: { trustPolicy: trust({ AWS: '444455556666' }) } } };
  await accessAnalyzer.createAccessPreview({ analyzerArn: arn!, configurations });
  const told = (await events(cloud)).filter((event) => event['detail-type'] === 'Access Preview State Change');
  assert.deepEqual(
    told.map(({ detail }) => (detail as { status: string }).status),
    ['CREATING', 'COMPLETED'],
  );
});
