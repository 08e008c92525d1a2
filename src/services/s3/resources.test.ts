/** IAM Access Analyzer finds the buckets that others may reach. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalUserOf } from '../../identity/canonicalUsers.ts';
import { testCloud } from '../../testing/cloud.ts';

const none = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};

test('Public and cross-account buckets are findings; Block Public Access takes the public ones away', async () => {
  const cloud = await testCloud();
  const { s3, accessAnalyzer } = cloud.root;
  const other = await cloud.memberAccount('other');
  const allow = (bucket: string, Principal: unknown) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal, Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/*` }],
    });
  for (const Bucket of ['private-bucket', 'shared-bucket', 'public-bucket', 'listed-bucket']) {
    await s3.createBucket({
      Bucket,
      ObjectOwnership: Bucket === 'listed-bucket' ? 'ObjectWriter' : 'BucketOwnerEnforced',
    });
  }
  await s3.putBucketPolicy({ Bucket: 'shared-bucket', Policy: allow('shared-bucket', { AWS: other.id }) });
  await s3.putPublicAccessBlock({ Bucket: 'public-bucket', PublicAccessBlockConfiguration: none });
  await s3.putBucketPolicy({ Bucket: 'public-bucket', Policy: allow('public-bucket', '*') });
  await s3.putBucketAcl({ Bucket: 'listed-bucket', GrantRead: `id=${canonicalUserOf(other.id)}` });
  const { arn: analyzerArn } = await accessAnalyzer.createAnalyzer({ analyzerName: 'a', type: 'ACCOUNT' });
  const found = async () => {
    await cloud.settle();
    const { findings = [] } = await accessAnalyzer.listFindings({
      analyzerArn: analyzerArn!,
      filter: { status: { eq: ['ACTIVE'] } },
    });
    return findings.map(({ resource, isPublic }) => `${resource} ${isPublic}`).sort();
  };
  assert.deepEqual(await found(), [
    'arn:aws:s3:::listed-bucket false',
    'arn:aws:s3:::public-bucket true',
    'arn:aws:s3:::shared-bucket false',
  ]);
  const restricted = { ...none, RestrictPublicBuckets: true };
  await s3.putPublicAccessBlock({ Bucket: 'public-bucket', PublicAccessBlockConfiguration: restricted });
  assert.deepEqual(await found(), ['arn:aws:s3:::listed-bucket false', 'arn:aws:s3:::shared-bucket false']);
});
