import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

const document = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
const read = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' };
const write = { Sid: 'Write', Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::b/*' };

describe('CheckNoNewAccess', () => {
  it('names the statements that allow more, by id or by index', async () => {
    const { accessAnalyzer } = (await testCloud()).root;
    const policyType = 'IDENTITY_POLICY';
    const check = (newPolicyDocument: string) =>
      accessAnalyzer.checkNoNewAccess({ existingPolicyDocument: document(read), newPolicyDocument, policyType });
    const { $metadata: _, ...answer } = await check(document(read, write, { ...read, Action: 's3:*' }));
    assert.deepEqual(answer, {
      result: 'FAIL',
      message: 'The modified permissions grant new access compared to your existing policy.',
      reasons: [
        { description: 'New access in the statement with sid: Write.', statementIndex: 1, statementId: 'Write' },
        { description: 'New access in the statement with index: 2.', statementIndex: 2 },
      ],
    });
    const { $metadata: __, ...same } = await check(document(read));
    assert.deepEqual(same, {
      result: 'PASS',
      message: 'The modified permissions do not grant new access compared to your existing policy.',
    });
  });

  it('refuses what is not a policy of the type', async () => {
    const { accessAnalyzer } = (await testCloud()).root;
    const check = (newPolicyDocument: string, policyType: 'IDENTITY_POLICY' | 'RESOURCE_POLICY') =>
      accessAnalyzer.checkNoNewAccess({ existingPolicyDocument: document(read), newPolicyDocument, policyType });
    const refusal = { name: 'InvalidParameterException' };
    await assert.rejects(check('{', 'IDENTITY_POLICY'), refusal);
    await assert.rejects(check(document({ ...read, Principal: '*' }), 'IDENTITY_POLICY'), refusal);
    await assert.rejects(check(document(read), 'RESOURCE_POLICY'), refusal);
    await assert.rejects(check(' '.repeat(300_000), 'IDENTITY_POLICY'), { name: 'UnprocessableEntityException' });
    await assert.rejects(check(document(read), 'SERVICE_CONTROL_POLICY' as never), { name: 'ValidationException' });
  });
});

describe('CheckAccessNotGranted', () => {
  it('answers as the API reference shows', async () => {
    const { accessAnalyzer } = (await testCloud()).root;
    const Principal = { AWS: 'arn:aws:iam::123456789012:user/JohnDoe' };
    const { $metadata: _, ...answer } = await accessAnalyzer.checkAccessNotGranted({
      access: [{ resources: ['arn:aws:s3:::my-bucket/*'] }],
      policyDocument: document({
        Sid: 'AllowJohnDoe',
        Effect: 'Allow',
        Principal,
        Action: 's3:PutObject',
        Resource: 'arn:aws:s3:::my-bucket/*',
      }),
      policyType: 'RESOURCE_POLICY',
    });
    assert.deepEqual(answer, {
      message: 'The policy document grants access to perform one or more of the listed actions or resources.',
      reasons: [
        {
          description: 'One or more of the listed actions or resources in the statement with sid: AllowJohnDoe.',
          statementId: 'AllowJohnDoe',
          statementIndex: 0,
        },
      ],
      result: 'FAIL',
    });
    const { message, result } = await accessAnalyzer.checkAccessNotGranted({
      access: [{ actions: ['s3:PutObject'] }],
      policyDocument: document(read),
      policyType: 'IDENTITY_POLICY',
    });
    assert.equal(result, 'PASS');
    assert.equal(message, 'The policy document does not grant access to perform the listed actions or resources.');
  });

  it('refuses access that is none, or too much', async () => {
    const { accessAnalyzer } = (await testCloud()).root;
    const check = (...access: { actions?: string[]; resources?: string[] }[]) =>
      accessAnalyzer.checkAccessNotGranted({ access, policyDocument: document(read), policyType: 'IDENTITY_POLICY' });
    const refusal = { name: 'InvalidParameterException' };
    await assert.rejects(check({}), refusal);
    await assert.rejects(check({ actions: ['GetObject'] }), refusal);
    await assert.rejects(check({ resources: ['arn:aws:s3:*::b/x'] }), refusal);
    const actions = Array.from({ length: 101 }, (_, i) => `s3:Get${i}`);
    await assert.rejects(check({ actions }), { name: 'ValidationException' });
    await assert.rejects(check({ actions: ['s3:*'] }, { actions: ['s3:*'] }), { name: 'ValidationException' });
  });
});

describe('CheckNoPublicAccess', () => {
  it('answers as the API reference shows', async () => {
    const { accessAnalyzer } = (await testCloud()).root;
    const check = (Principal: unknown) =>
      accessAnalyzer.checkNoPublicAccess({
        policyDocument: document({ Sid: 'Bob', Effect: 'Allow', Principal, Action: ['s3:GetObject'] }),
        resourceType: 'AWS::S3::Bucket',
      });
    const { $metadata: _, ...open } = await check('*');
    assert.deepEqual(open, {
      message: 'The resource policy grants public access for the given resource type.',
      reasons: [
        {
          description: 'Public access granted in the following statement with sid: Bob.',
          statementId: 'Bob',
          statementIndex: 0,
        },
      ],
      result: 'FAIL',
    });
    const { message, result } = await check({ AWS: 'arn:aws:iam::111122223333:user/JohnDoe' });
    assert.equal(result, 'PASS');
    assert.equal(message, 'The resource policy does not grant public access for the given resource type.');
  });

  it('knows the resource types that the SDK knows', async () => {
    const { accessAnalyzer } = (await testCloud()).root;
    const sdk = await import('@aws-sdk/client-accessanalyzer');
    const { resourceTypes } = await import('../../policy/analysis/index.ts');
    assert.deepEqual(Object.values(sdk.AccessCheckResourceType).sort(), [...resourceTypes].sort());
    const request = { policyDocument: document({ ...read, Principal: '*' }), resourceType: 'AWS::EC2::Instance' };
    await assert.rejects(accessAnalyzer.checkNoPublicAccess(request as never), { name: 'ValidationException' });
  });
});

describe('custom policy checks', () => {
  it('need permission', async () => {
    const cloud = await testCloud();
    const { accessAnalyzer } = await cloud.user('nobody');
    const request = { policyDocument: document({ ...read, Principal: '*' }), resourceType: 'AWS::S3::Bucket' } as const;
    await assert.rejects(accessAnalyzer.checkNoPublicAccess(request), { name: 'AccessDeniedException' });
  });
});
