import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, type Cloud, testCloud } from '../../testing/cloud.ts';

const trust = (Principal: object) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }] });

async function arranged(cloud: Cloud) {
  const { iam } = cloud.root;
  const service = trust({ Service: 'access-analyzer.amazonaws.com' });
  const { Role } = await iam.createRole({ RoleName: 'monitor', AssumeRolePolicyDocument: service });
  const alice = await cloud.user('alice', ADMIN);
  const account = cloud.managementAccount;
  return {
    alice,
    principalArn: `arn:aws:iam::${account}:user/alice`,
    accessRole: Role!.Arn!,
    trails: [{ cloudTrailArn: `arn:aws:cloudtrail:us-east-1:${account}:trail/t`, allRegions: true }],
  };
}

const statementsOf = (policy: string | undefined) => JSON.parse(policy!).Statement as object[];

test('A generated policy permits what was done in the span, and nothing else', async () => {
  const cloud = await testCloud();
  const { alice, principalArn, accessRole, trails } = await arranged(cloud);
  const { accessAnalyzer } = cloud.root;
  await alice.sqs.createQueue({ QueueName: 'before' }).catch(() => undefined);
  cloud.advance('P10D');
  const startTime = cloud.now();
  await alice.iam.listUsers({});
  await alice.iam.createUser({ UserName: 'bob' });
  await alice.iam.getUser({ UserName: 'nobody' }).catch(() => undefined);
  cloud.advance('P1D');
  const endTime = cloud.now();
  cloud.advance('P1D');
  await alice.iam.listUsers({});
  await alice.iam.listRoles({});

  const request = {
    policyGenerationDetails: { principalArn },
    cloudTrailDetails: { trails, accessRole, startTime, endTime },
  };
  const { jobId } = await accessAnalyzer.startPolicyGeneration(request);
  const working = await accessAnalyzer.getGeneratedPolicy({ jobId });
  assert.equal(working.jobDetails?.status, 'IN_PROGRESS');
  assert.equal(working.generatedPolicyResult?.generatedPolicies, undefined);
  await assert.rejects(accessAnalyzer.startPolicyGeneration(request), { name: 'ServiceQuotaExceededException' });
  cloud.advance('PT10S');

  const plain = await accessAnalyzer.getGeneratedPolicy({ jobId });
  assert.equal(plain.jobDetails?.status, 'SUCCEEDED');
  const used = ['iam:CreateUser', 'iam:GetUser', 'iam:ListUsers'];
  const [{ policy } = {}] = plain.generatedPolicyResult?.generatedPolicies ?? [];
  assert.deepEqual(statementsOf(policy), [{ Effect: 'Allow', Action: used, Resource: '*' }]);
  assert.deepEqual(plain.generatedPolicyResult?.properties, {
    isComplete: true,
    principalArn,
    cloudTrailProperties: { trailProperties: trails, startTime, endTime },
  });

  const includeAll = { includeResourcePlaceholders: true, includeServiceLevelTemplate: true };
  const full = await accessAnalyzer.getGeneratedPolicy({ jobId, ...includeAll });
  const [byAction, byService] = full.generatedPolicyResult!.generatedPolicies!;
  const user = ['arn:aws:iam::', '{Account}:user/', '{UserNameWithPath}'].join('$');
  assert.deepEqual(statementsOf(byAction!.policy), [
    { Effect: 'Allow', Action: ['iam:ListUsers'], Resource: '*' },
    { Effect: 'Allow', Action: ['iam:CreateUser', 'iam:GetUser'], Resource: user },
  ]);
  assert.deepEqual(statementsOf(byService!.policy), [{ Effect: 'Allow', Action: ['iam:*'], Resource: '*' }]);
  const { policyGenerations } = await accessAnalyzer.listPolicyGenerations({ principalArn });
  assert.deepEqual(
    policyGenerations?.map((job) => [job.jobId, job.status]),
    [[jobId, 'SUCCEEDED']],
  );
});

test('A role is told by its sessions, and of data events by the service alone', async () => {
  const cloud = await testCloud();
  const { alice } = await arranged(cloud);
  const AssumeRolePolicyDocument = trust({ AWS: cloud.managementAccount });
  const { Role } = await cloud.root.iam.createRole({ RoleName: 'worker', AssumeRolePolicyDocument });
  const { Credentials } = await alice.sts.assumeRole({ RoleArn: Role!.Arn, RoleSessionName: 'session' });
  const worker = cloud.as({
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  });
  await worker.sts.getCallerIdentity({});
  await assert.rejects(worker.s3.getObject({ Bucket: 'kept', Key: 'k' }));
  const { accessAnalyzer } = cloud.root;
  const policyGenerationDetails = { principalArn: Role!.Arn };
  const { jobId } = await accessAnalyzer.startPolicyGeneration({ policyGenerationDetails });
  cloud.advance('PT10S');
  const asked = { jobId, includeServiceLevelTemplate: true };
  const { generatedPolicyResult } = await accessAnalyzer.getGeneratedPolicy(asked);
  const [byAction, byService] = generatedPolicyResult?.generatedPolicies ?? [];
  const allowing = (...Action: string[]) => [{ Effect: 'Allow', Action, Resource: '*' }];
  assert.deepEqual(statementsOf(byAction?.policy), allowing('sts:GetCallerIdentity'));
  assert.deepEqual(statementsOf(byService?.policy), allowing('s3:*', 'sts:*'));
});

test('A job is canceled while it works, and fails where its role or principal is of no use', async () => {
  const cloud = await testCloud();
  const { principalArn, trails } = await arranged(cloud);
  const { accessAnalyzer, iam } = cloud.root;
  const { jobId } = await accessAnalyzer.startPolicyGeneration({ policyGenerationDetails: { principalArn } });
  await accessAnalyzer.cancelPolicyGeneration({ jobId });
  const canceled = await accessAnalyzer.getGeneratedPolicy({ jobId });
  assert.equal(canceled.jobDetails?.status, 'CANCELED');
  await assert.rejects(accessAnalyzer.cancelPolicyGeneration({ jobId }), { name: 'ValidationException' });
  await assert.rejects(accessAnalyzer.getGeneratedPolicy({ jobId: 'none' }), { name: 'ValidationException' });

  const AssumeRolePolicyDocument = trust({ Service: 'ec2.amazonaws.com' });
  const { Role } = await iam.createRole({ RoleName: 'other', AssumeRolePolicyDocument });
  const cloudTrailDetails = { trails, accessRole: Role!.Arn!, startTime: cloud.now() };
  const failed = async (arn: string, details?: typeof cloudTrailDetails) => {
    const request = { policyGenerationDetails: { principalArn: arn }, cloudTrailDetails: details };
    const { jobId } = await accessAnalyzer.startPolicyGeneration(request);
    cloud.advance('PT10S');
    return (await accessAnalyzer.getGeneratedPolicy({ jobId })).jobDetails?.jobError?.code;
  };
  assert.equal(await failed(principalArn, cloudTrailDetails), 'AUTHORIZATION_ERROR');
  assert.equal(await failed(principalArn.replace('alice', 'zoe')), 'RESOURCE_NOT_FOUND_ERROR');
  const tooLong = { ...cloudTrailDetails, startTime: new Date(cloud.now().getTime() - 91 * 24 * 3600 * 1000) };
  await assert.rejects(failed(principalArn, tooLong), { name: 'ValidationException' });
});

test('StartPolicyGeneration needs iam:PassRole on the access role', async () => {
  const cloud = await testCloud();
  const { principalArn, accessRole, trails } = await arranged(cloud);
  const Statement = [{ Effect: 'Allow', Action: 'access-analyzer:*', Resource: '*' }];
  const carol = await cloud.user('carol', { Version: '2012-10-17', Statement });
  const refused = carol.accessAnalyzer.startPolicyGeneration({
    policyGenerationDetails: { principalArn },
    cloudTrailDetails: { trails, accessRole, startTime: cloud.now() },
  });
  await assert.rejects(refused, /iam:PassRole/);
});
