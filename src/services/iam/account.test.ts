import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionUses, roleUses, serviceUses } from '../../identity/lastUsed.ts';
import { ADMIN, testCloud } from '../../testing/cloud.ts';

test('CreateAccountAlias gives an account one name that no other account has', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  const other = await cloud.memberAccount('dev');
  assert.deepEqual((await iam.listAccountAliases({})).AccountAliases, []);
  await iam.createAccountAlias({ AccountAlias: 'example' });
  await assert.rejects(other.root.iam.createAccountAlias({ AccountAlias: 'example' }), {
    name: 'EntityAlreadyExistsException',
    message: 'The account alias example already exists.',
  });
  await iam.createAccountAlias({ AccountAlias: 'example-2' });
  assert.deepEqual((await iam.listAccountAliases({})).AccountAliases, ['example-2']);
  await other.root.iam.createAccountAlias({ AccountAlias: 'example' });
  await assert.rejects(iam.deleteAccountAlias({ AccountAlias: 'example' }), { name: 'NoSuchEntityException' });
  await iam.deleteAccountAlias({ AccountAlias: 'example-2' });
  assert.deepEqual((await iam.listAccountAliases({})).AccountAliases, []);
  for (const AccountAlias of ['123456789012', '-x-', 'Capital', 'a--b']) {
    await assert.rejects(iam.createAccountAlias({ AccountAlias }), { name: 'ValidationError' });
  }
});

test('GetAccountSummary counts what is there', async () => {
  const cloud = await testCloud({ quotas: { UsersQuota: 7 } });
  const { iam } = cloud.root;
  await iam.createUser({ UserName: 'alice' });
  await iam.createGroup({ GroupName: 'g' });
  await iam.createVirtualMFADevice({ VirtualMFADeviceName: 'phone' });
  await iam.createPolicy({ PolicyName: 'p', PolicyDocument: ADMIN });
  const { SummaryMap } = await iam.getAccountSummary({});
  const expected = {
    Users: 1,
    UsersQuota: 7,
    Groups: 1,
    GroupsQuota: 300,
    Roles: 0,
    Policies: 1,
    PolicyVersionsInUse: 1,
    MFADevices: 1,
    MFADevicesInUse: 0,
    AccountMFAEnabled: 0,
    AccountAccessKeysPresent: 1,
    AccountPasswordPresent: 0,
    AccessKeysPerUserQuota: 2,
    GlobalEndpointTokenVersion: 2,
  };
  for (const [name, value] of Object.entries(expected)) {
    assert.equal(SummaryMap?.[name as keyof typeof expected], value, name);
  }
});

test('SetSecurityTokenServicePreferences takes the version of tokens that we issue', async () => {
  const { root } = await testCloud();
  await root.iam.setSecurityTokenServicePreferences({ GlobalEndpointTokenVersion: 'v2Token' });
  await assert.rejects(root.iam.setSecurityTokenServicePreferences({ GlobalEndpointTokenVersion: 'v1Token' }), {
    name: 'ValidationError',
  });
});

test('the credential report tells every user’s credentials, root’s first', async () => {
  const cloud = await testCloud({ now: new Date('2030-01-01T10:20:30Z') });
  const { iam } = cloud.root;
  await assert.rejects(iam.getCredentialReport({}), { name: 'CredentialReportNotPresentException' });
  const alice = await cloud.user('alice', ADMIN);
  await alice.iam.listUsers({});
  await iam.createUser({ UserName: 'bob', Path: '/a,b/' });
  await iam.updateAccountPasswordPolicy({ MaxPasswordAge: 90 });
  await iam.createLoginProfile({ UserName: 'bob', Password: 'Correct-horse-1' });
  assert.equal((await iam.generateCredentialReport({})).State, 'STARTED');
  assert.equal((await iam.generateCredentialReport({})).State, 'INPROGRESS');
  await assert.rejects(iam.getCredentialReport({}), { name: 'CredentialReportNotReadyException' });
  cloud.advance('PT3S');
  assert.equal((await iam.generateCredentialReport({})).State, 'COMPLETE');
  const report = await iam.getCredentialReport({});
  assert.equal(report.ReportFormat, 'text/csv');
  assert.equal(report.GeneratedTime?.toISOString(), '2030-01-01T10:20:30.000Z');
  const [header, ...lines] = Buffer.from(report.Content!).toString().split('\n');
  const names = header!.split(',');
  const cells = lines.map((line) => line.match(/"[^"]*"|[^,]+/g)!);
  const rows = cells.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
  assert.ok(cells.every((row) => row.length === names.length));
  const [root, first, second] = rows;
  assert.equal(root?.user, '<root_account>');
  assert.equal(root?.arn, 'arn:aws:iam::111122223333:root');
  assert.equal(root?.access_key_1_active, 'true');
  assert.equal(root?.password_next_rotation, 'not_supported');
  assert.deepEqual(
    [first?.user, first?.password_enabled, first?.password_last_used, first?.mfa_active],
    ['alice', 'false', 'N/A', 'false'],
  );
  assert.equal(first?.access_key_1_last_used_date, '2030-01-01T10:20:00+00:00');
  assert.equal(first?.access_key_1_last_used_service, 'iam');
  assert.equal(second?.arn, '"arn:aws:iam::111122223333:user/a,b/bob"');
  assert.equal(second?.password_last_used, 'no_information');
  assert.equal(second?.password_last_changed, '2030-01-01T10:20:30+00:00');
  assert.equal(second?.password_next_rotation, '2030-04-01T10:20:30+00:00');
  cloud.advance('PT4H');
  await assert.rejects(iam.getCredentialReport({}), { name: 'CredentialReportExpiredException' });
  assert.equal((await iam.generateCredentialReport({})).State, 'STARTED');
});

test('uses of services, actions and roles are kept to the minute', async () => {
  const cloud = await testCloud({ now: new Date('2030-01-01T10:20:30Z') });
  const alice = await cloud.user('alice', ADMIN);
  const trust = { Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole' };
  const { Role } = await cloud.root.iam.createRole({
    RoleName: 'reader',
    AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: trust }),
  });
  const { Credentials } = await alice.sts.assumeRole({ RoleArn: Role!.Arn!, RoleSessionName: 'session' });
  const session = cloud.as({
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  });
  await assert.rejects(session.iam.listUsers({}), { name: 'AccessDenied' });
  await cloud.deps.store.journal.catchUp();
  const { User } = await cloud.root.iam.getUser({ UserName: 'alice' });
  const use = { time: '2030-01-01T10:20:00.000Z', region: 'us-east-1' };
  await cloud.deps.store.transaction(async (tx) => {
    assert.deepEqual(await tx.get(roleUses, [Role!.RoleId!]), { ...use, id: Role!.RoleId });
    assert.deepEqual(await tx.get(serviceUses, [Role!.RoleId!, 'iam']), {
      ...use,
      principal: Role!.RoleId,
      service: 'iam',
      arn: Role!.Arn,
    });
    assert.equal((await tx.get(actionUses, [Role!.RoleId!, 'iam', 'ListUsers']))?.time, use.time);
    assert.equal((await tx.get(actionUses, [User!.UserId!, 'sts', 'AssumeRole']))?.arn, User?.Arn);
  });
});
