// biome-ignore-all lint/suspicious/noTemplateCurlyInString: AWS writes placeholders so
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  actionFact,
  actionsOf,
  conditionKey,
  expandActionPattern,
  factsDate,
  resourceType,
  resourceTypesOf,
  serviceName,
  servicePrefixes,
  supportsResourceControl,
} from './facts.ts';

test('actionFact tells level, resources and keys, whatever the case', () => {
  assert.deepEqual(actionFact('IAM', 'createrole'), {
    prefix: 'iam',
    name: 'CreateRole',
    accessLevel: 'Write',
    resourceTypes: [{ name: 'role', required: true, conditionKeys: [], dependentActions: [] }],
    conditionKeys: ['aws:RequestTag/${TagKey}', 'aws:TagKeys', 'iam:PermissionsBoundary', 'iam:RoleTemplateARN'],
    dependentActions: [],
  });
  assert.equal(actionFact('iam', 'NoSuchAction'), undefined);
  assert.equal(actionFact('nosuch', 'GetUser'), undefined);
});

const levels: readonly [prefix: string, action: string, level: string][] = [
  ['s3', 'ListBucket', 'List'],
  ['s3', 'GetObject', 'Read'],
  ['s3', 'PutObject', 'Write'],
  ['s3', 'PutBucketPolicy', 'Permissions management'],
  ['iam', 'TagUser', 'Tagging'],
  ['kms', 'CreateGrant', 'Permissions management'],
  ['sts', 'GetCallerIdentity', 'Read'],
];
for (const [prefix, action, level] of levels) {
  test(`actionFact: ${prefix}:${action} is ${level}`, () =>
    assert.equal(actionFact(prefix, action)?.accessLevel, level));
}

test('actionsOf lists a service, spelt as AWS spells it', () => {
  const names = actionsOf('sts').map(({ name }) => name);
  assert.ok(names.includes('AssumeRoleWithWebIdentity') && names.includes('TagSession'));
  assert.ok(actionsOf('ec2').length > 600);
  assert.deepEqual(actionsOf('nosuch'), []);
});

const expanded: readonly [pattern: string, first: string | undefined, count: (n: number) => boolean][] = [
  ['sts:GetCaller*', 'sts:GetCallerIdentity', (n) => n === 1],
  ['STS:getcalleridentity', 'sts:GetCallerIdentity', (n) => n === 1],
  ['s3:Get*Acl', 's3:GetObjectVersionAcl', (n) => n >= 3 && n < 20],
  ['iam:?etUser', 'iam:GetUser', (n) => n === 1],
  ['iam:*', 'iam:AcceptDelegationRequest', (n) => n > 150],
  ['*', 'a2c:GetContainerizationJobDetails', (n) => n > 20_000],
  ['iam:NoSuch*', undefined, (n) => n === 0],
  ['GetUser', undefined, (n) => n === 0],
  [`iam:${'*a'.repeat(100_000)}`, undefined, (n) => n === 0],
];
for (const [pattern, first, count] of expanded) {
  test(`expandActionPattern ${pattern.slice(0, 30)}`, () => {
    const found = expandActionPattern(pattern);
    assert.ok(count(found.length), String(found.length));
    if (first === undefined) assert.deepEqual(found, []);
    else assert.ok(found.includes(first), found.slice(0, 5).join());
  });
}

test('expandActionPattern stops at the bound it is given', () =>
  assert.equal(expandActionPattern('ec2:*', 7).length, 7));

test('resourceType gives the ARN pattern', () => {
  assert.deepEqual(resourceType('iam', 'user'), {
    name: 'user',
    arn: 'arn:${Partition}:iam::${Account}:user/${UserNameWithPath}',
    conditionKeys: ['aws:ResourceTag/${TagKey}', 'iam:ResourceTag/${TagKey}'],
  });
  assert.equal(resourceType('iam', 'planet'), undefined);
  assert.ok(resourceTypesOf('s3').some(({ name }) => name === 'bucket'));
});

const keys: readonly [used: string, name: string | undefined, type?: string, multivalued?: boolean][] = [
  ['AWS:sourceIP', 'aws:SourceIp', 'IPAddress', false],
  ['aws:TagKeys', 'aws:TagKeys', 'String', true],
  ['aws:RequestTag/Team', 'aws:RequestTag/${TagKey}', 'String', false],
  ['aws:PrincipalTag/Team', 'aws:PrincipalTag/${TagKey}', 'String', false],
  ['s3:ExistingObjectTag/class', 's3:ExistingObjectTag/<key>', 'String', false],
  ['kms:EncryptionContext:App', 'kms:EncryptionContext:${EncryptionContextKey}', 'String', false],
  ['iam:PassedToService', 'iam:PassedToService', 'String', false],
  ['saml:sub', 'saml:sub', 'String', false],
  ['aws:MultiFactorAuthPresent', 'aws:MultiFactorAuthPresent', 'Bool', false],
  ['aws:RequestTag/', undefined],
  ['aws:NoSuchKey', undefined],
  ['nonsense', undefined],
];
for (const [used, name, type, multivalued] of keys) {
  test(`conditionKey ${used}`, () => {
    assert.deepEqual(conditionKey(used), name === undefined ? undefined : { name, type, multivalued });
  });
}

test('services have prefixes, names and a date', () => {
  assert.ok(servicePrefixes().length > 400);
  assert.equal(serviceName('ce'), 'AWS Cost Explorer Service');
  assert.equal(serviceName('nosuch'), undefined);
  assert.ok(supportsResourceControl('s3') && !supportsResourceControl('iam'));
  assert.match(factsDate(), /^20\d\d-\d\d-\d\d$/);
});
