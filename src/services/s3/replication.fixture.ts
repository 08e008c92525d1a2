/** Two buckets, the first of which replicates into the second, in another Region, as a role. */
import type { ReplicationRule } from '@aws-sdk/client-s3';
import { type Cloud, testCloud } from '../../testing/cloud.ts';

export const FROM = 'source-bucket';
export const TO = 'replica-bucket';
export const Role = 'arn:aws:iam::111122223333:role/replicator';

export const document = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
export const allow = (Action: string[], ...Resource: string[]) => ({ Effect: 'Allow', Action, Resource });
export const READS = [
  allow(['s3:GetReplicationConfiguration', 's3:ListBucket'], `arn:aws:s3:::${FROM}`),
  allow(
    ['s3:GetObjectVersionForReplication', 's3:GetObjectVersionAcl', 's3:GetObjectVersionTagging'],
    `arn:aws:s3:::${FROM}/*`,
  ),
];
export const WRITES = allow(['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags'], `arn:aws:s3:::${TO}/*`);

export const rule = (more: Partial<ReplicationRule> = {}): ReplicationRule => ({
  ID: 'all',
  Status: 'Enabled',
  Priority: 1,
  Filter: { Prefix: '' },
  DeleteMarkerReplication: { Status: 'Disabled' },
  Destination: { Bucket: `arn:aws:s3:::${TO}` },
  ...more,
});

export async function replicating(rules: ReplicationRule[] = [rule()], region = 'us-west-2', ...statements: object[]) {
  return replicatingIn(await testCloud(), rules, region, ...statements);
}

export async function replicatingIn(
  cloud: Cloud,
  rules: ReplicationRule[],
  region = 'us-west-2',
  ...statements: object[]
) {
  const { s3, iam } = cloud.root;
  const key = await cloud.keyFor(cloud.managementAccount);
  const there = cloud.as(key, region).s3;
  const VersioningConfiguration = { Status: 'Enabled' as const };
  await s3.createBucket({ Bucket: FROM });
  const CreateBucketConfiguration = { LocationConstraint: region as 'us-west-2' };
  await there.createBucket({ Bucket: TO, CreateBucketConfiguration });
  await s3.putBucketVersioning({ Bucket: FROM, VersioningConfiguration });
  await there.putBucketVersioning({ Bucket: TO, VersioningConfiguration });
  const trust = { Effect: 'Allow', Principal: { Service: 's3.amazonaws.com' }, Action: 'sts:AssumeRole' };
  await iam.createRole({ RoleName: 'replicator', AssumeRolePolicyDocument: document(trust) });
  const PolicyDocument = document(...READS, WRITES, ...statements);
  await iam.putRolePolicy({ RoleName: 'replicator', PolicyName: 'p', PolicyDocument });
  await s3.putBucketReplication({ Bucket: FROM, ReplicationConfiguration: { Role, Rules: rules } });
  return { cloud, s3, there, iam };
}
