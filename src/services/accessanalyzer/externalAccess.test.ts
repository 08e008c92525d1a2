import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '../../posture/inventory.ts';
import { externalAccess } from './externalAccess.ts';
import type { Zone } from './zone.ts';

const OWNER = '111111111111';
const account: Zone = { owner: OWNER, accounts: new Set([OWNER]) };
const organization: Zone = { owner: OWNER, accounts: new Set([OWNER, '111111111112']), organization: 'o-mine' };

const ARNS: Readonly<Record<string, string>> = {
  'AWS::IAM::Role': `arn:aws:iam::${OWNER}:role/r`,
  'AWS::KMS::Key': `arn:aws:kms:us-east-1:${OWNER}:key/k`,
  'AWS::S3::Bucket': 'arn:aws:s3:::b',
};

interface Case {
  readonly says: string;
  readonly type?: string;
  readonly zone?: Zone;
  readonly statements: readonly object[];
  /** `principal | actions | conditions`, `!` where public. */
  readonly found: readonly string[];
}

const allow = (Principal: unknown, Condition?: object, Action: unknown = 'sts:AssumeRole') => ({
  Effect: 'Allow',
  Principal,
  Action,
  ...(Condition && { Condition }),
});
const deny = (Condition: object, Action: unknown = '*') => ({ ...allow('*', Condition, Action), Effect: 'Deny' });
const provider = `arn:aws:iam::${OWNER}:saml-provider/P`;

const cases: readonly Case[] = [
  {
    says: 'own account and services are inside',
    statements: [allow({ AWS: OWNER, Service: 'ec2.amazonaws.com' })],
    found: [],
  },
  { says: 'everybody is public', statements: [allow('*')], found: ['! * | sts:AssumeRole | '] },
  {
    says: 'an account covers its own principals',
    statements: [
      allow({ AWS: ['222222222222', 'arn:aws:iam::222222222222:user/u', 'arn:aws:iam::333333333333:role/x'] }),
    ],
    found: ['222222222222 | sts:AssumeRole | ', 'arn:aws:iam::333333333333:role/x | sts:AssumeRole | '],
  },
  {
    says: 'conditions that outsiders cannot influence are told',
    statements: [allow({ AWS: '222222222222' }, { StringEquals: { 'sts:ExternalId': 'abc' } })],
    found: ['222222222222 | sts:AssumeRole | sts:ExternalId=abc'],
  },
  {
    says: 'the organization is outside of the account',
    statements: [allow('*', { StringEquals: { 'aws:PrincipalOrgID': 'o-mine' } })],
    found: ['* | sts:AssumeRole | aws:PrincipalOrgID=o-mine'],
  },
  {
    says: 'the organization is inside of itself',
    zone: organization,
    statements: [allow('*', { StringEquals: { 'aws:PrincipalOrgID': 'o-mine' } })],
    found: [],
  },
  {
    says: 'IfExists lets those in who are in no organization',
    zone: organization,
    statements: [allow('*', { StringEqualsIfExists: { 'aws:PrincipalOrgID': 'o-mine' } })],
    found: ['! * | sts:AssumeRole | '],
  },
  {
    says: 'a Deny keeps the outside out',
    zone: organization,
    statements: [allow('*'), deny({ StringNotEquals: { 'aws:PrincipalOrgID': 'o-mine' } })],
    found: [],
  },
  {
    says: 'a Deny that callers can get round keeps nobody out',
    statements: [allow({ AWS: '222222222222' }), deny({ Bool: { 'aws:MultiFactorAuthPresent': 'false' } })],
    found: ['222222222222 | sts:AssumeRole | '],
  },
  {
    says: 'federated users are external',
    statements: [
      allow({ Federated: provider }, { StringEquals: { 'SAML:aud': 'https://x' } }, 'sts:AssumeRoleWithSAML'),
    ],
    found: [`${provider} | sts:AssumeRoleWithSAML | SAML:aud=https://x`],
  },
  {
    says: 'of the principals a pattern means, those outside',
    statements: [
      allow('*', {
        ArnLike: { 'aws:PrincipalArn': ['arn:aws:iam::222222222222:role/*', `arn:aws:iam::${OWNER}:role/*`] },
      }),
    ],
    found: ['* | sts:AssumeRole | aws:PrincipalArn=arn:aws:iam::222222222222:role/*'],
  },
  {
    says: 'the calling account of a key policy counts',
    type: 'AWS::KMS::Key',
    statements: [
      { ...allow('*', { StringEquals: { 'kms:CallerAccount': OWNER } }, 'kms:*'), Resource: '*' },
      { ...allow('*', { StringEquals: { 'kms:CallerAccount': '222222222222' } }, 'kms:Decrypt'), Resource: '*' },
    ],
    found: ['* | kms:Decrypt | kms:CallerAccount=222222222222'],
  },
  {
    says: 'each network is a finding',
    type: 'AWS::S3::Bucket',
    statements: [
      {
        ...allow('*', { IpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '10.1.0.0/16'] } }, 's3:GetObject'),
        Resource: 'arn:aws:s3:::b/public/*',
      },
    ],
    found: ['* | s3:GetObject | aws:SourceIp=192.0.2.0/24', '* | s3:GetObject | aws:SourceIp=10.1.0.0/16'],
  },
  {
    says: 'what a Deny excepts is told as the condition it is',
    type: 'AWS::S3::Bucket',
    statements: [
      { ...allow('*', undefined, ['s3:GetObject', 's3:ListBucket']), Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'] },
      { ...deny({ StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } }, 's3:*'), Resource: '*' },
    ],
    found: ['* | s3:GetObject,s3:ListBucket | aws:SourceVpce=vpce-1'],
  },
];

for (const { says, type = 'AWS::IAM::Role', zone = account, statements, found } of cases) {
  test(`External access: ${says}`, () => {
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: statements });
    const resource: Resource = { arn: ARNS[type]!, type, account: OWNER, policy };
    const told = externalAccess(resource, zone).map(({ principal, actions, condition, isPublic }) => {
      const conditions = Object.entries(condition).map(([key, value]) => `${key}=${value}`);
      return `${isPublic ? '! ' : ''}${Object.values(principal)} | ${actions} | ${conditions}`;
    });
    assert.deepEqual(told, found);
  });
}

test('External access: a policy made to keep the analyzer busy ends soon, and in findings', () => {
  const ids = Array.from({ length: 300 }, (_, i) => String(222222222222 + i));
  const conditions = {
    StringEquals: { 'aws:SourceVpce': ids.map((id) => `vpce-${id}`), 'aws:SourceVpc': ids.map((id) => `vpc-${id}`) },
    StringLike: { 'aws:PrincipalOrgID': ids.map((id) => `o-${id}`), 'aws:UserId': ids },
  };
  const statements = [{ ...allow({ AWS: ids }, conditions, 's3:*'), Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'] }];
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  const found = externalAccess({ arn: 'arn:aws:s3:::b', type: 'AWS::S3::Bucket', account: OWNER, policy }, account);
  assert.equal(new Set(found.map(({ principal }) => principal.AWS)).size, ids.length);
});
