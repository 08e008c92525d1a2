import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';

const arnOf = (cloud: Cloud, name: string) =>
  `arn:aws:access-analyzer:us-east-1:${cloud.managementAccount}:analyzer/${name}`;

test('CreateAnalyzer makes the service-linked role, and what was set is read back', async () => {
  const cloud = await testCloud();
  const { accessAnalyzer, iam } = cloud.root;
  const { arn } = await accessAnalyzer.createAnalyzer({
    analyzerName: 'idle',
    type: 'ACCOUNT_UNUSED_ACCESS',
    configuration: {
      unusedAccess: { unusedAccessAge: 30, analysisRule: { exclusions: [{ resourceTags: [{ keep: '' }] }] } },
    },
    tags: { team: 'security' },
    archiveRules: [{ ruleName: 'old', filter: { resource: { contains: ['legacy'] } } }],
  });
  assert.equal(arn, arnOf(cloud, 'idle'));
  const { Role } = await iam.getRole({ RoleName: 'AWSServiceRoleForAccessAnalyzer' });
  assert.equal(Role?.Path, '/aws-service-role/access-analyzer.amazonaws.com/');

  const { analyzer } = await accessAnalyzer.getAnalyzer({ analyzerName: 'idle' });
  assert.deepEqual(analyzer, {
    arn,
    name: 'idle',
    type: 'ACCOUNT_UNUSED_ACCESS',
    createdAt: cloud.now(),
    status: 'ACTIVE',
    tags: { team: 'security' },
    configuration: {
      unusedAccess: { unusedAccessAge: 30, analysisRule: { exclusions: [{ resourceTags: [{ keep: '' }] }] } },
    },
  });
  const { archiveRule } = await accessAnalyzer.getArchiveRule({ analyzerName: 'idle', ruleName: 'old' });
  assert.deepEqual(archiveRule?.filter, { resource: { contains: ['legacy'] } });

  const { analyzers } = await accessAnalyzer.listAnalyzers({ type: 'ACCOUNT_UNUSED_ACCESS' });
  assert.deepEqual(
    analyzers?.map(({ name, configuration }) => [name, configuration]),
    [['idle', undefined]],
  );
  assert.deepEqual((await accessAnalyzer.listAnalyzers({ type: 'ACCOUNT' })).analyzers, []);
});

test('CreateAnalyzer answers a repeated request, refuses a name that is taken and one too many of a type', async () => {
  const cloud = await testCloud();
  const { accessAnalyzer } = cloud.root;
  const request = { analyzerName: 'one', type: 'ACCOUNT', clientToken: 'token' } as const;
  const first = await accessAnalyzer.createAnalyzer(request);
  assert.equal((await accessAnalyzer.createAnalyzer(request)).arn, first.arn);
  await assert.rejects(accessAnalyzer.createAnalyzer({ ...request, clientToken: 'other' }), {
    name: 'ConflictException',
    resourceId: 'one',
    resourceType: 'Analyzer',
  });
  await assert.rejects(accessAnalyzer.createAnalyzer({ ...request, analyzerName: 'two' }), {
    name: 'ServiceQuotaExceededException',
  });
  await accessAnalyzer.createAnalyzer({ analyzerName: 'two', type: 'ACCOUNT_UNUSED_ACCESS' });
});

test('CreateAnalyzer refuses configurations that do not fit the type', async () => {
  const cloud = await testCloud();
  const { accessAnalyzer } = cloud.root;
  const unused = { analyzerName: 'a', type: 'ACCOUNT_UNUSED_ACCESS' } as const;
  const invalid = { name: 'ValidationException' };
  for (const unusedAccessAge of [0, 366]) {
    const configuration = { unusedAccess: { unusedAccessAge } };
    await assert.rejects(accessAnalyzer.createAnalyzer({ ...unused, configuration }), invalid);
  }
  const exclusions = [{ accountIds: ['111111111111'] }];
  const byAccount = { unusedAccess: { analysisRule: { exclusions } } };
  await assert.rejects(accessAnalyzer.createAnalyzer({ ...unused, configuration: byAccount }), invalid);
  await assert.rejects(
    accessAnalyzer.createAnalyzer({ analyzerName: 'a', type: 'ACCOUNT', configuration: { unusedAccess: {} } }),
    invalid,
  );
  const inclusions = [{ resourceTypes: ['AWS::IAM::Role' as const] }];
  await assert.rejects(
    accessAnalyzer.createAnalyzer({
      analyzerName: 'a',
      type: 'ACCOUNT_INTERNAL_ACCESS',
      configuration: { internalAccess: { analysisRule: { inclusions } } },
    }),
    { ...invalid, message: 'Invalid InternalAccessAnalysisRuleCriteria: the provided resourceType is invalid' },
  );
});

test('CreateAnalyzer needs iam:CreateServiceLinkedRole of who makes the first one', async () => {
  const cloud = await testCloud();
  const Action = ['access-analyzer:CreateAnalyzer'];
  const document = (actions: string[]) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
  });
  const alice = await cloud.user('alice', document(Action));
  const request = { analyzerName: 'one', type: 'ACCOUNT' } as const;
  await assert.rejects(alice.accessAnalyzer.createAnalyzer(request), /iam:CreateServiceLinkedRole/);
  const bob = await cloud.user('bob', document([...Action, 'iam:CreateServiceLinkedRole']));
  await bob.accessAnalyzer.createAnalyzer(request);
});

test('UpdateAnalyzer, tags, and DeleteAnalyzer with all that hangs on it', async () => {
  const cloud = await testCloud();
  const { accessAnalyzer } = cloud.root;
  const { arn } = await accessAnalyzer.createAnalyzer({ analyzerName: 'idle', type: 'ACCOUNT_UNUSED_ACCESS' });
  const exclusions = [{ resourceTags: [{ keep: 'yes' }] }];
  const configuration = { unusedAccess: { unusedAccessAge: 90, analysisRule: { exclusions } } };
  const updated = await accessAnalyzer.updateAnalyzer({ analyzerName: 'idle', configuration });
  assert.deepEqual(updated.configuration, configuration);

  await accessAnalyzer.tagResource({ resourceArn: arn, tags: { a: '1', b: '2' } });
  await accessAnalyzer.untagResource({ resourceArn: arn, tagKeys: ['a'] });
  assert.deepEqual((await accessAnalyzer.listTagsForResource({ resourceArn: arn })).tags, { b: '2' });

  const rule = { analyzerName: 'idle', ruleName: 'r' };
  await accessAnalyzer.createArchiveRule({ ...rule, filter: { resource: { exists: true } } });
  await accessAnalyzer.deleteAnalyzer({ analyzerName: 'idle' });
  await assert.rejects(accessAnalyzer.getAnalyzer({ analyzerName: 'idle' }), {
    name: 'ResourceNotFoundException',
    resourceId: 'idle',
    resourceType: 'Analyzer',
  });
  await accessAnalyzer.createAnalyzer({ analyzerName: 'idle', type: 'ACCOUNT_UNUSED_ACCESS' });
  await assert.rejects(accessAnalyzer.getArchiveRule(rule), { name: 'ResourceNotFoundException' });
});

test('Archive rules are created, updated, listed, deleted; wrong filters are refused', async () => {
  const cloud = await testCloud();
  const { accessAnalyzer } = cloud.root;
  await accessAnalyzer.createAnalyzer({ analyzerName: 'a', type: 'ACCOUNT' });
  const rule = { analyzerName: 'a', ruleName: 'r' };
  const filter = { 'principal.AWS': { eq: ['444455556666'] } };
  await accessAnalyzer.createArchiveRule({ ...rule, filter });
  await assert.rejects(accessAnalyzer.createArchiveRule({ ...rule, filter }), { name: 'ConflictException' });
  for (const wrong of [{ colour: { eq: ['red'] } }, { status: { eq: ['ACTIVE'] } }, { resource: {} }]) {
    await assert.rejects(
      accessAnalyzer.createArchiveRule({ ...rule, ruleName: 'x', filter: wrong as Record<string, { eq: string[] }> }),
      { name: 'ValidationException', reason: 'fieldValidationFailed' },
    );
  }
  cloud.advance('PT1H');
  await accessAnalyzer.updateArchiveRule({ ...rule, filter: { isPublic: { eq: ['false'] } } });
  const { archiveRules } = await accessAnalyzer.listArchiveRules({ analyzerName: 'a' });
  assert.deepEqual(archiveRules, [
    {
      ruleName: 'r',
      filter: { isPublic: { eq: ['false'] } },
      createdAt: new Date('2030-01-01T00:00:00Z'),
      updatedAt: new Date('2030-01-01T01:00:00Z'),
    },
  ]);
  await accessAnalyzer.deleteArchiveRule(rule);
  await assert.rejects(accessAnalyzer.deleteArchiveRule(rule), { name: 'ResourceNotFoundException' });
});

test('An analyzer of another account is out of reach', async () => {
  const cloud = await testCloud();
  const member = await cloud.memberAccount('dev');
  await member.root.accessAnalyzer.createAnalyzer({ analyzerName: 'theirs', type: 'ACCOUNT' });
  const analyzerArn = `arn:aws:access-analyzer:us-east-1:${member.id}:analyzer/theirs`;
  await assert.rejects(cloud.root.accessAnalyzer.listFindings({ analyzerArn }), { name: 'AccessDeniedException' });
});
