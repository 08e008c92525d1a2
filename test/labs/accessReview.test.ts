/**
 * Reviewing access: Access Analyzer tells who outside the organization reaches in, and is quiet once that is undone;
 * last accessed data and the credential report tell what nobody used.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../src/testing/cloud.ts';

const OUTSIDER = '999988887777';

const trusting = (account: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'sts:AssumeRole' },
  });

test('Access Analyzer tells of a role that an outsider may take, until it may not', async () => {
  const cloud = await testCloud();
  const { iam, accessAnalyzer, organizations } = cloud.root;
  await organizations.createOrganization({ FeatureSet: 'ALL' });
  await organizations.enableAWSServiceAccess({ ServicePrincipal: 'access-analyzer.amazonaws.com' });
  await iam.createRole({ RoleName: 'audit', AssumeRolePolicyDocument: trusting(OUTSIDER) });
  await iam.createRole({ RoleName: 'inside', AssumeRolePolicyDocument: trusting(cloud.managementAccount) });
  const { arn: analyzerArn } = await accessAnalyzer.createAnalyzer({ analyzerName: 'lab', type: 'ORGANIZATION' });
  await cloud.settle();
  const found = async () => {
    const { findings } = await accessAnalyzer.listFindings({ analyzerArn });
    return findings!.map(({ resource, principal, status }) => [resource?.split('/').at(-1), principal, status]);
  };
  assert.deepEqual(await found(), [['audit', { AWS: OUTSIDER }, 'ACTIVE']]);
  const PolicyDocument = trusting(cloud.managementAccount);
  await iam.updateAssumeRolePolicy({ RoleName: 'audit', PolicyDocument });
  assert.deepEqual(await found(), [['audit', { AWS: OUTSIDER }, 'RESOLVED']]);
});

test('last accessed data tells which of the allowed services a user never used', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  const Statement = { Effect: 'Allow', Action: ['sqs:*', 'sns:*'], Resource: '*' };
  const dora = await cloud.user('dora', { Version: '2012-10-17', Statement });
  await dora.sqs.createQueue({ QueueName: 'used' });
  await cloud.settle();
  const Arn = `arn:aws:iam::${cloud.managementAccount}:user/dora`;
  const { JobId } = await iam.generateServiceLastAccessedDetails({ Arn });
  await cloud.settle();
  const { ServicesLastAccessed } = await iam.getServiceLastAccessedDetails({ JobId });
  assert.deepEqual(
    ServicesLastAccessed!.map(({ ServiceNamespace, LastAuthenticated }) => [ServiceNamespace, !!LastAuthenticated]),
    [
      ['sns', false],
      ['sqs', true],
    ],
  );
  await iam.generateCredentialReport({});
  cloud.advance('PT1M');
  await cloud.settle();
  const report = Buffer.from((await iam.getCredentialReport({})).Content!).toString();
  const [head, ...lines] = report.split('\n').map((line) => line.split(','));
  const row = lines.find(([user]) => user === 'dora')!;
  const cell = (name: string) => row[head!.indexOf(name)];
  assert.deepEqual([cell('mfa_active'), cell('access_key_1_last_used_service')], ['false', 'sqs']);
});
