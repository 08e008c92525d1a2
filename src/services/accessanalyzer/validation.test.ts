import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

const passAnyRole = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['iam:GetRole', 'iam:PassRole'], Resource: '*' }],
});

test('ValidatePolicy answers findings with their places and the paragraph to read', async () => {
  const { accessAnalyzer } = (await testCloud()).root;
  const { findings, nextToken } = await accessAnalyzer.validatePolicy({
    policyDocument: passAnyRole,
    policyType: 'IDENTITY_POLICY',
    locale: 'EN',
  });
  assert.equal(nextToken, undefined);
  assert.deepEqual(findings, [
    {
      findingDetails:
        'Using the iam:PassRole action with wildcards (*) in the resource can be overly permissive because it allows iam:PassRole permissions on multiple resources. We recommend that you specify resource ARNs or add the iam:PassedToService condition key to your statement.',
      findingType: 'SECURITY_WARNING',
      issueCode: 'PASS_ROLE_WITH_STAR_IN_RESOURCE',
      learnMoreLink:
        'https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-security-warning-pass-role-with-star-in-resource',
      locations: [
        {
          path: [{ value: 'Statement' }, { index: 0 }, { value: 'Action' }, { index: 1 }],
          span: { start: { line: 1, column: 79, offset: 79 }, end: { line: 1, column: 93, offset: 93 } },
        },
        {
          path: [{ value: 'Statement' }, { index: 0 }, { value: 'Resource' }],
          span: { start: { line: 1, column: 106, offset: 106 }, end: { line: 1, column: 109, offset: 109 } },
        },
      ],
    },
  ]);
});

test('ValidatePolicy knows what a policy is attached to', async () => {
  const { accessAnalyzer } = (await testCloud()).root;
  const policyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: '*', Action: 'kms:Decrypt', Resource: 'arn:aws:s3:::b/*' }],
  });
  const codes = async (validatePolicyResourceType?: 'AWS::S3::Bucket') => {
    const request = { policyDocument, policyType: 'RESOURCE_POLICY' as const };
    const { findings } = await accessAnalyzer.validatePolicy({
      ...request,
      ...(validatePolicyResourceType && { validatePolicyResourceType }),
    });
    return findings?.map(({ issueCode }) => issueCode);
  };
  assert.deepEqual(await codes(), []);
  assert.deepEqual(await codes('AWS::S3::Bucket'), ['UNSUPPORTED_ACTION_IN_POLICY']);
});

test('ValidatePolicy pages through the findings of a long policy', async () => {
  const { accessAnalyzer } = (await testCloud()).root;
  const Action = Array.from({ length: 7 }, (_, i) => `s3:Nothing${i}`);
  const Statement = [{ Effect: 'Allow', Action, Resource: '*' }];
  const request = {
    policyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
    policyType: 'SERVICE_CONTROL_POLICY' as const,
    maxResults: 3,
  };
  const details: (string | undefined)[] = [];
  let nextToken: string | undefined;
  const sizes: number[] = [];
  do {
    const page = await accessAnalyzer.validatePolicy({ ...request, ...(nextToken && { nextToken }) });
    details.push(...(page.findings ?? []).map(({ findingDetails }) => findingDetails));
    sizes.push(page.findings?.length ?? 0);
    nextToken = page.nextToken;
  } while (nextToken);
  assert.deepEqual(sizes, [3, 3, 1]);
  assert.deepEqual(
    details,
    Action.map((action) => `The action ${action} does not exist.`),
  );
  await assert.rejects(accessAnalyzer.validatePolicy({ ...request, nextToken: 'nonsense' }), {
    name: 'ValidationException',
    reason: 'fieldValidationFailed',
  });
});

test('ValidatePolicy refuses what it cannot honour', async () => {
  const { accessAnalyzer } = (await testCloud()).root;
  const request = { policyDocument: passAnyRole, policyType: 'IDENTITY_POLICY' as const };
  await assert.rejects(accessAnalyzer.validatePolicy({ ...request, locale: 'DE' }), {
    name: 'ValidationException',
    reason: 'notSupported',
  });
  await assert.rejects(accessAnalyzer.validatePolicy({ ...request, validatePolicyResourceType: 'AWS::S3::Bucket' }), {
    name: 'ValidationException',
    reason: 'fieldValidationFailed',
  });
  await assert.rejects(accessAnalyzer.validatePolicy({ ...request, policyType: 'NO_POLICY' as never }), {
    name: 'ValidationException',
  });
});

test('ValidatePolicy needs its permission', async () => {
  const cloud = await testCloud();
  const request = { policyDocument: passAnyRole, policyType: 'IDENTITY_POLICY' as const };
  const allow = { Effect: 'Allow', Action: 'access-analyzer:ValidatePolicy', Resource: '*' };
  const validator = await cloud.user('validator', { Version: '2012-10-17', Statement: [allow] });
  assert.equal((await validator.accessAnalyzer.validatePolicy(request)).findings?.length, 1);
  const nobody = await cloud.user('nobody');
  await assert.rejects(nobody.accessAnalyzer.validatePolicy(request), { name: 'AccessDeniedException' });
});
