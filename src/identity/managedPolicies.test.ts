import assert from 'node:assert/strict';
import test from 'node:test';
import { managedPolicies, managedPolicy, managedPolicyDocument } from './managedPolicies.ts';

const arn = (name: string) => `arn:aws:iam::aws:policy/${name}`;

test('managedPolicy knows AdministratorAccess', () => {
  const policy = managedPolicy(arn('AdministratorAccess'));
  assert.ok(policy);
  const { id, document, ...rest } = policy;
  assert.deepEqual(rest, {
    name: 'AdministratorAccess',
    arn: arn('AdministratorAccess'),
    path: '/',
    created: '2015-02-06T18:39:46.000Z',
    updated: '2015-02-06T18:39:46.000Z',
    version: 'v1',
    versions: [{ id: 'v1', created: '2015-02-06T18:39:46.000Z' }],
  });
  assert.match(id, /^ANPA[A-Z2-7]{17}$/);
  assert.equal(id, managedPolicy(arn('AdministratorAccess'))?.id);
  const statement = { Effect: 'Allow', Action: '*', Resource: '*' };
  assert.equal(document, JSON.stringify({ Version: '2012-10-17', Statement: [statement] }, null, 4));
});

const known: readonly [arn: string, path: string, action: string][] = [
  [arn('ReadOnlyAccess'), '/', 's3:Get*'],
  [arn('SecurityAudit'), '/', 'iam:GenerateCredentialReport'],
  [arn('IAMUserChangePassword'), '/', 'iam:ChangePassword'],
  [arn('job-function/ViewOnlyAccess'), '/job-function/', 'athena:List*'],
  [arn('aws-service-role/AWSOrganizationsServiceTrustPolicy'), '/aws-service-role/', 'iam:DeleteRole'],
  [arn('service-role/AWSLambdaBasicExecutionRole'), '/service-role/', 'logs:PutLogEvents'],
  [arn('root-task/IAMAuditRootUserCredentials'), '/root-task/', 'iam:ListAccessKeys'],
];
for (const [name, path, action] of known) {
  test(`managedPolicy ${name}`, () => {
    const policy = managedPolicy(name);
    assert.equal(policy?.path, path);
    const { Version, Statement } = JSON.parse(policy.document);
    assert.equal(Version, '2012-10-17');
    const actions = [Statement].flat().flatMap(({ Action }) => Action);
    assert.ok(actions.includes(action), action);
    assert.equal(policy.versions.at(-1)?.id, policy.version);
    assert.equal(policy.versions.at(-1)?.created, policy.updated);
  });
}

test('managedPolicies are sorted by name, complete, and all have documents of their own', () => {
  const all = managedPolicies();
  assert.ok(all.length > 1500);
  const names = all.map(({ name }) => name);
  assert.deepEqual(names, names.toSorted());
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
  for (const policy of all) {
    const document = JSON.parse(policy.document);
    assert.ok(document.Statement !== undefined, policy.arn);
    assert.ok(
      policy.versions.some(({ id }) => id === policy.version),
      policy.arn,
    );
  }
});

test('managedPolicyDocument has older versions, and dates only those whose date is known', () => {
  const policy = managedPolicy(arn('ReadOnlyAccess'));
  assert.ok(policy);
  assert.equal(managedPolicyDocument(policy.arn, policy.version), policy.document);
  const first = managedPolicyDocument(policy.arn, 'v1') ?? '';
  assert.match(first, /^\{\n {4}"Version": "2012-10-17"/);
  assert.ok(first.includes('"appstream:Get*"') && first.length < policy.document.length);
  assert.equal(policy.versions[0]?.created, policy.created);
  const dates = policy.versions.map(({ created }) => created).filter((date) => date !== undefined);
  assert.equal(dates.filter((date) => date === policy.created).length, 1);
});

test('managedPolicy knows no policy or version that AWS does not have', () => {
  assert.equal(managedPolicy(arn('NoSuchPolicy')), undefined);
  assert.equal(managedPolicy('arn:aws:iam::111111111111:policy/AdministratorAccess'), undefined);
  assert.equal(managedPolicy(arn('service-role/AdministratorAccess')), undefined);
  assert.equal(managedPolicyDocument(arn('AdministratorAccess'), 'v2'), undefined);
  assert.equal(managedPolicyDocument(arn('NoSuchPolicy'), 'v1'), undefined);
  assert.equal(managedPolicy('arn:aws-cn:iam::aws:policy/AdministratorAccess')?.name, 'AdministratorAccess');
});
