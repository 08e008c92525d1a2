/**
 * AWS managed keys (`alias/aws/…`): made when a service of the account first uses one, or somebody looks at its alias.
 * Only the service can use them, on behalf of the account's principals; the account can only look.
 * https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key
 */
import type { Context } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import { aliases } from './aliasRows.ts';
import { type Key, keys } from './keys.ts';
import { makeMaterial } from './materials.ts';
import { daysAfter } from './rotationSchedule.ts';

/** Alias → the service that its key can be used through. */
const SERVICES: Readonly<Record<string, string>> = {
  'alias/aws/acm': 'acm',
  'alias/aws/backup': 'backup',
  'alias/aws/dynamodb': 'dynamodb',
  'alias/aws/ebs': 'ec2',
  'alias/aws/elasticfilesystem': 'elasticfilesystem',
  'alias/aws/es': 'es',
  'alias/aws/kinesis': 'kinesis',
  'alias/aws/lambda': 'lambda',
  'alias/aws/rds': 'rds',
  'alias/aws/redshift': 'redshift',
  'alias/aws/s3': 's3',
  'alias/aws/secretsmanager': 'secretsmanager',
  'alias/aws/sns': 'sns',
  'alias/aws/sqs': 'sqs',
  'alias/aws/ssm': 'ssm',
  'alias/aws/xray': 'xray',
};

const ROTATION_DAYS = 365;

export const isManagedAlias = (alias: string) => Object.hasOwn(SERVICES, alias);

/** The key behind the alias, made now: its alias must not exist yet. */
export async function managedKey(ctx: Context, alias: string): Promise<Key> {
  const { account, region } = ctx;
  const now = ctx.now.toISOString();
  const owner = { account, region, id: uuid(ctx), spec: 'SYMMETRIC_DEFAULT' };
  const { backing, id } = await makeMaterial(ctx, owner, 0);
  const service = alias.slice('alias/aws/'.length);
  const key: Key = {
    ...owner,
    created: now,
    description: `Default key that protects my ${service} data when no other key is defined`,
    usage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    manager: 'AWS',
    enabled: true,
    policy: policyOf(account, region, service, SERVICES[alias]!),
    tags: [],
    aliases: [alias],
    material: { backing, id },
    generations: 1,
    rotation: { periodDays: ROTATION_DAYS, next: daysAfter(ctx.now, ROTATION_DAYS) },
    rotationsOnDemand: 0,
  };
  await ctx.store.insert(keys, key);
  await ctx.store.insert(aliases, { account, region, name: alias, keyId: key.id, created: now, updated: now });
  return key;
}

const policyOf = (account: string, region: string, name: string, service: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Id: `auto-${name}-1`,
    Statement: [
      {
        Sid: `Allow access through ${name} for all principals in the account that are authorized to use it`,
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: [
          'kms:Encrypt',
          'kms:Decrypt',
          'kms:ReEncrypt*',
          'kms:GenerateDataKey*',
          'kms:CreateGrant',
          'kms:DescribeKey',
        ],
        Resource: '*',
        Condition: {
          StringEquals: { 'kms:CallerAccount': account, 'kms:ViaService': `${service}.${region}.amazonaws.com` },
        },
      },
      {
        Sid: 'Allow direct access to key metadata to the account',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant'],
        Resource: '*',
      },
    ],
  });
